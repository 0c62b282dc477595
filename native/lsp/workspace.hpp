#pragma once

// The projects of the client's folders, whether they are open or not.

#include "base/json.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace pycontainer::lsp {

/// The folders of `initialize`: `workspaceFolders`, else `rootUri`.
std::vector<std::filesystem::path> folders_of(const Json& initialize_params);

/// Directories with a configuration of ours, down to four levels below the folders, at most two
/// hundred. Hidden directories, environments and `node_modules` are passed over.
std::vector<std::filesystem::path> find_projects(const std::vector<std::filesystem::path>& folders);

}  // namespace pycontainer::lsp
