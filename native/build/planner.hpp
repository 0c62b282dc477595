#pragma once

// From a request to a plan. Nothing is built and nothing but the base image is fetched.

#include "build/plan.hpp"
#include "build/request.hpp"
#include "build/session.hpp"

namespace pycontainer::build {

/// With `request.lock.wanted` the lock is written first. Errors: `config/invalid` with all faults
/// of the files, and those of every step.
Result<BuildPlan> make_plan(const exec::Context& ctx, const BuildRequest& request,
                            Session& session);

/// As much of it as a lock needs – platforms and indexes –, and the lock, written. Errors: as
/// above.
Result<BuildPlan> plan_lock(const exec::Context& ctx, const BuildRequest& request,
                            Session& session);

/// What wheels have to fit. The platform's base has a Python.
packaging::TargetEnvironment target_of(const PlatformPlan& platform, BuildPlan& plan);

}  // namespace pycontainer::build
