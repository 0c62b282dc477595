#pragma once

// Where the files of an uncompressed tar archive are, so that they can be read in any order without
// unpacking: archives of images (`docker save`, OCI archives). Layers are read by layer_reader.hpp.

#include "base/file.hpp"
#include "exec/context.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

namespace pycontainer::archive {

struct TarMember {
    std::uint64_t offset = 0;  ///< of the content in the archive
    std::uint64_t size = 0;
};

/// By path, without a leading `./` or `/`. Links are followed; what leads nowhere is left out.
using TarIndex = std::map<std::string, TarMember, std::less<>>;

/// Reads the headers: ustar, pax (`path`, `linkpath`, `size`) and GNU's long names. Hostile input:
/// contents must lie inside the file.
///
/// Errors: `archive/damaged`, `archive/too-large` (over 100,000 entries), `file/…`, `cancelled`.
Result<TarIndex> index_tar(const exec::Context& ctx, const FileDescriptor& file,
                           const std::filesystem::path& path);

}  // namespace pycontainer::archive
