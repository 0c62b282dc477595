#pragma once

// License files of a distribution (PEP 639): which they are, and where a wheel has them.

#include "sources/core_metadata.hpp"
#include "sources/tree.hpp"

#include <string>
#include <vector>

namespace pycontainer::sources {

/// Paths of the files that the patterns name, sorted, each once.
std::vector<std::string> find_license_files(const Tree& tree,
                                            const std::vector<std::string>& patterns);

/// `<name>-<version>.dist-info/licenses/<path>` for each of `metadata.license_files`.
std::vector<TreeFile> license_entries(const Tree& tree, const CoreMetadata& metadata);

}  // namespace pycontainer::sources
