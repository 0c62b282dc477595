#pragma once

// From a wheel to layer bytes: a wheel is never compressed again.
//
// A wheel's file bodies are raw deflate streams with known CRC-32 and size, which is exactly a gzip
// member's payload and trailer. Each is copied into a member as it is, provided that inflating it
// consumes exactly its compressed size and yields exactly its checksum and size; tar headers,
// padding, and files that are tiny, stored or rewritten go into members of their own between them.
// The result is a whole layer, so that a big wheel needs no second pass – several layers if it is a
// huge one –; the files' part of it can be taken into a layer of several wheels.

#include "archive/layer_writer.hpp"
#include "install/scheme.hpp"
#include "packaging/wheel_name.hpp"
#include "resolve/warning.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace pycontainer::install {

struct InstalledFile {
    std::string path;  ///< in the image
    Digest digest;
    std::uint64_t size = 0;
    std::uint32_t mode = 0644;
    /// An `__init__.py` that does no more than declare a namespace, or nothing: it matters little
    /// which of several distributions it is from.
    bool declares_namespace = false;

    friend bool operator==(const InstalledFile&, const InstalledFile&) = default;
};

/// A layer with some of a wheel's files.
struct WheelPart {
    archive::LayerBlob layer;  ///< directories, files, end of archive
    /// Where the members of the files lie in the layer: between those of the directories and the
    /// end.
    std::uint64_t piece_offset = 0;
    std::uint64_t piece_size = 0;
    std::size_t files = 0;  ///< how many of `ConvertedWheel::files`, from where the last part ended

    friend bool operator==(const WheelPart&, const WheelPart&) = default;
};

struct ConvertedWheel {
    std::string name;                      ///< normalized
    std::string version;                   ///< as METADATA has it
    std::vector<WheelPart> parts;          ///< one, if the wheel is not huge
    std::uint64_t installed_size = 0;      ///< of all files
    std::vector<std::string> directories;  ///< sorted; every parent of the files
    std::vector<InstalledFile> files;      ///< in the layers' order, RECORD last
    std::vector<std::string> requires_dist;
    std::string requires_python;  ///< a specifier set that can be read, or empty
    std::vector<resolve::Warning> warnings;
};

/// When a wheel becomes several layers: registries, proxies and nodes that pull side by side do
/// better with them, and some refuse layers of gigabytes. A single file is never split.
struct PartLimits {
    std::uint64_t split_above = 512ULL << 20U;  ///< compressed bytes of the files
    std::uint64_t part_size = 256ULL << 20U;    ///< about as many then go into each part
};

/// Takes the bytes of the parts, one part after another.
struct PartSink {
    ByteSink write;
    std::function<Result<void>(const archive::LayerBlob&)> end_part;
};

/// Reads the wheel at `path` and gives its layers to `out`. Memory is bounded, whatever the wheel.
/// `direct_url` is as for `plan_wheel`.
///
/// Errors: `wheel/…` (docs/reference/errors.md), `file/…`, the sink's own, `cancelled`. What went
/// to `out` before an error is worthless.
Result<ConvertedWheel> convert_wheel(const exec::Context& ctx, const std::filesystem::path& path,
                                     const std::string& filename, const Scheme& scheme,
                                     const PartSink& out, const PartLimits& limits = {},
                                     const std::string& direct_url = {});

}  // namespace pycontainer::install
