#pragma once

// Projects on this machine that a lock names by their directory: workspace members and path
// dependencies.

#include "base/result.hpp"

#include <filesystem>
#include <string>

namespace pycontainer::resolve {

struct LocalProject {
    std::string name;  ///< normalized
    std::filesystem::path directory;
};

/// The project in `directory`, if its sources can be installed as they are: pure Python as far as
/// its `pyproject.toml` tells. Errors: `resolve/unsupported-source` for extension modules,
/// `setup.py` and directories that are no project.
Result<LocalProject> read_local_project(const std::filesystem::path& directory,
                                        const std::string& shown);

}  // namespace pycontainer::resolve
