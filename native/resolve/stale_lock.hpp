#pragma once

// Whether uv.lock was made from the dependencies that pyproject.toml has now.

#include "base/json.hpp"

#include <optional>
#include <string>

namespace pycontainer::resolve {

/// What differs between `[project.dependencies]` and the `requires-dist` of the lock's root, for
/// people; nothing when they agree or one of them is unknown. Names, extras and versions are
/// compared, markers are not: uv rewrites them.
std::optional<std::string> find_staleness(const Json& pyproject, const Json& lock_metadata);

}  // namespace pycontainer::resolve
