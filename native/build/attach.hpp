#pragma once

// `pycontainer attach`: files that say something about an image – an SBOM, a report, a signature –
// as an artifact beside it.

#include "base/json.hpp"
#include "build/request.hpp"
#include "exec/context.hpp"

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace pycontainer::build {

struct AttachRequest {
    /// `ghcr.io/acme/api:1`, or a layout as `DIR` or `oci:DIR[:TAG]`.
    std::string image;
    std::vector<std::filesystem::path> files;
    std::string artifact_type;
    /// Of the files: none, one for all, or one for each.
    std::vector<std::string> media_types{};
    std::map<std::string, std::string> annotations{};
    /// The image of an index that is meant; nothing: the index itself.
    std::optional<std::string> platform{};
    std::optional<std::filesystem::path> cache_directory{};
    Access access{};
};

/// The same files attached again are the same artifact, listed once. Errors: `usage/invalid`,
/// `attach/…`, `file/…`, `layout/…`, and those of `registry::RegistryClient`.
Result<Json> attach_artifact(const exec::Context& ctx, const AttachRequest& request);

}  // namespace pycontainer::build
