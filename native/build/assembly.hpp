#pragma once

// Base image + our layers + settings = configuration and manifest. Pure: the same input gives the
// same bytes.

#include "build/base_image.hpp"

#include <map>
#include <string>
#include <vector>

namespace pycontainer::build {

enum class LayerKind { Base, Dependencies, Application, Bytecode };
enum class LayerState { Base, Cached, Built };

std::string_view to_string(LayerKind kind);
std::string_view to_string(LayerState state);

/// A layer of the result.
struct Layer {
    oci::Descriptor descriptor;
    Digest diff_id;
    LayerKind kind = LayerKind::Base;
    LayerState state = LayerState::Base;
    std::string summary;                     ///< for the history: `fastapi 0.115.0, uvicorn 0.30.1`
    std::vector<std::string> packages = {};  ///< all of them, when it has any
};

/// What the image's configuration says beyond the base's.
struct ImageSettings {
    std::string working_directory;
    std::string user;
    std::vector<std::string> entrypoint;  ///< empty: the base's stays
    std::vector<std::string> cmd;
    std::map<std::string, std::string> env;
    std::map<std::string, std::string> labels;
    std::map<std::string, std::string> annotations;  ///< of the manifest
    std::vector<std::string> ports;                  ///< `8080/tcp`
    std::string created;                             ///< RFC 3339
};

struct AssembledImage {
    oci::Manifest manifest;
    std::string manifest_bytes;
    std::string config_bytes;
    oci::Descriptor descriptor;  ///< of the manifest, with its platform
    std::vector<Layer> layers;   ///< the base's first
};

/// A layer that `image` has, by its place there. Docker's layer types become OCI's.
Layer layer_of(const BaseImage& image, std::size_t place, LayerKind kind);

/// Configuration, manifest and descriptor of what is known: `config` has the diff ids of `layers`.
AssembledImage assemble_layers(std::vector<Layer> layers, const oci::ImageConfig& config,
                               std::map<std::string, std::string> annotations);

/// The history's non-empty entries equal the layers.
AssembledImage assemble(const BaseImage& base, const ImageSettings& settings,
                        const std::vector<Layer>& layers);

/// What is tagged: the only image, or an index of several (OCI image specification,
/// image-index.md).
struct AssembledRelease {
    std::vector<AssembledImage> images;  ///< in the order of their platforms
    std::string index_bytes;             ///< empty for a single image
    oci::Descriptor descriptor;          ///< of the image or of the index

    bool has_index() const { return !index_bytes.empty(); }
    const std::string& root_bytes() const {
        return has_index() ? index_bytes : images.front().manifest_bytes;
    }
    void set_index(const oci::ImageIndex& index);
};

/// The index is annotated with what all images have in common. `images` is not empty.
AssembledRelease release_of(std::vector<AssembledImage> images);

/// `1970-01-01T00:00:00Z` for 0.
std::string format_timestamp(std::int64_t seconds);

}  // namespace pycontainer::build
