#pragma once

// The resolver: from requirements to one version of each package that is needed, for one target
// environment, by the metadata of a package index.
//
// Versions that have no wheel for the target, and none can be made of their sources, are passed
// over, and so are yanked ones unless pinned at the top, and pre-releases unless a requirement at
// the top names one or there is nothing else. The newest version that fits is taken, preferences
// first. Metadata are fetched ahead, several at a time.

#include "exec/context.hpp"
#include "index/core_metadata_client.hpp"
#include "index/index_client.hpp"
#include "solve/problem.hpp"

#include <chrono>
#include <cstddef>
#include <functional>

namespace pycontainer::solve {

/// What a source distribution says of itself, if a wheel can be made of it. Thread-safe. Errors:
/// `sources/…` if none can, which makes its version unusable; all others end the search.
using ReadSdist = std::function<Result<packaging::CoreMetadata>(const exec::Context& ctx,
                                                                const index::IndexFile& sdist)>;

struct SolveLimits {
    std::size_t steps = 200'000;
    std::chrono::seconds time{600};
};

/// Errors: `resolve/unsatisfiable` with the reasons in the message and the places of the
/// requirements in the diagnostics, `resolve/too-hard`, `resolve/invalid-requirement`,
/// `resolve/unsupported-source` (a URL that is no wheel's), `index/not-found` for names that are
/// required at the top, other `index/…`, `wheel/…`, `net/…`, `cancelled`.
Result<Solution> solve(const exec::Context& ctx, const Problem& problem, index::IndexClient& client,
                       const index::CoreMetadataClient& metadata, const ReadSdist& read_sdist = {},
                       const SolveLimits& limits = {});

}  // namespace pycontainer::solve
