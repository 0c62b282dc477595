#include "base/strings.hpp"
#include "net/url.hpp"
#include "packaging/names.hpp"
#include "packaging/version.hpp"
#include "packaging/wheel_name.hpp"
#include "resolve/internal/lock_parts.hpp"
#include "resolve/pylock.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>

namespace pycontainer::resolve {
namespace {

constexpr int kMajor = 1;
constexpr int kMinor = 0;
constexpr std::string_view kHowToLock =
    "make it again, for example with `uv export --format pylock.toml -o pylock.toml`";
/// Of a package's places of origin, at most one may be named; files of an index go together.
constexpr std::array<std::string_view, 3> kSingleSources = {"vcs", "directory", "archive"};

enum class Type { Text, Size, Flag, Table, Tables };

struct Key {
    std::string_view name;
    Type type;
};

/// The keys whose values are only looked at when they are used, with the types that PEP 751 gives
/// them; those of the others are judged where they are read. Times are texts here and not judged.
constexpr std::array<Key, 1> kLockKeys = {{{"tool", Type::Table}}};
constexpr std::array<Key, 8> kPackageKeys = {{
    {"dependencies", Type::Tables},
    {"vcs", Type::Table},
    {"directory", Type::Table},
    {"archive", Type::Table},
    {"sdist", Type::Table},
    {"wheels", Type::Tables},
    {"attestation-identities", Type::Tables},
    {"tool", Type::Table},
}};
constexpr std::array<Key, 6> kRepositoryKeys = {{
    {"type", Type::Text},
    {"url", Type::Text},
    {"path", Type::Text},
    {"requested-revision", Type::Text},
    {"commit-id", Type::Text},
    {"subdirectory", Type::Text},
}};
constexpr std::array<Key, 3> kDirectoryKeys = {{
    {"path", Type::Text},
    {"editable", Type::Flag},
    {"subdirectory", Type::Text},
}};
constexpr std::array<Key, 6> kFileKeys = {{
    {"name", Type::Text},
    {"url", Type::Text},
    {"path", Type::Text},
    {"size", Type::Size},
    {"hashes", Type::Table},
    {"subdirectory", Type::Text},
}};

bool is_of(const Json& value, Type type) {
    switch (type) {
        case Type::Text: return value.is_string();
        case Type::Size: return value.is_number_integer();
        case Type::Flag: return value.is_boolean();
        case Type::Table: return value.is_object();
        case Type::Tables:
            return value.is_array() &&
                   std::all_of(value.begin(), value.end(),
                               [](const Json& each) { return each.is_object(); });
    }
    return false;
}

std::string_view describe(Type type) {
    switch (type) {
        case Type::Text: return "a string";
        case Type::Size: return "a number of bytes";
        case Type::Flag: return "true or false";
        case Type::Table: return "a table";
        case Type::Tables: return "an array of tables";
    }
    return "";
}

/// The last part of a path of either kind of system, which nothing is encoded in.
std::string_view filename_of_path(std::string_view path) {
    const auto separator = path.find('/') != std::string_view::npos ? '/' : '\\';
    const auto last = path.rfind(separator);
    return last == std::string_view::npos ? path : path.substr(last + 1);
}

/// Turns the parsed file into the structures, noting every fault with its place.
class Reader {
public:
    Reader(const Json& root, Pylock& lock) : root_(root), lock_(lock) {}

    std::vector<Diagnostic> read() {
        check_types(root_, "", kLockKeys);
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

    /// False after faults.
    bool check_types(const Json& table, const std::string& pointer, std::span<const Key> keys) {
        bool is_right = true;
        for (const auto& key : keys) {
            const auto* value = member(table, key.name);
            if (!value || is_of(*value, key.type)) continue;
            is_right = false;
            fault(toml::pointer_to(pointer, key.name),
                  fmt::format("`{}` must be {}", key.name, describe(key.type)));
        }
        return is_right;
    }

    void note_name(const std::string& name) {
        if (packaging::normalize_name(name) != name) unnormalized_.push_back("`" + name + "`");
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
        for (auto& name : result) {
            if (key == "extras") note_name(name);  // groups may be written in any way
            name = packaging::normalize_name(name);
        }
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
        note_name(*name);
        if (const auto version = text(table, "version", pointer)) {
            package.version = *version;
            if (!packaging::Version::from(*version))
                fault(pointer + "/version",
                      fmt::format("`{}` is not a version", printable(*version, 80)));
        }
        if (const auto marker = text(table, "marker", pointer))
            package.marker = parse_marker(*marker, pointer + "/marker");
        package.requires_python = specifiers(table, "requires-python", pointer);
        package.index_url = text(table, "index", pointer).value_or("");
        if (check_types(table, pointer, kPackageKeys)) {
            check_identities(table, pointer);
            read_source(table, pointer, package);
        }
        lock_.packages.push_back(std::move(package));
    }

    void check_identities(const Json& table, const std::string& pointer) {
        const auto* identities = member(table, "attestation-identities");
        for (std::size_t i = 0; identities && i < identities->size(); ++i)
            if (!string_member((*identities)[i], "kind"))
                fault(fmt::format("{}/attestation-identities/{}", pointer, i),
                      "the identity does not say its `kind`");
    }

    void read_source(const Json& table, const std::string& pointer, PylockPackage& package) {
        std::vector<std::string> sources;
        for (const auto key : kSingleSources)
            if (member(table, key)) sources.emplace_back(key);
        const auto* wheels = member(table, "wheels");
        if (member(table, "sdist") || (wheels && !wheels->empty())) sources.emplace_back("wheels");
        if (sources.empty())
            return fault(pointer, fmt::format("`{}` has neither files nor another source",
                                              printable(package.name, 60)));
        if (sources.size() > 1)
            return fault(pointer, fmt::format("`{}` has both `{}` and `{}`",
                                              printable(package.name, 60), sources[0], sources[1]));
        const auto& source = sources.front();
        if (source == "vcs") {
            package.source = PylockPackage::Source::Vcs;
            read_repository(table["vcs"], pointer + "/vcs", package);
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
                if (package.sdist) check_sdist(*package.sdist, pointer + "/sdist", package);
            }
            read_wheels(table, pointer, package);
        }
    }

