#pragma once

// From a request to a plan. Nothing is built and nothing but the base image is fetched.

#include "build/plan.hpp"
#include "build/request.hpp"
#include "build/session.hpp"

namespace pycontainer::build {

/// Errors: `config/invalid` with all faults of the files, and those of every step.
Result<BuildPlan> make_plan(const exec::Context& ctx, const BuildRequest& request,
                            Session& session);

}  // namespace pycontainer::build
