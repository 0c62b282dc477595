#pragma once

// What only a project's own build backend can say of it. Running one is for the caller to allow and
// to do; the resolver asks where the sources themselves do not tell.

#include "base/digest.hpp"
#include "exec/context.hpp"
#include "packaging/core_metadata.hpp"
#include "packaging/target.hpp"
#include "sources/tree.hpp"
#include "sources/version.hpp"

#include <functional>
#include <string>

namespace pycontainer::resolve {

/// The project of `tree`, and what its wheel can be remembered by.
struct BackendSources {
    std::string package;  ///< for messages: `lib 2.0`
    Digest content;       ///< of the archive that the tree is from, or of all its files
    std::string subdirectory;
    sources::VersionHints hints;
    const sources::Tree& tree;
    const packaging::TargetEnvironment& target;
};

/// Thread-safe; empty: no backend may be run. Its errors end the search for versions.
using AskBackend = std::function<Result<packaging::CoreMetadata>(const exec::Context& ctx,
                                                                 const BackendSources& sources)>;

}  // namespace pycontainer::resolve
