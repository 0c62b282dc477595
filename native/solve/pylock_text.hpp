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
    /// A digest of what was asked, kept under `[tool.pycontainer]` so that a later look at the
    /// project tells whether the lock is still right. Empty: nothing is kept.
    std::string inputs{};
};

struct PylockOptions {
    std::filesystem::path directory;  ///< where the lock will lie: paths are relative to it
    /// Those that were resolved: the lock says that it has them, and installs them always.
    std::vector<std::string> extras{}, groups{};
};

/// The environments that a lock for the target is for, as a marker: CPython of its minor version,
/// on Linux, on its machine. Markers cannot tell one C library from another.
std::string environment_marker(const packaging::TargetEnvironment& target);
/// `glibc 2.36`: what is kept besides, under `[tool.pycontainer]`.
std::string libc_text(const packaging::TargetEnvironment& target);

/// One lock for all targets: packages that not all of them have get a marker. Wheels that fit none
/// of the targets are left out. The text depends on its input alone; no address in it has user
/// information. Errors: `resolve/missing-hash` for a package without a file that has a hash and an
/// address without a query.
Result<std::string> to_pylock(std::span<const SolvedTarget> targets, const PylockOptions& options);

}  // namespace pycontainer::solve
