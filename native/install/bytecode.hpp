#pragma once

// Byte code of what layers hold, made by a CPython of this machine that the user has named: the one
// thing that cannot be done without one. Nothing of the sources is run, they are only compiled.
//
// Such a layer depends on the layers below it and on the interpreter's version alone. Its files say
// that they need no check against their sources (PEP 552, "unchecked hash-based"): times in an
// image mean nothing, and the sources cannot change.

#include "archive/layer_writer.hpp"
#include "exec/context.hpp"
#include "store/store.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace pycontainer::install {

/// The Python that an image has.
struct BytecodeTarget {
    std::string version;        ///< `3.11.2`
    bool exact_version = true;  ///< otherwise only `3.11` is known
    bool free_threaded = false;
};

/// A CPython of this machine.
struct BytecodeCompiler {
    std::filesystem::path program;
    std::string version;    ///< `3.11.2`
    std::string cache_tag;  ///< `cpython-311`
};

/// `named` is a path or the name of a program.
///
/// Errors: `bytecode/no-interpreter` when there is none or it does not answer as one,
/// `bytecode/wrong-interpreter` when it is not the CPython that the image has, `cancelled`.
Result<BytecodeCompiler> find_bytecode_compiler(const exec::Context& ctx, const std::string& named,
                                                const BytecodeTarget& target);

struct BytecodeLayer {
    archive::LayerBlob blob;
    std::uint64_t modules = 0;
    bool cached = false;
};

struct BytecodeRequest {
    std::vector<archive::LayerBlob> layers;  ///< in the store, bottom to top
    std::vector<std::string> roots;  ///< directories in the image, relative, whose `.py` count
    archive::Compression compression = archive::Compression::Gzip;
};

/// A layer of the `__pycache__` directories beside the modules; nothing without modules. What
/// cannot be compiled – code for another Python, a template – is left out, as `compileall` does.
///
/// Errors: `bytecode/failed`, `archive/…`, `file/…`, `cancelled`.
Result<std::optional<BytecodeLayer>> build_bytecode_layer(const exec::Context& ctx,
                                                          const BytecodeCompiler& compiler,
                                                          const BytecodeRequest& request,
                                                          store::Store& store);

}  // namespace pycontainer::install
