#pragma once

// A solution as `pylock.toml` (PEP 751; packaging specifications, "pylock.toml"): what keeps it for
// the next build, in the cache or in the project.

#include "base/result.hpp"
#include "packaging/target.hpp"
#include "solve/problem.hpp"

#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace pycontainer::solve {

struct SolvedTarget {
    packaging::TargetEnvironment target;
    Solution solution;
};

struct PylockOptions {
    std::filesystem::path directory;  ///< where the lock will lie: paths are relative to it
    std::string inputs{};  ///< a digest of what was asked, kept under `[tool.pycontainer]`
    /// Those that were resolved: the lock says that it has them, and installs them always.
    std::vector<std::string> extras{}, groups{};
    /// Wheels that do not fit any of the targets, and source distributions, are listed too, so that
    /// other tools and platforms find theirs.
    bool with_all_files = false;
};

/// One lock for all targets: packages that not all of them have get a marker. No address has user
/// information. Errors: `resolve/missing-hash` for a package without a file that has a hash and an
/// address without a query.
Result<std::string> to_pylock(std::span<const SolvedTarget> targets, const PylockOptions& options);

}  // namespace pycontainer::solve
