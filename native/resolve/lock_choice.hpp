#pragma once

// Which file says what is installed.

#include "base/environment.hpp"
#include "base/json.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace pycontainer::resolve {

struct LockChoice {
    std::string kind =
        "none";  ///< "uv.lock", "requirements.txt", "uv" (made by uv for this build) or "none"
    std::filesystem::path file;  ///< empty for "uv" and "none"
    std::string reason;          ///< for people: why this one
    /// Everything the choice and the content depend on: files that were looked for, too, whether
    /// they exist or not.
    std::vector<std::filesystem::path> files;
};

/// A look at the directory, without network: `uv.lock` (where the project's uv workspace starts,
/// else beside it), then `requirements.txt`; `[tool.uv]` and `[tool.poetry]` do not change that
/// yet, as the others' locks cannot be read.
LockChoice choose_lock(const std::filesystem::path& project_directory, const Json& pyproject);

/// Files of other tools that lock this project but cannot be read yet, such as `poetry.lock`.
std::vector<std::string> unread_locks(const std::filesystem::path& project_directory);

/// The project declares dependencies, in any of the ways that are known; also when a build backend
/// computes them.
bool declares_dependencies(const Json& pyproject);

}  // namespace pycontainer::resolve
