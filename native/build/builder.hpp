#pragma once

// Carries a build out.

#include "base/json.hpp"
#include "build/request.hpp"
#include "exec/context.hpp"

namespace pycontainer::build {

/// The result by schemas/build-result.schema.json. Nothing half-written is left by a failure or a
/// stop.
Result<Json> build_image(const exec::Context& ctx, const BuildRequest& request);

/// Writes the lock as the request has it, and tells what has changed in it: `{format_version, lock,
/// changed, packages, changes, platforms, warnings}`.
Result<Json> lock_image(const exec::Context& ctx, const BuildRequest& request);

/// The plan, as JSON.
Result<Json> plan_image(const exec::Context& ctx, const BuildRequest& request);

}  // namespace pycontainer::build
