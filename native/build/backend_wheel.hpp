#pragma once

// A wheel that a project's own build backend makes, for what cannot be told from the sources
// (sources/distribution.hpp). `uv`, else `pip` of this machine runs it, which is foreign code: only
// when `[build] build_sdists` says so.
//
// It is built in a copy, under a few variables of the environment, and asks the configured indexes
// for its requirements, whose credentials it is not given. What does not fit the image is refused.

#include "base/digest.hpp"
#include "base/result.hpp"
#include "exec/context.hpp"
#include "index/index_options.hpp"
#include "packaging/target.hpp"
#include "resolve/warning.hpp"
#include "sources/tree.hpp"
#include "store/store.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace pycontainer::build {

struct BackendRequest {
    std::string package;  ///< for messages: `lib 2.0`
    const sources::Tree& tree;
    const packaging::TargetEnvironment& target;
    /// What tags of the repository say, for backends that ask it: there is no `.git` in the copy.
    std::string version;
};

struct BackendWheel {
    std::string filename;
    Digest digest;  ///< of a blob of the store
    std::uint64_t size = 0;
    std::vector<resolve::Warning> warnings;
};

/// Takes a Python of the target's version where there is one.
///
/// Errors: `build/no-frontend`, `build/backend-failed` with the end of what was printed,
/// `build/unusable-wheel`, `wheel/…`, `file/…`, `cancelled`.
Result<BackendWheel> run_backend(const exec::Context& ctx, const BackendRequest& request,
                                 const index::IndexOptions& indexes, store::Store& store);

}  // namespace pycontainer::build
