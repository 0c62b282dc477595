#pragma once

// The distribution that a wheel of a source tree would hold – its metadata and every file of it –,
// told without running anything of it.
//
// What has to be run for that (extension modules, build hooks, a `setup.py` that computes) is an
// error, `sources/needs-build`, never a guess.
//
// A resolver needs the metadata alone: `read_metadata(tree)` gives name, version, requires-python,
// `requires_dist()` and the names of the extras of a directory (`Tree::read_directory`), of a
// repository or of an sdist.

#include "base/result.hpp"
#include "sources/core_metadata.hpp"
#include "sources/tree.hpp"
#include "sources/version.hpp"

#include <string>
#include <vector>

namespace pycontainer::sources {

struct Distribution {
    CoreMetadata metadata;
    /// Paths as in a wheel, sorted; METADATA, WHEEL and entry_points.txt among them, RECORD not.
    std::vector<TreeFile> files;
};

/// Everything but the readme and license files may be needed by an installation. A version that no
/// file tells is `0+unknown` (`kUnknownVersion`).
///
/// Errors: `sources/no-project`, `sources/invalid-metadata`, `sources/needs-build`.
Result<CoreMetadata> read_metadata(const Tree& tree, const VersionHints& hints = {});

/// Errors: as `read_metadata`, `sources/file-not-found` for files that the settings name.
Result<Distribution> read_distribution(const Tree& tree, const VersionHints& hints = {});

inline constexpr std::string_view kUnknownVersion = "0+unknown";

}  // namespace pycontainer::sources
