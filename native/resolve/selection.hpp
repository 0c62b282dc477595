#pragma once

// What a lock says is to be installed in one environment: the one result that every lock reader
// has.

#include "base/diagnostic.hpp"
#include "base/environment.hpp"
#include "base/json.hpp"
#include "packaging/target.hpp"
#include "resolve/artifact.hpp"
#include "resolve/warning.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace pycontainer::resolve {

/// `--hash=sha256:…`, in lower case.
struct RequirementHash {
    std::string algorithm;
    std::string hex;
    friend bool operator==(const RequirementHash&, const RequirementHash&) = default;
};

/// One package of one version whose files are not named by address: an index knows them.
struct Pin {
    std::string name;           ///< normalized
    std::string version;        ///< as written; that of the file for a wheel at a URL or path
    bool is_arbitrary = false;  ///< `===`: the text must be the same
    std::vector<RequirementHash> hashes;  ///< any of them will do; empty: not checked
    std::optional<Artifact> direct;  ///< a wheel named by URL or path, for which no index is asked
    std::string index_url;  ///< the index that the lock names for it; empty: the configured ones
    std::string file;
    Range range;
};

/// What is wanted of a lock.
struct SelectionRequest {
    const Json* pyproject = nullptr;  ///< never null; an empty object if there is none
    std::filesystem::path directory;  ///< the lock's own; paths in it are relative to this
    std::vector<std::string> groups;  ///< besides the project's own dependencies, as configured
    std::vector<std::string> extras;
    packaging::TargetEnvironment target;
    /// For locks that name variables instead of values; null: none is set.
    const Environment* environment = nullptr;
};

/// Packages and pins have different names. The project itself is in neither.
struct Selection {
    std::vector<LockedPackage> packages;  ///< sorted by name
    std::vector<Pin> pins;                ///< sorted by name
    std::vector<SourcePackage> sources;   ///< from repositories, sorted by name
    std::vector<std::filesystem::path>
        local_projects;  ///< directories of other projects that are to be installed
    std::vector<Warning> warnings;
};

}  // namespace pycontainer::resolve
