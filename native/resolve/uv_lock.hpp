#pragma once

// uv.lock: what it says, and which of its packages an installation takes.
//
// The rules are those of `uv sync --frozen` (uv's crates uv-resolver/src/lock): the lock is
// believed, and only staleness is looked at elsewhere (stale_lock.hpp). Version 1 of the format,
// any revision; unknown keys are ignored, as revisions only add things.

#include "base/diagnostic.hpp"
#include "base/json.hpp"
#include "base/result.hpp"
#include "packaging/target.hpp"
#include "resolve/artifact.hpp"
#include "toml/document.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pycontainer::resolve {

/// Where a package comes from; `location` is a URL, or a path relative to the lock.
struct UvSource {
    enum class Kind { Unknown, Registry, Git, Url, Path, Directory, Editable, Virtual };
    Kind kind = Kind::Unknown;
    std::string location;

    /// A project's own sources, on this machine.
    bool is_local_project() const {
        return kind == Kind::Directory || kind == Kind::Editable || kind == Kind::Virtual;
    }
    friend bool operator==(const UvSource&, const UvSource&) = default;
};

/// An edge of the graph. Version and source are there only when the name alone is ambiguous.
struct UvDependency {
    std::string name;
    std::optional<std::string> version;
    std::optional<UvSource> source;
    std::vector<std::string> extras;
    std::string marker;
};

struct UvPackage {
    std::string name;
    std::string version;  ///< empty: a source tree with a dynamic version
    UvSource source;
    std::vector<std::string> resolution_markers;
    std::vector<Artifact> wheels;
    bool has_sdist = false;
    std::optional<Artifact> sdist{};
    std::vector<UvDependency> dependencies;
    std::map<std::string, std::vector<UvDependency>> extras;
    std::map<std::string, std::vector<UvDependency>> groups;
    Json metadata;          ///< `[package.metadata]`: what the project asked for when it was locked
    std::size_t index = 0;  ///< in the file's `[[package]]`
};

/// Extras, groups or whole projects of which only one may be installed at a time.
struct UvConflictItem {
    std::string package;
    std::string extra;
    std::string group;
};

struct UvLock {
    std::string file;  ///< what diagnostics call it
    toml::Document document;
    std::string requires_python;
    std::vector<std::string> supported_markers;
    std::vector<std::vector<UvConflictItem>> conflicts;
    std::vector<std::string> members;
    /// Of a workspace whose root is no project.
    std::vector<UvDependency> root_requirements;
    std::map<std::string, std::vector<UvDependency>> root_groups;
    std::vector<UvPackage> packages;

    /// The place of a package's name.
    Range range_of(const UvPackage& package) const;
};

/// Errors: `resolve/invalid-lock` with all faults and their places,
/// `resolve/unsupported-lock-version`.
Result<UvLock> read_uv_lock(std::string_view text, const std::string& file);

/// What of the lock is wanted.
struct UvSelection {
    std::string root = ".";  ///< the project's directory, relative to the lock's
    bool all_members = false;
    bool production = true;
    std::vector<std::string> extras;
    std::vector<std::string> groups;
    bool all_extras = false;
    bool all_groups = false;
};

/// The packages that are reached, each once, in the order of the lock: with the roots themselves,
/// without what is virtual.
///
/// Errors: `resolve/python-mismatch`, `resolve/unsupported-environment`, `resolve/no-root`,
/// `resolve/unknown-extra`, `resolve/unknown-group`, `resolve/conflicting-extras`,
/// `resolve/invalid-lock` (an edge that leads nowhere).
Result<std::vector<const UvPackage*>> select_packages(const UvLock& lock,
                                                      const UvSelection& selection,
                                                      const packaging::TargetEnvironment& target);

/// The root that `selection` means, if it is a project.
const UvPackage* find_root(const UvLock& lock, const UvSelection& selection);

}  // namespace pycontainer::resolve
