#pragma once

// MANIFEST.in: which files setuptools takes into an sdist, and so which are package data with
// `include_package_data` (setuptools' documentation, "Controlling files in the distribution").

#include "sources/tree.hpp"

#include <set>
#include <string>
#include <string_view>

namespace pycontainer::sources {

/// Does what the lines say to `files`, in their order; lines that are no command are left out.
void apply_manifest(std::string_view text, const Tree& tree, std::set<std::string>& files);

}  // namespace pycontainer::sources
