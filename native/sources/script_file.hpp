#pragma once

// Scripts that a wheel carries in its `.data/scripts` (binary distribution format, "Recommended
// installer features").

#include "base/result.hpp"
#include "sources/tree.hpp"

namespace pycontainer::sources {

/// `file` as `path`, with `#!python` for any first line that runs a Python, which installers
/// replace by the environment's. Errors: `file/…`.
Result<TreeFile> script_entry(const TreeFile& file, std::string path);

}  // namespace pycontainer::sources
