#pragma once

// What must be known of a base image's files: the Python interpreter, the C library, whether there
// is a home directory. Read from its layers without running anything.

#include "archive/layer_reader.hpp"
#include "base/json.hpp"
#include "exec/context.hpp"
#include "oci/image_config.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace pycontainer::image {

/// A Python that the base has.
struct Interpreter {
    std::string path;     ///< `/usr/local/bin/python3.11`, links resolved
    std::string version;  ///< `3.11.9`; the patch number is 0 when nothing tells it
    std::string library;  ///< `python3.11`, `python3.13t`: the name of its directory under `lib`
    bool exact_version = true;

    std::string minor() const;  ///< `3.11`
    bool free_threaded() const { return library.ends_with('t'); }
};

struct BaseFacts {
    std::optional<Interpreter> interpreter;
    std::string libc;  ///< `glibc`, `musl`, or empty when it could not be told
    unsigned libc_major = 0;
    unsigned libc_minor = 0;
    std::string distribution;  ///< `PRETTY_NAME` of os-release, for messages

    Json to_json() const;
    static std::optional<BaseFacts> from_json(const Json& json);
};

/// An entry of a layer that may tell something, with the content of those that are read.
struct LayerNote {
    archive::LayerEntry::Type type = archive::LayerEntry::Type::File;
    std::string path;
    std::string link;
    std::string content;
};
/// What one layer has to say, in its own order: links, programs, C libraries, versions, whiteouts.
using LayerNotes = std::vector<LayerNote>;

/// Reads one layer; layers can be read side by side.
/// Errors: `archive/damaged`, `archive/too-large`, `base/invalid-layer`, `cancelled`.
Result<LayerNotes> read_layer_notes(const exec::Context& ctx, const std::filesystem::path& layer);

/// What the layers, bottom first, come to when one is laid on the other. `wanted_minor` ("3.11", or
/// empty) is preferred over the first Python on the `PATH` of the configuration.
BaseFacts find_base_facts(const std::vector<LayerNotes>& layers, const oci::ImageConfig& config,
                          const std::string& wanted_minor);

}  // namespace pycontainer::image
