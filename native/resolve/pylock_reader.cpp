#include "base/strings.hpp"
#include "net/url.hpp"
#include "packaging/names.hpp"
#include "packaging/wheel_name.hpp"
#include "resolve/internal/lock_parts.hpp"
#include "resolve/pylock.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace pycontainer::resolve {
namespace {

constexpr std::string_view kMajor = "1";
constexpr std::string_view kMinor = "0";
constexpr std::string_view kHowToLock =
    "make it again, for example with `uv export --format pylock.toml -o pylock.toml`";
/// Of a package's places of origin, at most one may be named; files of an index go together.
constexpr std::array<std::string_view, 3> kSingleSources = {"vcs", "directory", "archive"};

/// Turns the parsed file into the structures, noting every fault with its place.
class Reader {
public:
    Reader(const Json& root, Pylock& lock) : root_(root), lock_(lock) {}

    std::vector<Diagnostic> read() {
        lock_.created_by = text(root_, "created-by", "").value_or("");
        if (!member(root_, "created-by")) fault("", "`created-by` is missing");
        lock_.requires_python = specifiers(root_, "requires-python", "");
        const auto environments = texts(root_, "environments");
        for (std::size_t i = 0; i < environments.size(); ++i)
            if (auto marker = parse_marker(environments[i], fmt::format("/environments/{}", i)))
                lock_.environments.push_back(*std::move(marker));
        lock_.extras = names("extras");
        lock_.groups = names("dependency-groups");
        lock_.default_groups = names("default-groups");
        read_packages();
        if (!unnormalized_.empty())
            lock_.warnings.push_back(
                {"resolve/unnormalized-name",
                 fmt::format("`{}` spells {} another way than the specification has it", lock_.file,
                             join(unnormalized_, ", ")),
                 std::string(kHowToLock)});
        return std::move(diagnostics_);
    }

private:
    void fault(const std::string& pointer, std::string message) {
        diagnostics_.push_back({lock_.file, lock_.document.range_or_start(pointer), Severity::Error,
                                "resolve/invalid-lock", std::move(message),
                                std::string(kHowToLock)});
    }

    std::optional<std::string> text(const Json& table, std::string_view key,
                                    const std::string& pointer) {
        const auto* value = member(table, key);
        if (!value) return std::nullopt;
        if (value->is_string()) return value->get<std::string>();
        fault(toml::pointer_to(pointer, key), fmt::format("`{}` must be a string", key));
        return std::nullopt;
    }

    std::vector<std::string> texts(const Json& table, std::string_view key) {
        std::vector<std::string> result;
        const auto* list = member(table, key);
        if (!list) return result;
        const bool is_valid =
            list->is_array() && std::all_of(list->begin(), list->end(),
                                            [](const Json& each) { return each.is_string(); });
        if (is_valid) return list->get<std::vector<std::string>>();
        fault(toml::pointer_to("", key), fmt::format("`{}` must be an array of strings", key));
        return result;
    }

    std::vector<std::string> names(std::string_view key) {
        auto result = texts(root_, key);
        for (auto& name : result) name = packaging::normalize_name(name);
        return result;
    }

    std::optional<packaging::Marker> parse_marker(const std::string& written,
                                                  const std::string& pointer) {
        auto marker = packaging::Marker::parse(written);
        if (marker) return *std::move(marker);
        fault(pointer, marker.error().message);
        return std::nullopt;
    }

    packaging::SpecifierSet specifiers(const Json& table, std::string_view key,
                                       const std::string& pointer) {
        const auto written = text(table, key, pointer);
        if (!written) return {};
        auto set = packaging::SpecifierSet::parse(*written);
        if (set) return *std::move(set);
        fault(toml::pointer_to(pointer, key), set.error().message);
        return {};
    }

    void read_packages() {
        const auto* packages = member(root_, "packages");
        if (!packages) return fault("", "`packages` is missing");
        if (!packages->is_array()) return fault("/packages", "`packages` must be an array");
        lock_.packages.reserve(packages->size());
        for (std::size_t i = 0; i < packages->size(); ++i) read_package((*packages)[i], i);
    }

    void read_package(const Json& table, std::size_t index) {
        const auto pointer = fmt::format("/packages/{}", index);
        const auto name = string_member(table, "name");
        if (!name || !packaging::is_valid_name(*name))
            return fault(name ? pointer + "/name" : pointer, "the package has no valid name");
        PylockPackage package;
        package.index = index;
        package.name = packaging::normalize_name(*name);
        if (package.name != *name) unnormalized_.push_back("`" + *name + "`");
        package.version = text(table, "version", pointer).value_or("");
        if (const auto marker = text(table, "marker", pointer))
            package.marker = parse_marker(*marker, pointer + "/marker");
        package.requires_python = specifiers(table, "requires-python", pointer);
        package.index_url = text(table, "index", pointer).value_or("");
        read_source(table, pointer, package);
        lock_.packages.push_back(std::move(package));
    }

