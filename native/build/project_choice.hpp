#pragma once

// Which project a request means, and its settings: the one in its directory, or the one that
// `[build] package` names there.

#include "build/request.hpp"
#include "config/load.hpp"

#include <filesystem>
#include <vector>

namespace pycontainer::build {

struct ProjectChoice {
    std::filesystem::path directory;
    config::Loaded settings;  ///< with the project's own `pyproject.toml`
};

/// Errors: those of `config::load` and `project::find_member`. When the files in the request's
/// directory have errors, the project is not looked for.
Result<ProjectChoice> choose_project(const Environment& environment, const BuildRequest& request);

}  // namespace pycontainer::build
