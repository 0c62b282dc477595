#pragma once

// Several projects in one tree: uv's workspaces (`[tool.uv.workspace]`), and projects that the one
// at the top depends on by their paths, as Poetry, PDM and uv have it. Which of them is built is
// said by its name.

#include "base/json.hpp"
#include "base/result.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pycontainer::project {

struct WorkspaceMember {
    std::string name;                 ///< as its `pyproject.toml` writes it
    std::filesystem::path directory;  ///< absolute
};

/// The directory of the uv workspace that the project belongs to, as uv finds it: the project's own
/// if its `pyproject.toml` declares one, else that of the nearest `pyproject.toml` above, if the
/// project is among its members. Nothing for a project that stands alone. The files that were
/// looked for are added to `looked_at`.
std::optional<std::filesystem::path> find_workspace(
    const std::filesystem::path& project_directory, const Json& pyproject,
    std::vector<std::filesystem::path>* looked_at = nullptr);

/// The projects that can be named from `directory`, sorted by name: those of the uv workspace, its
/// root included; without one the path dependencies of the project.
std::vector<WorkspaceMember> list_members(const std::filesystem::path& directory,
                                          const Json& pyproject);

/// The directory of the member called `name` in any spelling.
///
/// Errors: `project/no-workspace`, `project/unknown-member` with those that there are,
/// `project/invalid-member` for a directory of the workspace that is no project.
Result<std::filesystem::path> find_member(const std::filesystem::path& directory,
                                          const Json& pyproject, std::string_view name);

}  // namespace pycontainer::project
