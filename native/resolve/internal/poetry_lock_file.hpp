#pragma once

// poetry.lock as it is written, formats 1.0 to 2.1 and what later ones of 2 add nothing to.

#include "base/diagnostic.hpp"
#include "base/result.hpp"
#include "packaging/version.hpp"
#include "resolve/internal/lock_parts.hpp"
#include "resolve/internal/poetry_dependency.hpp"
#include "resolve/poetry_constraint.hpp"
#include "toml/document.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace pycontainer::resolve::internal {

/// One requirement of an extra of a package: only names are needed.
struct PoetryExtraItem {
    std::string name;                 ///< normalized
    std::vector<std::string> extras;  ///< normalized
};

struct PoetryPackage {
    std::string name;  ///< normalized
    std::string version;
    packaging::Version parsed_version;
    PoetryConstraint python_versions;
    LockEntry::Kind kind = LockEntry::Kind::Index;
    std::string source_url;
    std::string source_reference;
    std::string resolved_reference;  ///< the commit of a repository
    std::string subdirectory;
    std::vector<LockedFile> files;
    std::set<std::string> groups;  ///< format 2.1, normalized
    /// Format 2.1: by group. A group without one is unconditional.
    std::map<std::string, packaging::Marker> markers;
    std::vector<PoetryDependency> dependencies;  ///< before format 2.1
    std::map<std::string, std::vector<PoetryExtraItem>> extras;
    std::size_t index = 0;  ///< in the file's `[[package]]`
};

struct PoetryLock {
    std::string file;  ///< what diagnostics call it
    toml::Document document;
    packaging::Version version;
    PoetryConstraint python_versions;
    std::string content_hash;
    std::set<std::string> extras;  ///< of the project, normalized
    std::vector<PoetryPackage> packages;

    /// Packages say in which groups they are.
    bool has_groups() const;
    /// The place of a package's name.
    Range range_of(const PoetryPackage& package) const;
};

/// Errors: `resolve/invalid-lock` with all faults and their places,
/// `resolve/unsupported-lock-version`.
Result<PoetryLock> read_poetry_lock(std::string_view text, const std::string& file);

}  // namespace pycontainer::resolve::internal
