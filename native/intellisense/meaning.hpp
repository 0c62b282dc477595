#pragma once

// The third tier of diagnostics: what fits syntax and schema and still cannot be meant, seen with
// the project around it. The same in the editor and in `check`.

#include "base/diagnostic.hpp"
#include "intellisense/image_catalog.hpp"
#include "intellisense/project_view.hpp"

#include <vector>

namespace pycontainer::intellisense {

/// Only for projects that have settings of ours, and only where those are free of errors. Reads
/// sources, never runs them; asks no network: of images it says what `images` knows, which may be
/// null.
std::vector<Diagnostic> diagnose_meaning(const ProjectView& view,
                                         const ImageCatalog* images = nullptr);

}  // namespace pycontainer::intellisense
