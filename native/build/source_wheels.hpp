#pragma once

// Wheels of what has none: the project's own distributions – workspace members, path dependencies
// –, repositories and source distributions. They are made of the sources without running anything
// (sources/distribution.hpp), or by the machine's uv or pip where that is allowed and needed
// (backend_wheel.hpp), and from then on are wheels like others, in layers of their own.

#include "build/plan.hpp"
#include "build/session.hpp"
#include "resolve/warning.hpp"
#include "resolve/wheel_choice.hpp"

#include <vector>

namespace pycontainer::build {

/// Reads the local projects that the platforms need into `plan.local_distributions`, and the
/// project itself into `plan.own_distribution` if its wheel is something else than its files on the
/// path. Errors: those of sources/distribution.hpp, naming the project; `file/…`, `cancelled`.
Result<void> plan_local_distributions(const exec::Context& ctx, BuildPlan& plan);

struct SourceWheels {
    std::vector<resolve::SelectedWheel> wheels;  ///< blobs of the store
    std::vector<resolve::Warning> warnings;
};

/// Fetches and makes what the platform needs. Errors: as above, those of install/wheel_fetch.hpp
/// and of sources/repository.hpp and backend_wheel.hpp, `build/wrong-sources` when a name or
/// version is not the locked one.
Result<SourceWheels> make_source_wheels(const exec::Context& ctx, const BuildPlan& plan,
                                        const PlatformPlan& platform, Session& session);

}  // namespace pycontainer::build
