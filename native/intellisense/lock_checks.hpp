#pragma once

// Whether the lock is one for this image: made from the dependencies that are written, for its
// platforms and Python, with wheels for them. Read as a build reads it; no index is asked, so locks
// that name no files are believed.

#include "base/diagnostic.hpp"
#include "intellisense/image_catalog.hpp"
#include "intellisense/project_view.hpp"
#include "intellisense/settings_places.hpp"

#include <vector>

namespace pycontainer::intellisense {

/// `resolve/no-lock`, `stale-lock`, `unsupported-environment`, `no-wheel`, `lock-not-found` and
/// what else is wrong in a lock. `images` may be null.
std::vector<Diagnostic> diagnose_lock(const ProjectView& view, const SettingsPlaces& places,
                                      const ImageCatalog* images);

}  // namespace pycontainer::intellisense
