#include "base/strings.hpp"
#include "packaging/names.hpp"
#include "resolve/internal/poetry_lock_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace pycontainer::resolve::internal {
namespace {

constexpr std::string_view kLockCommand = "poetry lock";

packaging::Version version_of(std::string_view text) {
    return *packaging::Version::from(text);
}

struct SourceType {
    std::string_view type;
    LockEntry::Kind kind;
};
constexpr std::array<SourceType, 5> kSourceTypes = {{
    {"legacy", LockEntry::Kind::Index},
    {"git", LockEntry::Kind::Repository},
    {"url", LockEntry::Kind::Url},
    {"file", LockEntry::Kind::File},
    {"directory", LockEntry::Kind::Directory},
}};

/// `dep[x,y] (>=1) ; marker`, of which name and extras count. Lenient, as older versions of Poetry
/// wrote what is not quite a requirement.
PoetryExtraItem extra_item(std::string_view text) {
    const auto end = text.find_first_of(" [(<>=!~;@");
    PoetryExtraItem item{packaging::normalize_name(trim(text.substr(0, end))), {}};
    if (end == std::string_view::npos || text[end] != '[') return item;
    const auto close = text.find(']', end);
    if (close == std::string_view::npos) return item;
    for (const auto extra : split(text.substr(end + 1, close - end - 1), ','))
        item.extras.push_back(packaging::normalize_name(trim(extra)));
    return item;
}

/// Turns the parsed file into the structures, noting every fault with its place.
class Reader {
public:
    Reader(const Json& root, PoetryLock& lock) : root_(root), lock_(lock) {}

    std::vector<Diagnostic> read() {
        if (const auto* metadata = member(root_, "metadata")) read_metadata(*metadata);
        if (const auto* extras = member(root_, "extras"); extras && extras->is_object())
            for (const auto& [name, list] : extras->items())
                lock_.extras.insert(packaging::normalize_name(name));
        walk_packages(
            root_, [&](const Json& table, std::size_t index) { read_package(table, index); },
            [&](const std::string& pointer, std::string message) {
                fault(pointer, std::move(message));
            });
        return std::move(diagnostics_);
    }

private:
    void fault(const std::string& pointer, std::string message) {
        diagnostics_.push_back({lock_.file, lock_.document.range_or_start(pointer), Severity::Error,
                                "resolve/invalid-lock", std::move(message),
                                fmt::format("run `{}`", kLockCommand)});
    }

    PoetryConstraint constraint(const Json& table, std::string_view key,
                                const std::string& pointer) {
        const auto text = string_member(table, key);
        if (!text) return {};
        auto parsed = PoetryConstraint::parse(*text);
        if (parsed) return *std::move(parsed);
        fault(toml::pointer_to(pointer, key), parsed.error().message);
        return {};
    }

    void read_metadata(const Json& metadata) {
        lock_.python_versions = constraint(metadata, "python-versions", "/metadata");
        lock_.content_hash = string_member(metadata, "content-hash").value_or("");
        if (const auto* files = member(metadata, "files")) read_common_files(*files);
        if (const auto* hashes = member(metadata, "hashes")) read_common_hashes(*hashes);
    }

    /// Format 1: the files of all versions of a name.
    void read_common_files(const Json& files) {
        if (!files.is_object()) return fault("/metadata/files", "`files` must be a table");
        for (const auto& [name, list] : files.items()) {
            std::vector<std::string> faults;
            common_files_[packaging::normalize_name(name)] = read_files(list, name, faults);
            for (auto& each : faults)
                fault(toml::pointer_to("/metadata/files", name), std::move(each));
        }
    }

    /// Before format 1.0: sha256 hashes alone.
    void read_common_hashes(const Json& hashes) {
        if (!hashes.is_object()) return fault("/metadata/hashes", "`hashes` must be a table");
        for (const auto& [name, list] : hashes.items()) {
            auto& files = common_files_[packaging::normalize_name(name)];
            for (const auto& hex : strings_member(hashes, name))
                files.push_back({.filename = {}, .url = {}, .hash = parse_hash("sha256:" + hex)});
        }
    }

    void read_package(const Json& table, std::size_t index) {
        const auto pointer = fmt::format("/package/{}", index);
        const auto name = string_member(table, "name");
        if (!name || !packaging::is_valid_name(*name))
            return fault(pointer, "the package has no name");
        const auto version = string_member(table, "version").value_or("");
        auto parsed = packaging::Version::from(version);
        if (!parsed)
            return fault(pointer + "/version",
                         fmt::format("`{}` is not a version, of `{}`", printable(version, 60),
                                     printable(*name, 60)));
        PoetryPackage package{.name = packaging::normalize_name(*name),
                              .version = version,
                              .parsed_version = *std::move(parsed),
                              .python_versions = constraint(table, "python-versions", pointer),
                              .source_url = {},
                              .source_reference = {},
                              .resolved_reference = {},
                              .subdirectory = {},
                              .files = {},
                              .groups = {},
                              .markers = {},
                              .dependencies = {},
                              .extras = {},
                              .index = index};
        if (const auto* source = member(table, "source")) read_source(*source, pointer, package);
        read_package_files(table, pointer, package);
        if (lock_.has_groups()) {
            read_groups(table, pointer, package);
        } else {
            read_dependencies(table, pointer, package);
            read_extras(table, package);
        }
        lock_.packages.push_back(std::move(package));
    }

