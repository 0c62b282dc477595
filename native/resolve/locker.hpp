#pragma once

// `pylock.toml` for the project, for all of its images' platforms: what `pycontainer lock` and
// `build --write-lock` write.
//
// A lock that is there is kept: nothing is looked at when it was made of the same requirements for
// the same platforms, and its versions stay where nothing speaks against them. Locks that other
// tools have written are left alone.

#include "base/result.hpp"
#include "exec/context.hpp"
#include "index/index_client.hpp"
#include "packaging/target.hpp"
#include "resolve/dependencies.hpp"
#include "resolve/pylock.hpp"
#include "resolve/warning.hpp"
#include "store/store.hpp"

#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace pycontainer::resolve {

/// Which versions of the lock that is there may change without need.
struct Upgrade {
    bool everything = false;
    std::set<std::string> names;  ///< normalized
};

struct LockTarget {
    packaging::TargetEnvironment target;
    std::unique_ptr<index::IndexClient> client;  ///< the indexes for this target
};

/// A package whose versions are others than before; an empty list: it was not there, or is gone.
struct VersionChange {
    std::string name;
    std::set<std::string> before, after;
};

struct NewLock {
    std::filesystem::path file;
    std::string text;
    bool is_unchanged = false;  ///< the file has this text already
    std::size_t packages = 0;
    std::vector<VersionChange> changes;
    std::vector<Warning> warnings;
};

/// Where the project's lock belongs: the named one, one of ours that is there, else `pylock.toml`.
///
/// Errors: `resolve/foreign-lock` (another tool locks the project), `resolve/no-lock` (several are
/// there, and none is named), `resolve/invalid-lock`.
Result<std::filesystem::path> lock_to_write(const DependencyRequest& request);

/// The lock that `file` should hold; writes nothing. The request's target does not count.
///
/// Errors: those of `read_question`, `find_or_solve` and `read_pylock`.
Result<NewLock> make_lock(const exec::Context& ctx, const DependencyRequest& request,
                          const std::filesystem::path& file, std::vector<LockTarget>& targets,
                          const Upgrade& upgrade, store::Store& store);

/// Whether a lock of ours was made from something else than what the project asks for now; false
/// where that cannot be told.
bool is_outdated(const Pylock& lock, const DependencyRequest& request,
                 const Environment& environment, const index::IndexClient& configured);

}  // namespace pycontainer::resolve
