#pragma once

// The wheels that were chosen for a project the last time, as long as its lock and the image's
// Python are the same: no lock is parsed and no index asked again.

#include "base/environment.hpp"
#include "resolve/dependencies.hpp"
#include "store/store.hpp"

#include <optional>

namespace pycontainer::build {

/// What the choice depends on besides the files of the lock.
Digest dependencies_key(const resolve::DependencyRequest& request,
                        const index::IndexOptions& indexes, const Environment& environment);

/// Nothing when a file of the lock has changed, or nothing was remembered.
std::optional<resolve::Dependencies> find_dependencies(const Digest& key,
                                                       const store::Store& store);

/// Remembers the choice, unless an address in it holds credentials. Failures to write are of no
/// consequence.
void remember_dependencies(const Digest& key, const resolve::Dependencies& dependencies,
                           store::Store& store);

}  // namespace pycontainer::build
