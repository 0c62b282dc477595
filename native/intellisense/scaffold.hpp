#pragma once

// A first pycontainer.toml, made from what was found in the project: what is detected anyway stands
// there as a comment, so that the file changes nothing until somebody wants it to.

#include "intellisense/project_view.hpp"

#include <string>

namespace pycontainer::intellisense {

std::string scaffold(const ProjectView& view);

}  // namespace pycontainer::intellisense
