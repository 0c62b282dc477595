#pragma once

// What `pyproject.toml` asks for, as PDM reads it (PDM's project/core.py and
// project/project_file.py).

#include "base/json.hpp"
#include "base/result.hpp"
#include "resolve/internal/pdm_lock_file.hpp"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace pycontainer::resolve::internal {

struct PdmProject {
    bool is_declared = false;  ///< there is a `[project]`, or groups
    std::string requires_python;
    /// By group, normalized, with what they include; `default` is the project's own.
    std::map<std::string, std::vector<PdmRequirement>> groups;
    std::set<std::string> extras;    ///< the groups that are optional dependencies
    std::set<std::string> excludes;  ///< names that are never installed
    /// By name, what counts in place of all requirements.
    std::map<std::string, PdmRequirement> overrides;
};

/// Errors: `resolve/invalid-dependency`.
Result<PdmProject> read_pdm_project(const Json& pyproject);

/// The texts that versions of PDM hash, the newest first.
std::vector<std::string> pdm_content_hashes(const Json& pyproject);

}  // namespace pycontainer::resolve::internal
