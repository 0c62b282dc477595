#pragma once

// The project's `pylock.toml`, made for the platforms of a plan and written as the request has it.

#include "build/plan.hpp"
#include "build/request.hpp"
#include "build/session.hpp"
#include "resolve/dependencies.hpp"

namespace pycontainer::build {

/// The request that the planner makes of the project; its target does not count. Appears at once or
/// not at all, and only if the text is another one. The plan is told of warnings and of the lock.
///
/// Errors: those of resolve/locker.hpp; `resolve/stale-lock` when it is only checked and not right;
/// `file/…`.
Result<void> write_lock(const exec::Context& ctx, const BuildRequest& request,
                        const resolve::DependencyRequest& dependencies, BuildPlan& plan,
                        Session& session);

}  // namespace pycontainer::build
