#pragma once

// The virtual environment and what the project itself puts into it: the path of its sources, its
// console scripts and, for one with a build system, its metadata.

#include "archive/file_entry.hpp"
#include "build/plan.hpp"

#include <vector>

namespace pycontainer::build {

/// Nothing for images without Python. Paths are relative to the root of the image.
std::vector<archive::FileEntry> project_installation(const BuildPlan& plan,
                                                     const PlatformPlan& platform);

}  // namespace pycontainer::build
