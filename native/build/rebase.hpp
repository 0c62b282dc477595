#pragma once

// `pycontainer rebase`: an image on another base, without building it again.

#include "base/json.hpp"
#include "build/request.hpp"
#include "exec/context.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace pycontainer::build {

struct RebaseRequest {
    /// `ghcr.io/acme/api:1`, a layout's directory or an archive's file, with or without prefix.
    std::string image;
    /// Nothing: what the name of its base stands for by now.
    std::optional<std::string> base_image{};
    /// What it was built on, where its annotations do not tell or it is no longer there.
    std::optional<std::string> old_base{};
    /// Nothing: the image's own. A tag alone is one of the image's repository.
    std::vector<std::string> tags{};
    /// The layout that is written of an image of this machine; nothing: its own place.
    std::optional<std::filesystem::path> output{};
    bool dry_run = false;  ///< nothing is written or pushed
    std::optional<std::filesystem::path> cache_directory{};
    Access access{};
};

/// The layers of the new base in the place of the old one's, for every platform of the image, and
/// the configuration merged anew. Python's minor version and place, the C library and its version
/// and the architecture have to fit; then the digest is that of a build on the new base, if
/// nothing else differs. Layers that the target has or can mount do not move.
///
/// Errors: `rebase/unknown-base`, `rebase/not-on-base`, `rebase/incompatible`, `usage/…`, those of
/// base images and of pushing.
Result<Json> rebase_image(const exec::Context& ctx, const RebaseRequest& request);

}  // namespace pycontainer::build
