#pragma once

// A requirements file as a lock: exact versions, with hashes or without, whose files a package
// index knows.
//
// The file is taken to be complete, as `pip freeze`, `pip-compile` and `uv pip compile` write it:
// nothing it does not name is installed, so extras add nothing. What the wheels themselves require
// is compared after their download, elsewhere.

#include "base/result.hpp"
#include "exec/context.hpp"
#include "index/index_client.hpp"
#include "packaging/target.hpp"
#include "resolve/artifact.hpp"
#include "resolve/requirements_file.hpp"
#include "resolve/selection.hpp"
#include "resolve/warning.hpp"

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace pycontainer::resolve {

/// Evaluates markers, applies constraints and checks that everything has one exact version, and a
/// hash if any has one.
///
/// Errors, with all places in the diagnostics: `resolve/invalid-requirements`,
/// `resolve/not-pinned`, `resolve/conflicting-pins`, `resolve/missing-hash`,
/// `resolve/unsupported-source`.
Result<Selection> pin_requirements(const RequirementsFile& requirements,
                                   const std::filesystem::path& project_directory,
                                   const packaging::TargetEnvironment& target);

/// The index's files that are of the pinned version and have an allowed hash. Errors:
/// `resolve/version-not-found`, `resolve/hash-mismatch`.
Result<LockedPackage> match_files(const Pin& pin, std::span<const index::IndexFile> files,
                                  std::vector<Warning>& warnings);

/// All pins, the index's pages being fetched side by side. A pin with an index of its own is looked
/// up there and nowhere else, unless that is the default index, whose place a configured one may
/// take. Errors: as above and those of `IndexClient::files`.
Result<std::vector<LockedPackage>> find_pinned_files(const exec::Context& ctx,
                                                     const std::vector<Pin>& pins,
                                                     index::IndexClient& client,
                                                     std::vector<Warning>& warnings);

}  // namespace pycontainer::resolve
