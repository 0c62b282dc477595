#pragma once

// Which packages and modules setuptools installs, and where they are: as listed, as `find` finds
// them, or by automatic discovery (setuptools' documentation, "Package Discovery").

#include "base/result.hpp"
#include "sources/setuptools_settings.hpp"
#include "sources/tree.hpp"

#include <map>
#include <string>
#include <vector>

namespace pycontainer::sources {

struct SetuptoolsPackages {
    std::map<std::string, std::string> packages;    ///< dotted names and their directories
    std::map<std::string, std::string> py_modules;  ///< dotted names and their files
};

/// Errors: `sources/file-not-found` for a flat layout with several packages, which setuptools
/// refuses, too.
Result<SetuptoolsPackages> find_setuptools_packages(const Tree& tree,
                                                    const SetuptoolsSettings& settings);

}  // namespace pycontainer::sources
