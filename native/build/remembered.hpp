#pragma once

// What the last build of a project gave, and everything it depended on, so that an unchanged build
// does next to nothing: a few stat calls and one walk over the sources.

#include "build/request.hpp"
#include "exec/context.hpp"
#include "project/source_tree.hpp"
#include "store/store.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace pycontainer::build {

/// Everything besides the sources that a result depended on.
struct RememberedBuild {
    std::vector<std::filesystem::path>
        inputs;  ///< files that were read or looked for; missing ones count too
    std::filesystem::path project_directory;  ///< whose repository it is
    struct Scan {
        project::ScanRequest request;
        Digest fingerprint;  ///< `SourceTree::stat_fingerprint`
    };
    std::vector<Scan> scans;
    std::filesystem::path output;  ///< empty: none was written
    std::string vcs;  ///< revision, origin and tag as one text; empty without a repository
    bool use_vcs = true;
    std::int64_t base_checked_at = 0;  ///< 0: the base needs no look-up
    std::uint64_t base_max_age_seconds = 0;
    Json result;
};

/// What a project's result is remembered under: the request and the environment variables that have
/// a say.
Digest remembered_key(const BuildRequest& request, const Environment& environment);

/// The result of the last build, if nothing has changed since: inputs, sources, repository, base
/// look-up, output. Its layers are marked as cached.
std::optional<Json> find_unchanged(const exec::Context& ctx, const BuildRequest& request,
                                   const Digest& key, const store::Store& store,
                                   std::int64_t now_seconds);

/// Remembers a build. Does nothing when an input changed so recently that a later change might not
/// show in its times.
void remember(const exec::Context& ctx, const Digest& key, const RememberedBuild& build,
              store::Store& store);

/// Revision, origin and tag of the repository as one text.
std::string describe_vcs(const std::filesystem::path& project_directory);

}  // namespace pycontainer::build
