#pragma once

// Projects on this machine that a lock names by their directory: workspace members and path
// dependencies.

#include "base/result.hpp"
#include "exec/context.hpp"

#include <filesystem>
#include <string>

namespace pycontainer::resolve {

struct LocalProject {
    std::string name;  ///< normalized
    std::filesystem::path directory;
};

/// The project in `directory`. One whose build backend has to be run has to say its name in
/// `[project]`. Errors: those of `sources::read_metadata`, `file/…`, `cancelled`.
Result<LocalProject> read_local_project(const exec::Context& ctx,
                                        const std::filesystem::path& directory,
                                        const std::string& shown);

}  // namespace pycontainer::resolve
