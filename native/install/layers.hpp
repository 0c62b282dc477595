#pragma once

// Prepared wheels as image layers: big ones alone, the rest in few groups, so that a changed
// dependency changes little and a big wheel's layer is the same in every project.

#include "archive/layer_writer.hpp"
#include "exec/context.hpp"
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
    std::vector<std::string> packages;  ///< `fastapi 0.115.0`
    bool cached = false;                ///< it was in the store, no byte of it was touched
};

/// How wheels are spread over layers, bottom to top: indexes into `wheels`. Big wheels by name,
/// then the groups; within a group by name. The group of a small wheel follows from its name and,
/// in powers of two, from how many there are.
std::vector<std::vector<std::size_t>> group_wheels(std::span<const PreparedWheel> wheels,
                                                   std::size_t max_layers);

/// At most `max_layers` (1 or more), each a blob in the store; none without wheels. No layer has
/// the environment's own files.
///
/// A file that several wheels have with the same content is there once; with different contents the
/// one of the topmost layer counts, by name within a layer, and `install/conflicting-files` is a
/// warning: pip and uv overwrite such files silently, so real projects have them. Errors:
/// `install/conflicting-files` when a path is a file in one wheel and a directory in another;
/// `store/damaged`; `file/…`.
Result<std::vector<WheelLayer>> build_wheel_layers(const exec::Context& ctx,
                                                   std::span<const PreparedWheel> wheels,
                                                   const Scheme& scheme, std::size_t max_layers,
                                                   store::Store& store);

}  // namespace pycontainer::install
