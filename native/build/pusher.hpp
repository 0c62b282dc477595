#pragma once

// `pycontainer push`: a layout that was built before, to registries.

#include "base/json.hpp"
#include "build/request.hpp"
#include "exec/context.hpp"

namespace pycontainer::build {

/// The answer: digest, references, counts of blobs and bytes, timings. Errors: `layout/…`,
/// `usage/no-registry`, `registry/…`.
Result<Json> push_layout(const exec::Context& ctx, const PushRequest& request);

}  // namespace pycontainer::build