    /// Other systems than Git are refused when the package is to be installed.
    void read_repository(const Json& table, const std::string& pointer, PylockPackage& package) {
        if (!check_types(table, pointer, kRepositoryKeys)) return;
        const auto text = [&](const char* key) { return string_member(table, key).value_or(""); };
        if (!member(table, "type") || !member(table, "commit-id"))
            return fault(pointer, "the repository needs a `type` and a `commit-id`");
        if (text("url").empty() && text("path").empty())
            return fault(pointer, "the repository has neither `url` nor `path`");
        if (text("type") != "git" || text("url").empty()) return;
        package.repository = Repository{.url = text("url"),
                                        .commit = text("commit-id"),
                                        .requested_revision = text("requested-revision"),
                                        .subdirectory = text("subdirectory")};
    }

    void read_directory(const Json& table, const std::string& pointer, PylockPackage& package) {
        if (!check_types(table, pointer, kDirectoryKeys)) return;
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
        for (std::size_t i = 0; i < wheels->size(); ++i) {
            const auto place = fmt::format("{}/wheels/{}", pointer, i);
            if (auto wheel = read_file((*wheels)[i], place))
                add_wheel(*std::move(wheel), place, package);
        }
    }

    void add_wheel(Artifact wheel, const std::string& pointer, PylockPackage& package) {
        const auto name = packaging::WheelName::parse(wheel.filename);
        if (!name)
            return fault(pointer,
                         fmt::format("`{}` is no name of a wheel", printable(wheel.filename, 120)));
        check_file(wheel, name->name, name->version, "wheel", pointer, package);
        package.wheels.push_back(std::move(wheel));
    }

    void check_sdist(const Artifact& sdist, const std::string& pointer,
                     const PylockPackage& package) {
        const auto name = packaging::SourceName::parse(sdist.filename);
        if (!name)
            return fault(pointer, fmt::format("`{}` is no name of a source distribution",
                                              printable(sdist.filename, 120)));
        check_file(sdist, name->name, name->version, "source distribution", pointer, package);
    }

    /// The file's name must be of the package and its version.
    void check_file(const Artifact& file, const std::string& name, const std::string& version,
                    std::string_view kind, const std::string& pointer,
                    const PylockPackage& package) {
        if (name != package.name)
            return fault(pointer, fmt::format("`{}` is no {} of `{}`",
                                              printable(file.filename, 120), kind, package.name));
        const auto wanted = packaging::Version::from(package.version);
        if (wanted && packaging::Version::from(version) != wanted)
            fault(pointer,
                  fmt::format("`{}` is not of version {}, which the package has",
                              printable(file.filename, 120), printable(package.version, 40)));
    }

    /// What `wheels`, `sdist` and `archive` have in common.
    std::optional<Artifact> read_file(const Json& table, const std::string& pointer) {
        if (!check_types(table, pointer, kFileKeys)) return std::nullopt;
        Artifact file;
        const auto text = [&](const char* key) { return string_member(table, key).value_or(""); };
        const auto url = text("url");
        const auto path = text("path");
        if (url.empty() && path.empty()) {
            fault(pointer, "the file has neither `url` nor `path`");
            return std::nullopt;
        }
        // The name may be left out when it is the last part of the path, or of the URL.
        file.filename = text("name");
        if (file.filename.empty())
            file.filename =
                path.empty() ? internal::filename_of(url) : std::string(filename_of_path(path));
        if (!path.empty()) {
            file.local_path = path;
        } else {
            const auto parsed = net::Url::parse(url);
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
                file.url = url;
        }
        file.size = unsigned_member(table, "size");
        return read_hashes(table, pointer, file) ? std::optional(std::move(file)) : std::nullopt;
    }

    bool read_hashes(const Json& table, const std::string& pointer, Artifact& file) {
        const auto* hashes = member(table, "hashes");
        if (!hashes || hashes->empty()) {
            fault(pointer, fmt::format("`{}` has no hashes", printable(file.filename, 120)));
            return false;
        }
        for (const auto& [algorithm, hex] : hashes->items()) {
            if (!hex.is_string()) {
                fault(pointer,
                      fmt::format("the {} of `{}` must be a string", printable(algorithm, 20),
                                  printable(file.filename, 120)));
                return false;
            }
            if (to_lower(algorithm) != "sha256") continue;
            const auto digest = Digest::from_hex(to_lower(hex.get<std::string>()));
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
    const auto parsed = packaging::Version::from(version.value_or(""));
    const auto known = packaging::Version::from(fmt::format("{}.{}", kMajor, kMinor));
    const auto next = packaging::Version::from(std::to_string(kMajor + 1));
    if (parsed && *parsed >= *known && *parsed < *next) {
        // PEP 751: a newer minor version only adds things.
        if (*parsed != *known)
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
    Json root = std::move(lock.document.value);
    lock.document.value = Json::object();
    auto diagnostics = Reader(root, lock).read();
    if (!diagnostics.empty())
        return invalid_lock(file, std::move(diagnostics), std::string(kHowToLock));
    if (root.contains("tool")) lock.document.value["tool"] = std::move(root["tool"]);
    return lock;
}

}  // namespace pycontainer::resolve
