#include "resolve/internal/lock_parts.hpp"

#include "base/strings.hpp"
#include "net/url.hpp"
#include "packaging/names.hpp"
#include "packaging/wheel_name.hpp"
#include "resolve/repository_url.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace pycontainer::resolve::internal {
namespace {

constexpr std::size_t kMaxListed = 5;
/// How PDM writes the project's own directory.
constexpr std::string_view kProjectRoot = "file:///${PROJECT_ROOT}";

struct Algorithm {
    std::string_view name;
    std::size_t digits;
};
constexpr std::array<Algorithm, 3> kAlgorithms = {
    {{"sha256", 64}, {"sha384", 96}, {"sha512", 128}}};

bool is_hexadecimal(std::string_view text) {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

/// The path of a `file` URL, relative to the project's directory where PDM writes it so.
std::optional<std::string> path_of_file_url(std::string_view url) {
    if (!url.starts_with("file:///")) return std::nullopt;
    url = url.substr(0, url.find_first_of("?#"));
    if (url.starts_with(kProjectRoot))
        return "." + net::percent_decode(url.substr(kProjectRoot.size()));
    return net::percent_decode(url.substr(std::string_view("file://").size()));
}

bool is_wheel(std::string_view filename) {
    return filename.ends_with(".whl");
}

std::optional<Digest> sha256_of(const LockedFile& file) {
    if (!file.hash || file.hash->algorithm != "sha256") return std::nullopt;
    const auto digest = Digest::from_hex(file.hash->hex);
    return digest ? std::optional(*digest) : std::nullopt;
}

/// The hash of the one file that a package is: that of its name, or the only one there is.
std::optional<Digest> hash_of_only_file(const std::vector<LockedFile>& files,
                                        std::string_view filename) {
    for (const auto& file : files)
        if (file.filename == filename) return sha256_of(file);
    return files.size() == 1 ? sha256_of(files.front()) : std::nullopt;
}

}  // namespace

Failure with_place(Failure failure, const std::string& file, Range range) {
    auto error = std::move(failure).take();
    error.diagnostics.push_back(
        {file, range, Severity::Error, error.code, error.message, error.hint});
    return fail(std::move(error));
}

Failure other_python(const std::string& file, std::string_view wanted,
                     const packaging::TargetEnvironment& target, Range range) {
    return with_place(
        fail("resolve/python-mismatch", "`{}` is for Python `{}`, the image has {}", file,
             printable(wanted, 60), target.python_version)
            .hint("choose a base image with such a Python, for example with `[build] python`"),
        file, range);
}

std::string filename_of(std::string_view location) {
    location = location.substr(0, location.find_first_of("?#"));
    const auto slash = location.find_last_of('/');
    return net::percent_decode(slash == std::string_view::npos ? location
                                                               : location.substr(slash + 1));
}

std::string listing(const std::vector<std::string>& names) {
    std::string text;
    for (std::size_t i = 0; i < names.size() && i < kMaxListed; ++i)
        text += (i == 0 ? "`" : ", `") + names[i] + "`";
    if (names.size() > kMaxListed) text += fmt::format(" and {} more", names.size() - kMaxListed);
    return text;
}

std::optional<RequirementHash> parse_hash(std::string_view text) {
    const auto colon = text.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const auto name = text.substr(0, colon);
    auto hex = to_lower(text.substr(colon + 1));
    for (const auto& each : kAlgorithms)
        if (name == each.name && hex.size() == each.digits && is_hexadecimal(hex))
            return RequirementHash{std::string(name), std::move(hex)};
    return std::nullopt;
}

std::vector<LockedFile> read_files(const Json& list, std::string_view package,
                                   std::vector<std::string>& faults) {
    std::vector<LockedFile> files;
    if (!list.is_array()) {
        faults.push_back(fmt::format("the files of `{}` are no array", printable(package, 60)));
        return files;
    }
    files.reserve(list.size());
    for (const auto& table : list) {
        LockedFile file{.filename = string_member(table, "file").value_or(""),
                        .url = string_member(table, "url").value_or(""),
                        .hash = {}};
        if (file.filename.empty()) file.filename = filename_of(file.url);
        const auto hash = string_member(table, "hash");
        if (file.filename.empty() || !hash) {
            faults.push_back(
                fmt::format("a file of `{}` has no name or no hash", printable(package, 60)));
            continue;
        }
        file.hash = parse_hash(*hash);
        if (!file.hash && hash->starts_with("sha")) {
            faults.push_back(fmt::format("`{}` is not a hash, in `{}`", printable(*hash, 80),
                                         printable(package, 60)));
            continue;
        }
        files.push_back(std::move(file));
    }
    return files;
}

std::vector<std::string> strings_member(const Json& table, std::string_view key) {
    std::vector<std::string> result;
    if (const auto* list = member(table, key); list && list->is_array())
        for (const auto& each : *list)
            if (each.is_string()) result.push_back(each.get<std::string>());
    return result;
}

std::vector<std::string> names_member(const Json& table, std::string_view key) {
    auto result = strings_member(table, key);
    for (auto& each : result) each = packaging::normalize_name(each);
    return result;
}

const Json* value_at(const Json& value, std::initializer_list<std::string_view> keys) {
    const auto* current = &value;
    for (const auto key : keys) {
        current = member(*current, key);
        if (!current) return nullptr;
    }
    return current;
}

Failure all_faults(std::vector<Diagnostic> diagnostics) {
    Error error;
    error.code = diagnostics.front().code;
    error.message = diagnostics.front().message;
    error.hint = diagnostics.front().hint;
    if (diagnostics.size() > 1)
        error.message += fmt::format(", and {} more", diagnostics.size() - 1);
    error.diagnostics = std::move(diagnostics);
    return fail(std::move(error));
}

Failure lock_faults(const std::string& file, std::vector<Diagnostic> diagnostics,
                    std::string_view lock_command) {
    auto error = all_faults(std::move(diagnostics)).take();
    if (!error.code.starts_with("toml/") && error.code != "resolve/invalid-lock")
        return fail(std::move(error));
    error.code = "resolve/invalid-lock";
    error.message = fmt::format("`{}` cannot be used: {}", file, error.message);
    error.hint = fmt::format("run `{}`", lock_command);
    return fail(std::move(error));
}

void walk_packages(const Json& root, const std::function<void(const Json&, std::size_t)>& read,
                   const std::function<void(const std::string&, std::string)>& fault) {
    const auto* packages = member(root, "package");
    if (!packages) return;
    if (!packages->is_array()) return fault("/package", "`package` must be an array of tables");
    for (std::size_t i = 0; i < packages->size(); ++i) read((*packages)[i], i);
}

Result<std::vector<std::string>> included_groups(
    const std::string& name,
    const std::function<const std::vector<std::string>*(const std::string&)>& includes_of,
    std::string_view advice) {
    std::vector<std::string> result;
    std::set<std::string> seen = {name};
    std::vector<std::string> open = {name};
    while (!open.empty()) {
        auto current = std::move(open.back());
        open.pop_back();
        const auto* includes = includes_of(current);
        if (!includes)
            return fail("resolve/invalid-dependency",
                        "the group `{}` includes `{}`, which does not exist", printable(name, 60),
                        printable(current, 60))
                .hint("{}", advice);
        for (const auto& included : *includes)
            if (seen.insert(included).second) open.push_back(included);
        result.push_back(std::move(current));
    }
    return result;
}

SelectionBuilder::SelectionBuilder(std::string file, std::filesystem::path directory,
                                   std::string lock_command)
    : file_(std::move(file)),
      directory_(std::move(directory)),
      lock_command_(std::move(lock_command)) {}

void SelectionBuilder::fault(Range range, std::string_view code, std::string message,
                             std::string hint) {
    diagnostics_.push_back(
        {file_, range, Severity::Error, std::string(code), std::move(message), std::move(hint)});
}

void SelectionBuilder::add(const LockEntry& entry) {
    using Kind = LockEntry::Kind;
    const auto [known, is_new] = versions_.emplace(entry.name, entry.version);
    if (!is_new) {
        fault(entry.range, "resolve/conflicting-pins",
              fmt::format("`{}` selects `{}` twice, {} and {}", file_, entry.name,
                          printable(known->second, 40), printable(entry.version, 40)),
              fmt::format("the chosen groups and extras may exclude each other; else run `{}`",
                          lock_command_));
        return;
    }
    switch (entry.kind) {
        case Kind::Index: return add_from_index(entry);
        case Kind::Url: return add_url(entry);
        case Kind::File: return add_file(entry, entry.location);
        case Kind::Directory: return add_directory(entry.location);
        case Kind::Repository: return add_repository(entry);
    }
}

LockedPackage SelectionBuilder::locked_package(const LockEntry& entry) const {
    return {entry.name, entry.version, {}, false, file_, entry.range};
}

void SelectionBuilder::note_unhashed(const std::string& name) {
    unhashed_.push_back(name);
}

/// Files with addresses are complete; for those with names only, the index is asked.
void SelectionBuilder::add_from_index(const LockEntry& entry) {
    const bool has_urls =
        !entry.files.empty() && std::all_of(entry.files.begin(), entry.files.end(),
                                            [](const auto& file) { return !file.url.empty(); });
    if (!has_urls) {
        Pin pin{.name = entry.name,
                .version = entry.version,
                .is_arbitrary = false,
                .hashes = {},
                .direct = {},
                .index_url = entry.index_url,
                .file = file_,
                .range = entry.range};
        for (const auto& file : entry.files)
            if (file.hash) pin.hashes.push_back(*file.hash);
        if (pin.hashes.empty()) note_unhashed(entry.name);
        result_.pins.push_back(std::move(pin));
        return;
    }
    auto package = locked_package(entry);
    for (const auto& file : entry.files) {
        const auto path = path_of_file_url(file.url);
        if (!path && !file.url.starts_with("https://") && !file.url.starts_with("http://"))
            return fault(
                entry.range, "resolve/invalid-lock",
                fmt::format("a file of `{}` is neither at an https nor at an http URL", entry.name),
                fmt::format("run `{}`", lock_command_));
        if (!is_wheel(file.filename)) {
            package.has_sdist = true;
        }
        const auto digest = sha256_of(file);
        if (!digest) note_unhashed(entry.name);
        Artifact artifact{file.filename, {}, {}, digest, {}, {}};
        if (path)
            artifact.local_path = (directory_ / *path).lexically_normal();
        else
            artifact.url = file.url;
        if (is_wheel(file.filename))
            package.wheels.push_back(std::move(artifact));
        else
            package.sdist = std::move(artifact);
    }
    result_.packages.push_back(std::move(package));
}

void SelectionBuilder::add_url(const LockEntry& entry) {
    const std::string_view location = entry.location;
    if (const auto path = path_of_file_url(location)) {
        const bool is_file = is_wheel(*path) || path->ends_with(".gz") || path->ends_with(".zip");
        return is_file ? add_file(entry, *path) : add_directory(*path);
    }
    if (location.find("${") != std::string_view::npos)
        return fault(entry.range, "resolve/unsupported-source",
                     fmt::format("the URL of `{}` has a variable in it", entry.name),
                     "put the package on an index, or give the URL itself");
    const auto url = net::Url::parse(location);
    if (!url || (url->scheme() != "https" && url->scheme() != "http"))
        return fault(entry.range, "resolve/unsupported-source",
                     fmt::format("`{}` is neither at an https nor at an http URL", entry.name),
                     "use a released version, or build a wheel of it and depend on its URL");
    auto package = locked_package(entry);
    const auto filename = filename_of(url->path());
    Artifact wheel{filename, url->without_fragment().to_string(), {}, {}, {}, {}};
    wheel.sha256 = hash_of_only_file(entry.files, filename);
    if (!wheel.sha256 && url->fragment().starts_with("sha256="))
        if (const auto digest = Digest::from_hex(url->fragment().substr(7))) wheel.sha256 = *digest;
    if (!wheel.sha256) note_unhashed(entry.name);
    if (is_wheel(filename)) {
        package.wheels.push_back(std::move(wheel));
    } else {
        package.has_sdist = true;
        package.sdist = std::move(wheel);
    }
    result_.packages.push_back(std::move(package));
}

void SelectionBuilder::add_file(const LockEntry& entry, std::string_view path) {
    auto package = locked_package(entry);
    const auto filename = std::filesystem::path(path).filename().string();
    Artifact artifact{filename, {}, (directory_ / path).lexically_normal(), {}, {}, {}};
    artifact.sha256 = hash_of_only_file(entry.files, filename);
    if (!artifact.sha256) note_unhashed(entry.name);
    if (is_wheel(filename)) {
        package.wheels.push_back(std::move(artifact));
    } else {
        package.has_sdist = true;
        package.sdist = std::move(artifact);
    }
    result_.packages.push_back(std::move(package));
}

void SelectionBuilder::add_directory(const std::string& location) {
    // `.` is the project itself, which is in the image anyway.
    const auto strip = [](const std::filesystem::path& each) {
        return (each / "").lexically_normal().parent_path();
    };
    const auto directory = strip(directory_ / location);
    if (directory != strip(directory_)) result_.local_projects.push_back(directory);
}

void SelectionBuilder::add_repository(const LockEntry& entry) {
    auto repository =
        make_repository(entry.location, entry.commit, entry.requested_revision, entry.subdirectory);
    if (!repository)
        return fault(entry.range, repository.error().code,
                     fmt::format("`{}`: {}", entry.name, repository.error().message),
                     repository.error().hint);
    result_.sources.push_back({.name = entry.name,
                               .version = entry.version,
                               .origin = std::move(*repository),
                               .is_direct = true,
                               .file = file_,
                               .range = entry.range});
}

Result<Selection> SelectionBuilder::finish() {
    if (!diagnostics_.empty()) return lock_faults(file_, std::move(diagnostics_), lock_command_);
    const auto by_name = [](const auto& a, const auto& b) { return a.name < b.name; };
    std::sort(result_.packages.begin(), result_.packages.end(), by_name);
    std::sort(result_.pins.begin(), result_.pins.end(), by_name);
    std::sort(result_.sources.begin(), result_.sources.end(), by_name);
    std::sort(result_.local_projects.begin(), result_.local_projects.end());
    std::sort(unhashed_.begin(), unhashed_.end());
    unhashed_.erase(std::unique(unhashed_.begin(), unhashed_.end()), unhashed_.end());
    if (!unhashed_.empty())
        warn({"resolve/unhashed-pins",
              fmt::format("{} in `{}` {} no hash, so the index is believed", listing(unhashed_),
                          file_, unhashed_.size() == 1 ? "has" : "have"),
              fmt::format("run `{}`", lock_command_)});
    return std::move(result_);
}

Warning stale_lock_warning(const std::string& file,
                           const std::vector<StaleRequirement>& differences,
                           std::string_view lock_command) {
    std::vector<std::string> missing;
    std::vector<std::string> unmet;
    for (const auto& each : differences) {
        if (each.locked.empty())
            missing.push_back(printable(each.text, 80));
        else
            unmet.push_back(fmt::format("{}` is not met by `{}", printable(each.text, 80),
                                        printable(each.locked, 40)));
    }
    std::string text;
    if (!missing.empty())
        text = fmt::format(": {} {} only in `pyproject.toml`", listing(missing),
                           missing.size() == 1 ? "is" : "are");
    if (!unmet.empty()) text += (text.empty() ? ": " : ", ") + listing(unmet);
    return {"resolve/stale-lock",
            fmt::format("`{}` was made from another `pyproject.toml`{}", file, text),
            fmt::format("run `{}`", lock_command)};
}

}  // namespace pycontainer::resolve::internal
