#pragma once

// From a request to everything that will be in the image, and why. What `plan` shows and `build`
// carries out.

#include "build/assembly.hpp"
#include "build/base_image.hpp"
#include "build/request.hpp"
#include "build/session.hpp"
#include "config/load.hpp"
#include "install/scheme.hpp"
#include "project/detect.hpp"
#include "project/source_tree.hpp"
#include "resolve/dependencies.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace pycontainer::build {

struct BuildPlan {
    std::filesystem::path project_directory;
    config::BuildConfig config;
    std::vector<std::filesystem::path> inputs;  ///< files that were read or looked for
    std::vector<Json> warnings;  ///< {code, message, hint?}, in the order they came up
    oci::Platform platform;
    project::SourceTree sources;
    project::ProjectFacts facts;
    BaseImage base;
    std::string base_evidence;
    std::optional<project::Fact<std::string>> requires_python;
    resolve::Dependencies dependencies;  ///< empty with `include_deps = false`
    std::optional<project::DistInfo>
        dist_info;  ///< of a project with a build system, which is an installed distribution too
    ImageSettings settings;
    std::vector<oci::Reference> tags;
    std::filesystem::path output;  ///< empty: no layout is written
    std::int64_t source_date_epoch = 0;

    /// Where dependencies are installed; nothing for images without Python.
    std::optional<install::Scheme> scheme() const;
};

/// Errors: `config/invalid` with all faults of the files, and those of every step.
Result<BuildPlan> make_plan(const exec::Context& ctx, const BuildRequest& request,
                            Session& session);

/// What `plan --json` prints.
Json to_json(const BuildPlan& plan);

}  // namespace pycontainer::build
