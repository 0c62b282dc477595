#pragma once

// The versions for a project without a lock: resolved once, then remembered as a `pylock.toml` in
// the store for as long as the same is asked of the same indexes for the same target.

#include "base/digest.hpp"
#include "base/result.hpp"
#include "exec/context.hpp"
#include "index/index_client.hpp"
#include "resolve/backend.hpp"
#include "resolve/wanted_requirements.hpp"
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
Digest digest_of(const Wanted& wanted, const std::filesystem::path& project_directory,
                 const index::IndexOptions& indexes);
/// What the project itself asks for, the same on every machine: neither target nor indexes. A lock
/// keeps it to tell later whether it is still right.
Digest inputs_of(const Wanted& wanted, const std::filesystem::path& project_directory);

std::vector<Warning> warnings_of(const solve::Solution& solution);

struct KeptSolution {
    std::string pylock;  ///< for this target only; paths are relative to the project's directory
    std::vector<Warning> warnings;
    bool is_remembered = false;
};

/// The versions for what is wanted, and what its sources want. Errors: those of `add_sources`,
/// `solve::solve` and `ask_backend`.
Result<solve::Solution> solve_wanted(const exec::Context& ctx, Wanted wanted,
                                     index::IndexClient& client, store::Store& store,
                                     const AskBackend& ask_backend);

/// Errors: those of `solve_wanted` and `solve::to_pylock`.
Result<KeptSolution> find_or_solve(const exec::Context& ctx, const Wanted& wanted,
                                   const std::filesystem::path& project_directory,
                                   index::IndexClient& client, store::Store& store,
                                   const AskBackend& ask_backend);

}  // namespace pycontainer::resolve
