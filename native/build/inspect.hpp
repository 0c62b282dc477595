#pragma once

// `pycontainer inspect`: what is in an image, wherever it is.

#include "base/json.hpp"
#include "build/request.hpp"
#include "exec/context.hpp"

#include <filesystem>
#include <optional>
#include <string>

namespace pycontainer::build {

struct InspectRequest {
    /// `ghcr.io/acme/api:1`, a directory or a file, `oci:DIR[:TAG]`, `oci-archive:FILE[:TAG]`,
    /// `docker-archive:FILE[:TAG]`.
    std::string image;
    std::string platform = "linux/amd64";
    std::optional<std::filesystem::path> cache_directory{};
    Access access{};
};

/// Digests, configuration, layers with their sizes and history, the Python in it and its packages.
/// Layers that are not in the cache are fetched into it, because packages are in them. Errors:
/// those of a base image.
Result<Json> inspect_image(const exec::Context& ctx, const InspectRequest& request);

}  // namespace pycontainer::build
