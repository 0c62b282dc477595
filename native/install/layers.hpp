#pragma once

// Prepared wheels as image layers: big ones alone, the rest in few groups, so that a changed
// dependency changes little and a big wheel's layer is the same in every project.

#include "archive/layer_writer.hpp"
#include "exec/context.hpp"
#include "install/conflicts.hpp"
#include "install/scheme.hpp"
#include "install/wheels.hpp"
#include "store/store.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace pycontainer::install {

/// A wheel of at least this many bytes gets a layer of its own, as long as there are enough layers.
constexpr std::uint64_t kOwnLayerSize = 1U << 20U;

struct WheelLayer {
    archive::LayerBlob blob;
    std::vector<std::string> packages;  ///< `fastapi 0.115.0`, or `torch 2.5.1 (2 of 3)`
    bool cached = false;                ///< it was in the store, no byte of it was touched
};

struct WheelLayers {
    std::vector<WheelLayer> layers;  ///< bottom to top
    std::vector<resolve::Warning> warnings;
};

struct LayerOptions {
    std::size_t max_layers = 1;  ///< at least 1
    archive::Compression compression = archive::Compression::Gzip;
    ConflictPolicy conflicts = ConflictPolicy::Error;
};

/// How wheels are spread over layers, bottom to top. Big wheels by name, then the groups; within a
/// group by name. What was made from sources is together at the top, as it changes most. The group
/// of a small wheel follows from its name and, in powers of two, from how
/// many there are.
std::vector<WheelGroup> group_wheels(std::span<const PreparedWheel> wheels, std::size_t max_layers);

/// At most `max_layers`, each a blob in the store; none without wheels. No layer has the
/// environment's own files.
///
/// With `Gzip` the layers of a big wheel are those of its conversion; other compressions are made
/// from them once and remembered, with the same diff ids.
///
/// A file that several wheels have with the same content is there once in a layer; for others see
/// `find_conflicts`. Errors: its own, `store/damaged`, `file/…`, `cancelled`.
Result<WheelLayers> build_wheel_layers(const exec::Context& ctx,
                                       std::span<const PreparedWheel> wheels, const Scheme& scheme,
                                       const LayerOptions& options, store::Store& store);

}  // namespace pycontainer::install
