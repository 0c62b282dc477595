#pragma once

// What is wrong, as an editor shows it while a text is written and as `check` prints it: the one
// implementation of both.
//
// Three tiers. Syntax first; the schema only for valid TOML; the meaning only for what fits the
// schema: that of the values alone in `diagnose_text`, with the project around them in
// `meaning.hpp`.

#include "base/diagnostic.hpp"
#include "intellisense/image_catalog.hpp"
#include "intellisense/project_view.hpp"
#include "intellisense/source.hpp"

#include <vector>

namespace pycontainer::intellisense {

/// What the text alone tells. Of pyproject.toml: its syntax, `[tool.pycontainer]`, and what a build
/// reads of `[project]`. Pure.
std::vector<Diagnostic> diagnose_text(const Source& source);

/// All tiers of all files of a project, by file and place. With the same texts, what
/// `diagnose_text` says is among it. `images` may be null.
std::vector<Diagnostic> diagnose_project(const ProjectView& view,
                                         const ImageCatalog* images = nullptr);

}  // namespace pycontainer::intellisense