    void read_source(const Json& source, const std::string& pointer, PoetryPackage& package) {
        const auto type = string_member(source, "type").value_or("legacy");
        const auto* known = std::find_if(kSourceTypes.begin(), kSourceTypes.end(),
                                         [&](const auto& each) { return each.type == type; });
        if (known == kSourceTypes.end())
            return fault(pointer + "/source/type",
                         fmt::format("`{}` has a source of the unknown type `{}`", package.name,
                                     printable(type, 40)));
        package.kind = known->kind;
        package.source_url = string_member(source, "url").value_or("");
        package.source_reference = string_member(source, "reference").value_or("");
        package.resolved_reference = string_member(source, "resolved_reference").value_or("");
        package.subdirectory = string_member(source, "subdirectory").value_or("");
        if (package.source_url.empty())
            fault(pointer + "/source", fmt::format("the source of `{}` has no URL", package.name));
    }

    void read_package_files(const Json& table, const std::string& pointer, PoetryPackage& package) {
        if (const auto* list = member(table, "files")) {
            std::vector<std::string> faults;
            package.files = read_files(*list, package.name, faults);
            for (auto& each : faults) fault(pointer + "/files", std::move(each));
        } else if (const auto found = common_files_.find(package.name);
                   found != common_files_.end()) {
            package.files = found->second;
        }
    }

    void read_groups(const Json& table, const std::string& pointer, PoetryPackage& package) {
        const auto* list = member(table, "groups");
        if (!list || !list->is_array())
            return fault(pointer, fmt::format("`{}` has no groups", package.name));
        const auto groups = names_member(table, "groups");
        package.groups = {groups.begin(), groups.end()};
        const auto* markers = member(table, "markers");
        if (!markers) return;
        const auto add = [&](const std::string& group, const std::string& text,
                             const std::string& place) {
            auto marker = packaging::Marker::parse(text);
            if (!marker) return fault(place, marker.error().message);
            package.markers.emplace(group, *std::move(marker));
        };
        if (markers->is_string()) {
            for (const auto& group : groups)
                add(group, markers->get_ref<const std::string&>(), pointer + "/markers");
            return;
        }
        if (!markers->is_object())
            return fault(pointer + "/markers", "markers must be a text or a table of texts");
        for (const auto& [group, text] : markers->items()) {
            const auto place = toml::pointer_to(pointer + "/markers", group);
            if (text.is_string())
                add(packaging::normalize_name(group), text.get_ref<const std::string&>(), place);
            else
                fault(place, "a marker must be a text");
        }
    }

    void read_dependencies(const Json& table, const std::string& pointer, PoetryPackage& package) {
        const auto* dependencies = member(table, "dependencies");
        if (!dependencies) return;
        if (!dependencies->is_object())
            return fault(pointer + "/dependencies", "dependencies must be a table");
        for (const auto& [name, value] : dependencies->items()) {
            auto read = read_poetry_dependencies(name, value);
            if (!read) {
                fault(toml::pointer_to(pointer + "/dependencies", name), read.error().message);
                continue;
            }
            for (auto& each : *read) package.dependencies.push_back(std::move(each));
        }
    }

    static void read_extras(const Json& table, PoetryPackage& package) {
        const auto* extras = member(table, "extras");
        if (!extras || !extras->is_object()) return;
        for (const auto& [name, list] : extras->items()) {
            auto& items = package.extras[packaging::normalize_name(name)];
            for (const auto& text : strings_member(*extras, name))
                items.push_back(extra_item(text));
        }
    }

    const Json& root_;
    PoetryLock& lock_;
    std::map<std::string, std::vector<LockedFile>> common_files_;
    std::vector<Diagnostic> diagnostics_;
};

Failure unsupported_version(const PoetryLock& lock, const std::optional<std::string>& version) {
    auto error = (version ? fail("resolve/unsupported-lock-version",
                                 "`{}` has version {} of the format, known are 1.0 to 2.1",
                                 lock.file, printable(*version, 40))
                          : fail("resolve/unsupported-lock-version",
                                 "`{}` does not say which version of the format it has", lock.file))
                     .hint("lock with Poetry 1 or 2: `poetry lock`")
                     .take();
    error.diagnostics.push_back({lock.file, lock.document.range_or_start("/metadata/lock-version"),
                                 Severity::Error, error.code, error.message, error.hint});
    return fail(std::move(error));
}

}  // namespace

bool PoetryLock::has_groups() const {
    return version >= version_of("2.1");
}

Range PoetryLock::range_of(const PoetryPackage& package) const {
    return document.range_or_start(fmt::format("/package/{}/name", package.index));
}

Result<PoetryLock> read_poetry_lock(std::string_view text, const std::string& file) {
    PoetryLock lock{.file = file,
                    .document = toml::parse(text, file),
                    .version = version_of("2.1"),
                    .python_versions = {},
                    .content_hash = {},
                    .extras = {},
                    .packages = {}};
    if (has_errors(lock.document.diagnostics))
        return lock_faults(file, lock.document.diagnostics, kLockCommand);
    const auto* written = value_at(lock.document.value, {"metadata", "lock-version"});
    // Before 1.0 there was no version, and hashes stood without names.
    const bool is_first = !written && value_at(lock.document.value, {"metadata", "hashes"});
    const auto version_text = is_first ? std::optional<std::string>("1.0")
                              : written && written->is_string()
                                  ? std::optional(written->get<std::string>())
                                  : std::nullopt;
    const auto version = version_text ? packaging::Version::from(*version_text) : std::nullopt;
    if (!version || *version < version_of("1") || *version >= version_of("3"))
        return unsupported_version(lock, version_text);
    lock.version = *version;
    const Json root = std::move(lock.document.value);
    lock.document.value = Json::object();
    auto diagnostics = Reader(root, lock).read();
    if (!diagnostics.empty()) return lock_faults(file, std::move(diagnostics), kLockCommand);
    return lock;
}

}  // namespace pycontainer::resolve::internal
