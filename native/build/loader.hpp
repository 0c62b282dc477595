#pragma once

// `pycontainer load`: an image that was built before, to docker or podman on this machine.

#include "base/json.hpp"
#include "exec/context.hpp"

#include <filesystem>
#include <optional>
#include <string>

namespace pycontainer::build {

struct LoadRequest {
    std::filesystem::path layout;
    std::optional<std::string> platform{};  ///< nothing: the only one, or linux/amd64 of an index
    std::optional<std::string> program{};  ///< `docker` or `podman`; nothing: the one that is there
};

/// Writes an archive that both load into a temporary file and runs their `load`. Errors:
/// `load/no-runtime`, `load/failed`, `layout/…`, `base/no-platform`, `base/wrong-platform`,
/// `file/…`.
Result<Json> load_image(const exec::Context& ctx, const LoadRequest& request);

}  // namespace pycontainer::build
