#pragma once

// What a build backend would put into a wheel, told from its settings without running it. One file
// for each backend; `find_backend` is the way in, `distribution.hpp` what others use.

#include "base/json.hpp"
#include "base/result.hpp"
#include "sources/core_metadata.hpp"
#include "sources/tree.hpp"
#include "sources/version.hpp"

#include <string_view>
#include <vector>

namespace pycontainer::sources {

/// Borrowed by everything below it.
struct Project {
    const Tree& tree;
    const Json& pyproject;  ///< an object; empty without the file
    const VersionHints& hints;
};

struct Backend {
    std::string_view name;
    /// Everything but a version that is told by nothing in the files; license files included.
    Result<CoreMetadata> (*metadata)(const Project& project);
    /// Paths as in the wheel, without its dist-info but for files that are taken over from the
    /// sources. The metadata has its version.
    Result<std::vector<TreeFile>> (*files)(const Project& project, const CoreMetadata& metadata);
};

/// That of `[build-system]`; setuptools without one. Errors: `sources/needs-build` for one that is
/// not known here.
Result<Backend> find_backend(const Json& pyproject);

/// Why a wheel's content cannot be told without running the backend: `why` ends the sentence "the
/// wheel of … cannot be told from its sources: ".
Failure needs_build(std::string_view why);

extern const Backend kFlit;
extern const Backend kHatchling;
extern const Backend kPdm;
extern const Backend kPoetry;
extern const Backend kSetuptools;
extern const Backend kUvBuild;

}  // namespace pycontainer::sources