    void read_source(const Json& table, const std::string& pointer, PylockPackage& package) {
        std::vector<std::string> sources;
        for (const auto key : kSingleSources)
            if (member(table, key)) sources.emplace_back(key);
        if (member(table, "sdist") || member(table, "wheels")) sources.emplace_back("wheels");
        if (sources.empty())
            return fault(pointer, fmt::format("`{}` has neither files nor another source",
                                              printable(package.name, 60)));
        if (sources.size() > 1)
            return fault(pointer, fmt::format("`{}` has both `{}` and `{}`",
                                              printable(package.name, 60), sources[0], sources[1]));
        const auto& source = sources.front();
        if (source == "vcs") {
            package.source = PylockPackage::Source::Vcs;
            read_repository(table["vcs"], package);
        } else if (source == "directory") {
            package.source = PylockPackage::Source::Directory;
            read_directory(table["directory"], pointer + "/directory", package);
        } else if (source == "archive") {
            package.source = PylockPackage::Source::Archive;
            read_archive(table["archive"], pointer + "/archive", package);
        } else {
            if (const auto* sdist = member(table, "sdist")) {
                package.has_sdist = true;
                package.sdist = read_file(*sdist, pointer + "/sdist");
            }
            read_wheels(table, pointer, package);
        }
    }

    static void read_repository(const Json& table, PylockPackage& package) {
        const auto text = [&](const char* key) { return string_member(table, key).value_or(""); };
        if (text("type") != "git" || text("url").empty()) return;
        package.repository = Repository{.url = text("url"),
                                        .commit = text("commit-id"),
                                        .requested_revision = text("requested-revision"),
                                        .subdirectory = text("subdirectory")};
    }

    void read_directory(const Json& table, const std::string& pointer, PylockPackage& package) {
        const auto path = string_member(table, "path");
        if (!path) return fault(pointer, "the directory has no `path`");
        package.directory = *path;
        if (const auto part = string_member(table, "subdirectory")) package.directory /= *part;
    }

    /// A wheel that a requirement names by URL or path is an archive, too.
    void read_archive(const Json& table, const std::string& pointer, PylockPackage& package) {
        auto file = read_file(table, pointer);
        if (!file) return;
        if (!file->filename.ends_with(".whl")) {
            package.has_sdist = true;
            package.sdist = std::move(file);
            return;
        }
        const auto name = packaging::WheelName::parse(file->filename);
        if (name && package.version.empty()) package.version = name->version;
        add_wheel(*std::move(file), pointer, package);
    }

    void read_wheels(const Json& table, const std::string& pointer, PylockPackage& package) {
        const auto* wheels = member(table, "wheels");
        if (!wheels) return;
        if (!wheels->is_array()) return fault(pointer + "/wheels", "`wheels` must be an array");
        for (std::size_t i = 0; i < wheels->size(); ++i) {
            const auto place = fmt::format("{}/wheels/{}", pointer, i);
            if (auto wheel = read_file((*wheels)[i], place))
                add_wheel(*std::move(wheel), place, package);
        }
    }

    void add_wheel(Artifact wheel, const std::string& pointer, PylockPackage& package) {
        const auto name = packaging::WheelName::parse(wheel.filename);
        if (name && name->name != package.name)
            return fault(pointer, fmt::format("`{}` is no wheel of `{}`",
                                              printable(wheel.filename, 120), package.name));
        package.wheels.push_back(std::move(wheel));
    }

    /// What `wheels`, `sdist` and `archive` have in common.
    std::optional<Artifact> read_file(const Json& table, const std::string& pointer) {
        Artifact file;
        const auto url = string_member(table, "url");
        const auto path = string_member(table, "path");
        if (!url && !path) {
            fault(pointer, "the file has neither `url` nor `path`");
            return std::nullopt;
        }
        // The name may be left out when it is the last part of the path, or of the URL.
        file.filename =
            string_member(table, "name").value_or(internal::filename_of(path ? *path : *url));
        if (path) {
            file.local_path = *path;
        } else {
            const auto parsed = net::Url::parse(*url);
            if (!parsed || (parsed->scheme() != "https" && parsed->scheme() != "http" &&
                            parsed->scheme() != "file")) {
                fault(pointer + "/url",
                      fmt::format("`{}` is neither at an https nor at an http URL",
                                  printable(file.filename, 120)));
                return std::nullopt;
            }
            if (parsed->scheme() == "file")
                file.local_path = net::percent_decode(parsed->path());
            else
                file.url = *url;
        }
        file.size = unsigned_member(table, "size");
        return read_hashes(table, pointer, file) ? std::optional(std::move(file)) : std::nullopt;
    }

