#pragma once

// A virtual environment without running Python: all that the interpreter's `site` module needs of
// one.

#include "archive/file_entry.hpp"
#include "install/entry_points.hpp"
#include "install/scheme.hpp"

#include <string>
#include <vector>

namespace pycontainer::install {

/// The base image's Python.
struct Interpreter {
    std::string path;     ///< absolute, in the image: `/usr/local/bin/python3.11`
    std::string version;  ///< in full: `3.11.2`
};

/// `pyvenv.cfg`, `bin/python` and its other names, the `lib64` link and the directories,
/// `site-packages` included.
std::vector<archive::FileEntry> venv_skeleton(const Scheme& scheme, const Interpreter& interpreter,
                                              std::int64_t mtime = kInstallTime);

}  // namespace pycontainer::install
