#pragma once

// The media types of the OCI image specification 1.1 and of Docker's schema 2, and how they relate.

#include <string>
#include <string_view>

namespace pycontainer::oci {

inline constexpr std::string_view kImageIndex = "application/vnd.oci.image.index.v1+json";
inline constexpr std::string_view kImageManifest = "application/vnd.oci.image.manifest.v1+json";
inline constexpr std::string_view kImageConfig = "application/vnd.oci.image.config.v1+json";
inline constexpr std::string_view kLayerTar = "application/vnd.oci.image.layer.v1.tar";
inline constexpr std::string_view kLayerGzip = "application/vnd.oci.image.layer.v1.tar+gzip";
inline constexpr std::string_view kLayerZstd = "application/vnd.oci.image.layer.v1.tar+zstd";
inline constexpr std::string_view kDockerManifestList =
    "application/vnd.docker.distribution.manifest.list.v2+json";
inline constexpr std::string_view kDockerManifest =
    "application/vnd.docker.distribution.manifest.v2+json";
inline constexpr std::string_view kDockerConfig = "application/vnd.docker.container.image.v1+json";
inline constexpr std::string_view kDockerLayerGzip =
    "application/vnd.docker.image.rootfs.diff.tar.gzip";
inline constexpr std::string_view kDockerLayerTar = "application/vnd.docker.image.rootfs.diff.tar";
inline constexpr std::string_view kDockerForeignLayer =
    "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";
inline constexpr std::string_view kForeignLayerGzip =
    "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip";
/// The configuration of an artifact that has none: two bytes, `{}`.
inline constexpr std::string_view kEmptyJson = "application/vnd.oci.empty.v1+json";

inline bool is_index(std::string_view type) {
    return type == kImageIndex || type == kDockerManifestList;
}
inline bool is_manifest(std::string_view type) {
    return type == kImageManifest || type == kDockerManifest;
}
/// Layers that registries do not hold (`…nondistributable…`, Docker's foreign layers).
inline bool is_foreign_layer(std::string_view type) {
    return type.find("nondistributable") != std::string_view::npos ||
           type.find(".foreign.") != std::string_view::npos;
}

/// Docker's layer types in OCI's words; others stay.
inline std::string to_oci_layer_type(std::string_view type) {
    if (type == kDockerLayerGzip) return std::string(kLayerGzip);
    if (type == kDockerLayerTar) return std::string(kLayerTar);
    if (type == kDockerForeignLayer) return std::string(kForeignLayerGzip);
    return std::string(type);
}

}  // namespace pycontainer::oci
