#pragma once

// Everything that will be in the image, and why: what `plan` shows and `build` carries out.

#include "build/assembly.hpp"
#include "build/base_image.hpp"
#include "config/load.hpp"
#include "index/index_access.hpp"
#include "install/scheme.hpp"
#include "project/detect.hpp"
#include "project/source_tree.hpp"
#include "project/vcs.hpp"
#include "resolve/dependencies.hpp"
#include "resolve/locker.hpp"
#include "sources/distribution.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace pycontainer::build {

/// The image of one platform.
struct PlatformPlan {
    oci::Platform platform;
    BaseImage base;
    resolve::Dependencies dependencies;  ///< empty with `include_deps = false`
    ImageSettings settings;
    /// What wheels have to fit; nothing when no dependencies are chosen.
    std::optional<packaging::TargetEnvironment> target{};

    /// Where dependencies are installed; nothing for images without Python.
    std::optional<install::Scheme> scheme() const;
};

/// A workspace member or path dependency: a project of this machine that is installed like a wheel.
struct LocalDistribution {
    std::filesystem::path directory;
    project::SourceTree scanned;  ///< of `sources::Tree::scan_of(directory)`
    /// Nothing: its build backend has to be run, which `build_sdists` allows.
    std::optional<sources::Distribution> distribution;
};

struct BuildPlan {
    std::filesystem::path project_directory;  ///< of the project that the image is of
    config::BuildConfig config;
    std::vector<std::filesystem::path> inputs;  ///< files that were read or looked for
    std::vector<Json> warnings;  ///< {code, message, hint?}, each once, in the order they came up
    std::optional<project::VcsFacts> vcs;
    project::SourceTree sources;
    project::ProjectFacts facts;
    std::string base_evidence;
    std::vector<project::Fact<std::string>>
        indexes;  ///< in the order in which they are asked; empty without dependencies
    std::optional<project::Fact<std::string>> requires_python;
    std::optional<project::PythonConstraint>
        locked_python;  ///< what the lock says, for a project that says nothing
    std::optional<project::DistInfo>
        dist_info;  ///< of a project with a build system, which is an installed distribution too
    /// The project itself, if its wheel is something else than its files on the path.
    std::optional<sources::Distribution> own_distribution;
    /// Its wheel is made by its build backend, which `build_sdists` allows.
    bool has_own_backend_wheel = false;
    std::map<std::string, LocalDistribution> local_distributions;  ///< by name
    std::optional<resolve::NewLock> written_lock;  ///< if the request is to write one
    std::vector<PlatformPlan> platforms;  ///< in the order of the configuration; at least one
    std::vector<oci::Reference> tags;
    std::filesystem::path output;  ///< empty: no layout is written
    std::int64_t source_date_epoch = 0;

    /// All directories that files of the image were scanned from, each once.
    struct Scan {
        project::ScanRequest request;
        const project::SourceTree* tree;
    };
    std::vector<Scan> scans() const;

    void warn(const std::string& code, const std::string& message, const std::string& hint);
};

/// Each place that is asked for packages, without user information: who configured it, and where
/// its credentials are from.
std::vector<project::Fact<std::string>> describe_indexes(index::IndexAccess& indexes);

/// What `plan --json` prints.
Json to_json(const BuildPlan& plan);

}  // namespace pycontainer::build