    bool read_hashes(const Json& table, const std::string& pointer, Artifact& file) {
        const auto* hashes = member(table, "hashes");
        if (!hashes || !hashes->is_object() || hashes->empty()) {
            fault(pointer, fmt::format("`{}` has no hashes", printable(file.filename, 120)));
            return false;
        }
        for (const auto& [algorithm, hex] : hashes->items()) {
            if (to_lower(algorithm) != "sha256") continue;
            const auto digest =
                Digest::from_hex(hex.is_string() ? to_lower(hex.get<std::string>()) : "");
            if (!digest) {
                fault(pointer,
                      fmt::format("the sha256 of `{}` is no hash", printable(file.filename, 120)));
                return false;
            }
            file.sha256 = *digest;
        }
        return true;
    }

    const Json& root_;
    Pylock& lock_;
    std::vector<Diagnostic> diagnostics_;
    std::vector<std::string> unnormalized_;
};

Failure invalid_lock(const std::string& file, std::vector<Diagnostic> diagnostics,
                     std::string hint) {
    Error error;
    error.code = "resolve/invalid-lock";
    error.message = fmt::format("`{}` cannot be used: {}", file, diagnostics.front().message);
    error.hint = std::move(hint);
    error.diagnostics = std::move(diagnostics);
    return fail(std::move(error));
}

/// Tools print the lock, so what else they print gets into files that were made by redirection.
Failure syntax_error(std::string_view text, const std::string& file,
                     std::vector<Diagnostic> diagnostics) {
    const bool is_requirements =
        text.find("--hash=") != std::string_view::npos && text.find("==") != std::string_view::npos;
    if (is_requirements)
        return invalid_lock(file, std::move(diagnostics),
                            "it is a `requirements.txt` by its content: rename it, or make it "
                            "again with `uv export --format pylock.toml -o pylock.toml`");
    const auto line = diagnostics.front().range.start.line;
    const auto start = text.find("lock-version");
    const auto first =
        start == std::string_view::npos
            ? 0
            : std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(start), '\n');
    if (start != std::string_view::npos && line < first)
        return invalid_lock(
            file, std::move(diagnostics),
            fmt::format("what stands before `lock-version` in line {} looks like the output of a "
                        "tool: remove it, or let the tool write the file itself",
                        first + 1));
    return invalid_lock(file, std::move(diagnostics), std::string(kHowToLock));
}

Result<void> check_version(Pylock& lock) {
    const auto version = string_member(lock.document.value, "lock-version");
    const auto dot = version ? version->find('.') : std::string::npos;
    if (version && version->substr(0, dot) == kMajor) {
        // PEP 751: a newer minor version only adds things.
        if (dot != std::string::npos && version->substr(dot + 1) != kMinor)
            lock.warnings.push_back(
                {"resolve/newer-lock-version",
                 fmt::format("`{}` has version {} of the format, known is {}.{}", lock.file,
                             printable(*version, 20), kMajor, kMinor),
                 "what is new in it is not looked at"});
        return {};
    }
    auto failure = version
                       ? fail("resolve/unsupported-lock-version",
                              "`{}` has version {} of the format, known is {}.{}", lock.file,
                              printable(*version, 20), kMajor, kMinor)
                       : fail("resolve/unsupported-lock-version",
                              "`{}` does not say which version of the format it has", lock.file);
    auto error = std::move(failure)
                     .hint("lock with a tool that writes version {}.{}", kMajor, kMinor)
                     .take();
    error.diagnostics.push_back({lock.file, lock.document.range_or_start("/lock-version"),
                                 Severity::Error, error.code, error.message, error.hint});
    return fail(std::move(error));
}

}  // namespace

Range Pylock::range_of(const PylockPackage& package) const {
    return document.range_or_start(fmt::format("/packages/{}/name", package.index));
}

bool is_pylock_name(std::string_view filename) {
    static constexpr std::string_view kStart = "pylock.";
    static constexpr std::string_view kEnd = ".toml";
    if (filename == "pylock.toml") return true;
    if (!filename.starts_with(kStart) || !filename.ends_with(kEnd)) return false;
    if (filename.size() <= kStart.size() + kEnd.size()) return false;
    filename.remove_prefix(kStart.size());
    filename.remove_suffix(kEnd.size());
    return filename.find('.') == std::string_view::npos;
}

Result<Pylock> read_pylock(std::string_view text, const std::string& file) {
    Pylock lock;
    lock.file = file;
    lock.document = toml::parse(text, file);
    if (has_errors(lock.document.diagnostics))
        return syntax_error(text, file, lock.document.diagnostics);
    PYC_TRY(check_version(lock));
    const Json root = std::move(lock.document.value);
    lock.document.value = Json::object();
    auto diagnostics = Reader(root, lock).read();
    if (!diagnostics.empty())
        return invalid_lock(file, std::move(diagnostics), std::string(kHowToLock));
    return lock;
}

}  // namespace pycontainer::resolve
