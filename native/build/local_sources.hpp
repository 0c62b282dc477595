#pragma once

// The sources of workspace members and path dependencies: what of them goes into the image, and
// where it is importable from there.

#include "base/result.hpp"
#include "exec/context.hpp"
#include "project/source_tree.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace pycontainer::build {

struct LocalSources {
    std::string name;  ///< normalized
    std::filesystem::path directory;
    std::string location;  ///< the directory in the image, absolute
    /// Those of a project that lies inside the one that is built are among its sources already:
    /// these have no files.
    project::SourceTree tree;
    std::vector<std::string> import_roots;  ///< absolute, in the image
};

/// What is scanned of a local project outside the one that is built.
project::ScanRequest scan_of(const std::filesystem::path& directory);

/// `working_directory` is where the sources of the project in `project_directory` are in the image.
/// Errors: those of `project::scan_sources`.
Result<LocalSources> find_local_sources(const exec::Context& ctx, const std::string& name,
                                        const std::filesystem::path& directory,
                                        const std::filesystem::path& project_directory,
                                        const std::string& working_directory);

}  // namespace pycontainer::build
