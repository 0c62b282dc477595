#include "base/strings.hpp"
#include "packaging/names.hpp"
#include "packaging/version.hpp"
#include "resolve/internal/pdm_lock_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

namespace pycontainer::resolve::internal {
namespace {

constexpr std::string_view kLockCommand = "pdm lock";
constexpr std::array<std::string_view, 4> kRepositoryKeys = {"git", "hg", "svn", "bzr"};

packaging::Version version_of(std::string_view text) {
    return *packaging::Version::from(text);
}

bool is_archive(std::string_view path) {
    return path.ends_with(".whl") || path.ends_with(".gz") || path.ends_with(".zip") ||
           path.ends_with(".bz2") || path.ends_with(".tgz");
}

bool is_repository_url(std::string_view url) {
    return std::any_of(kRepositoryKeys.begin(), kRepositoryKeys.end(), [&](std::string_view key) {
        return url.starts_with(std::string(key) + "+");
    });
}

/// Turns the parsed file into the structures, noting every fault with its place.
class Reader {
public:
    Reader(const Json& root, PdmLock& lock) : root_(root), lock_(lock) {}

    std::vector<Diagnostic> read() {
        if (const auto* metadata = member(root_, "metadata")) read_metadata(*metadata);
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

    void read_metadata(const Json& metadata) {
        lock_.content_hash = string_member(metadata, "content_hash").value_or("");
        lock_.has_lock_inputs = member(metadata, "lock_inputs") != nullptr;
        read_strategy(metadata);
        if (member(metadata, "groups")) {
            const auto groups = names_member(metadata, "groups");
            lock_.groups.emplace(groups.begin(), groups.end());
        }
        if (const auto* targets = member(metadata, "targets"); targets && targets->is_array())
            for (std::size_t i = 0; i < targets->size(); ++i)
                read_target((*targets)[i], fmt::format("/metadata/targets/{}", i));
        if (const auto* files = member(metadata, "files")) read_common_files(*files);
    }

    /// pdmlock.py, `strategy`: a list, or booleans before it, and something for neither.
    void read_strategy(const Json& metadata) {
        const auto flags = strings_member(metadata, "strategy");
        const auto has = [&](std::string_view flag) {
            return std::find(flags.begin(), flags.end(), flag) != flags.end();
        };
        lock_.inherits_metadata = has("inherit_metadata");
        lock_.is_cross_platform = (has("cross_platform") || !member(metadata, "strategy")) &&
                                  bool_member(metadata, "cross_platform").value_or(true);
    }

    void read_target(const Json& table, const std::string& pointer) {
        PdmTarget target{.requires_python = string_member(table, "requires_python").value_or(""),
                         .pythons = {},
                         .platform = string_member(table, "platform").value_or(""),
                         .implementation = string_member(table, "implementation").value_or(""),
                         .gil_disabled = bool_member(table, "gil_disabled")};
        const auto alternatives = replace_all(target.requires_python, "||", "|");
        for (const auto part : split(alternatives, '|')) {
            // PDM writes `*` for "any".
            auto specifiers = packaging::SpecifierSet::parse(trim(part) == "*" ? "" : trim(part));
            if (!specifiers)
                return fault(pointer, fmt::format("`{}` says no versions of Python",
                                                  printable(target.requires_python, 60)));
            target.pythons.push_back(*std::move(specifiers));
        }
        lock_.targets.push_back(std::move(target));
    }

    /// Before format 4.4: the files of `name version`, or of `name[extra] version`.
    void read_common_files(const Json& files) {
        if (!files.is_object()) return fault("/metadata/files", "`files` must be a table");
        for (const auto& [key, list] : files.items()) {
            std::vector<std::string> faults;
            common_files_[key] = read_files(list, key, faults);
            for (auto& each : faults)
                fault(toml::pointer_to("/metadata/files", key), std::move(each));
        }
    }

    void read_package(const Json& table, std::size_t index) {
        const auto pointer = fmt::format("/package/{}", index);
        const auto name = string_member(table, "name");
        if (!name || !packaging::is_valid_name(*name))
            return fault(pointer, "the package has no name");
        PdmPackage package{.name = packaging::normalize_name(*name),
                           .extras = names_member(table, "extras"),
                           .version = string_member(table, "version").value_or(""),
                           .requires_python = {},
                           .groups = {},
                           .marker = {},
                           .dependencies = {},
                           .location = {},
                           .files = {},
                           .index = index};
        std::sort(package.extras.begin(), package.extras.end());
        // What cannot be read keeps nobody out, as with installers.
        if (auto python = packaging::SpecifierSet::parse(
                string_member(table, "requires_python").value_or("")))
            package.requires_python = *std::move(python);
        const auto groups = names_member(table, "groups");
        package.groups = {groups.begin(), groups.end()};
        if (const auto text = string_member(table, "marker")) {
            auto marker = packaging::Marker::parse(*text);
            if (marker)
                package.marker = *std::move(marker);
            else
                fault(pointer + "/marker", marker.error().message);
        }
        read_source(table, package);
        if (package.kind == LockEntry::Kind::Index && !packaging::Version::from(package.version))
            return fault(pointer + "/version",
                         fmt::format("`{}` is not a version, of `{}`",
                                     printable(package.version, 60), package.name));
        read_package_files(table, pointer, *name, package);
        if (!lock_.inherits_metadata) read_dependencies(table, pointer, package);
        lock_.packages.push_back(std::move(package));
    }

    static void read_source(const Json& table, PdmPackage& package) {
        using Kind = LockEntry::Kind;
        for (const auto key : kRepositoryKeys)
            if (auto url = string_member(table, key)) {
                package.kind = Kind::Repository;
                package.location = *std::move(url);
                if (key != "git") package.location.insert(0, std::string(key) + "+");
                package.commit = string_member(table, "revision").value_or("");
                package.requested_revision = string_member(table, "ref").value_or("");
                package.subdirectory = string_member(table, "subdirectory").value_or("");
                return;
            }
        if (auto path = string_member(table, "path")) {
            package.kind = is_archive(*path) ? Kind::File : Kind::Directory;
            package.location = *std::move(path);
        } else if (auto url = string_member(table, "url")) {
            package.kind = is_repository_url(*url) ? Kind::Repository : Kind::Url;
            package.location = *std::move(url);
        }
        // A project inside of what is named.
        if (const auto subdirectory = string_member(table, "subdirectory");
            subdirectory && package.kind == Kind::Directory)
            package.location += "/" + *subdirectory;
    }

    void read_package_files(const Json& table, const std::string& pointer, const std::string& name,
                            PdmPackage& package) {
        if (const auto* list = member(table, "files")) {
            std::vector<std::string> faults;
            package.files = read_files(*list, package.name, faults);
            for (auto& each : faults) fault(pointer + "/files", std::move(each));
            return;
        }
        for (const auto& key : {name, package.name})
            if (const auto found = common_files_.find(key + " " + package.version);
                found != common_files_.end()) {
                package.files = found->second;
                return;
            }
    }

    void read_dependencies(const Json& table, const std::string& pointer, PdmPackage& package) {
        const auto lines = strings_member(table, "dependencies");
        for (std::size_t i = 0; i < lines.size(); ++i) {
            auto requirement = read_pdm_requirement(lines[i]);
            if (requirement)
                package.dependencies.push_back(*std::move(requirement));
            else
                fault(fmt::format("{}/dependencies/{}", pointer, i), requirement.error().message);
        }
    }

    const Json& root_;
    PdmLock& lock_;
    std::map<std::string, std::vector<LockedFile>> common_files_;
    std::vector<Diagnostic> diagnostics_;
};

Failure unsupported_version(const PdmLock& lock, const std::optional<std::string>& version) {
    auto error = (version ? fail("resolve/unsupported-lock-version",
                                 "`{}` has version {} of the format, known are 4.0 to 4.5",
                                 lock.file, printable(*version, 40))
                          : fail("resolve/unsupported-lock-version",
                                 "`{}` does not say which version of the format it has", lock.file))
                     .hint("lock with PDM 2: `{}`", kLockCommand)
                     .take();
    error.diagnostics.push_back({lock.file, lock.document.range_or_start("/metadata/lock_version"),
                                 Severity::Error, error.code, error.message, error.hint});
    return fail(std::move(error));
}

}  // namespace

Range PdmLock::range_of(const PdmPackage& package) const {
    return document.range_or_start(fmt::format("/package/{}/name", package.index));
}

Result<PdmRequirement> read_pdm_requirement(std::string_view line) {
    PdmRequirement result;
    result.text = line;
    auto text = trim(line);
    const bool is_editable = text.starts_with("-e ");
    if (is_editable) text = trim(text.substr(3));
    const auto egg = text.find("#egg=");
    if (is_editable || egg != std::string_view::npos) {
        result.location = text.substr(0, egg);
        if (egg == std::string_view::npos) return result;
        auto name = text.substr(egg + 5);
        name = name.substr(0, name.find_first_of("&["));
        result.name = packaging::normalize_name(name);
        return result;
    }
    if (text.starts_with('.') || text.starts_with('/') || text.starts_with("file:")) {
        result.location = text;
        return result;
    }
    auto requirement = packaging::Requirement::parse(text);
    if (!requirement)
        return fail("resolve/invalid-dependency", "the dependency `{}` cannot be read: {}",
                    printable(line, 80), requirement.error().message)
            .hint("{}", requirement.error().hint);
    result.name = requirement->normalized_name();
    result.extras = requirement->normalized_extras();
    result.specifiers = std::move(requirement->specifiers);
    result.marker = std::move(requirement->marker);
    result.location = std::move(requirement->url);
    return result;
}

Result<PdmLock> read_pdm_lock(std::string_view text, const std::string& file) {
    PdmLock lock{.file = file,
                 .document = toml::parse(text, file),
                 .groups = {},
                 .targets = {},
                 .content_hash = {},
                 .packages = {}};
    if (has_errors(lock.document.diagnostics))
        return lock_faults(file, lock.document.diagnostics, kLockCommand);
    const auto* written = value_at(lock.document.value, {"metadata", "lock_version"});
    const auto version_text =
        written && written->is_string() ? std::optional(written->get<std::string>()) : std::nullopt;
    const auto version = version_text ? packaging::Version::from(*version_text) : std::nullopt;
    // The first part is for what breaks older readers' understanding, the second for what they
    // would miss.
    if (!version || *version < version_of("4") || *version >= version_of("4.6"))
        return unsupported_version(lock, version_text);
    const Json root = std::move(lock.document.value);
    lock.document.value = Json::object();
    auto diagnostics = Reader(root, lock).read();
    if (!diagnostics.empty()) return lock_faults(file, std::move(diagnostics), kLockCommand);
    return lock;
}

}  // namespace pycontainer::resolve::internal
