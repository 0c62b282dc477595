#pragma once

// From a wheel to layer bytes: a wheel is never compressed again.
//
// A wheel's file bodies are raw deflate streams with known CRC-32 and size, which is exactly a gzip
// member's payload and trailer. Each is copied into a member as it is, provided that inflating it
// consumes exactly its compressed size and yields exactly its checksum and size; tar headers,
// padding, and files that are tiny, stored or rewritten go into members of their own between them.
// The result is a whole layer, so that a big wheel needs no second pass; the files' part of it can
// be taken into a layer of several wheels.

#include "archive/layer_writer.hpp"
#include "install/scheme.hpp"
#include "packaging/wheel_name.hpp"
#include "resolve/warning.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace pycontainer::install {

struct InstalledFile {
    std::string path;  ///< in the image
    Digest digest;
    std::uint64_t size = 0;
    std::uint32_t mode = 0644;

    friend bool operator==(const InstalledFile&, const InstalledFile&) = default;
};

struct ConvertedWheel {
    std::string name;          ///< normalized
    std::string version;       ///< as METADATA has it
    archive::LayerBlob layer;  ///< directories, files, end of archive
    /// Where the members of the files lie in the layer: between those of the directories and the
    /// end.
    std::uint64_t piece_offset = 0;
    std::uint64_t piece_size = 0;
    std::uint64_t installed_size = 0;      ///< of all files
    std::vector<std::string> directories;  ///< sorted; every parent of the files
    std::vector<InstalledFile> files;      ///< in the layer's order, RECORD last
    std::vector<std::string> requires_dist;
    std::vector<resolve::Warning> warnings;
};

/// Reads the wheel at `path` and gives its layer to `out`. Memory is bounded, whatever the wheel.
///
/// Errors: `wheel/…` (docs/reference/errors.md), `file/…`, the sink's own, `cancelled`. What went
/// to `out` before an error is worthless.
Result<ConvertedWheel> convert_wheel(const exec::Context& ctx, const std::filesystem::path& path,
                                     const std::string& filename, const Scheme& scheme,
                                     const ByteSink& out);

}  // namespace pycontainer::install
