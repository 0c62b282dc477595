#pragma once

// What is shown between the lines: lenses with commands above the configuration, and hints behind
// values.

#include "intellisense/image_catalog.hpp"
#include "intellisense/project_view.hpp"
#include "intellisense/source.hpp"

#include <string>
#include <vector>

namespace pycontainer::intellisense {

/// A command of the editor's extension above a line. An empty command is text alone.
struct Lens {
    Range range;
    std::string title;
    std::string command;
};
/// Build, plan and push, and `last_result` of a build if there is one. Nothing without
/// configuration of ours.
std::vector<Lens> code_lenses(const Source& source, const std::string& last_result);

struct InlayHint {
    Position position;
    std::string label;
    std::string tooltip;
};
/// The base image and the entry point that were found where none is written, the digest that a tag
/// had. `view` and `images` may be null.
std::vector<InlayHint> inlay_hints(const Source& source, const ProjectView* view,
                                   const ImageCatalog* images);

}  // namespace pycontainer::intellisense
