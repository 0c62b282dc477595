#pragma once

// What a project without a lock asks for, from wherever it says so: the resolver's question.

#include "base/environment.hpp"
#include "base/json.hpp"
#include "base/result.hpp"
#include "packaging/target.hpp"
#include "resolve/requirements_file.hpp"
#include "resolve/wanted_sources.hpp"
#include "solve/problem.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace pycontainer::resolve {

struct WantedRequest {
    std::filesystem::path project_directory;
    const Json* pyproject = nullptr;  ///< never null; an empty object if there is none
    std::vector<std::string> groups;
    std::vector<std::string> extras;
    packaging::TargetEnvironment target;
};

struct Wanted {
    solve::Problem problem;
    /// What the problem needs besides: they are read by `add_sources`.
    std::vector<WantedSource> sources{};
    /// Files besides `pyproject.toml` that had a say: of local projects.
    std::vector<std::filesystem::path> files;
};

/// `[project] dependencies` and the request's extras and groups; instead of these the tables of
/// Poetry or PDM where the project uses them, else the Pipfile. uv's constraints, overrides and
/// sources on this machine count.
///
/// Errors: `resolve/unknown-extra`, `resolve/unknown-group`, `resolve/invalid-dependency`,
/// `resolve/unsupported-source`, those of `packaging/…`; faults are in the diagnostics with their
/// places.
Result<Wanted> wanted_requirements(const WantedRequest& request);

/// The lines of a requirements file that does not pin everything. Errors:
/// `resolve/invalid-requirements`, `resolve/unsupported-source`.
Result<Wanted> wanted_of_file(const RequirementsFile& file, const WantedRequest& request);

/// There is something to resolve: a Pipfile with packages counts, too.
bool wants_something(const WantedRequest& request);

}  // namespace pycontainer::resolve
