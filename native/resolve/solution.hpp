#pragma once

// The versions for a project without a lock: resolved once, then remembered as a `pylock.toml` in
// the store for as long as the same is asked of the same indexes for the same target.

#include "base/digest.hpp"
#include "base/result.hpp"
#include "exec/context.hpp"
#include "index/index_client.hpp"
#include "resolve/warning.hpp"
#include "solve/pylock_text.hpp"
#include "solve/solve.hpp"
#include "store/store.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace pycontainer::resolve {

/// Everything that decides the versions, but not the time: requirements with their sources, target
/// and indexes, without credentials. Preferences are left out.
Digest digest_of(const solve::Problem& problem, const index::IndexOptions& indexes);

struct KeptSolution {
    std::string pylock;  ///< for this target only; paths are relative to the project's directory
    std::vector<Warning> warnings;
    bool is_remembered = false;
};

/// Errors: those of `solve::solve` and `solve::to_pylock`.
Result<KeptSolution> find_or_solve(const exec::Context& ctx, const solve::Problem& problem,
                                   const std::filesystem::path& project_directory,
                                   index::IndexClient& client, store::Store& store);

}  // namespace pycontainer::resolve
