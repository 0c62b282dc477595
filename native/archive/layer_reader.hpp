#pragma once

// Looks into layers of others: tar, plain or compressed with gzip or zstd, one entry after another,
// in bounded memory.
//
// Everything in it is hostile. Paths are normalised but not resolved: nothing is ever extracted.

#include "base/result.hpp"
#include "exec/context.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>

namespace pycontainer::archive {

struct LayerEntry {
    enum class Type { File, Directory, Symlink, Hardlink, Other };
    std::string path;  ///< without leading `/` or `./` and without a trailing `/`; empty for the
                       ///< root itself
    Type type = Type::Other;
    std::uint32_t mode = 0;  ///< permission bits
    std::uint64_t uid = 0;
    std::uint64_t gid = 0;
    std::uint64_t size = 0;
    std::int64_t mtime = 0;
    std::string link;  ///< target of a symlink as written; path of a hard link, normalised
};

/// The content of the entry at hand; valid during the callback.
class EntryContent {
public:
    EntryContent() = default;
    EntryContent(const EntryContent&) = delete;
    EntryContent& operator=(const EntryContent&) = delete;
    virtual ~EntryContent() = default;
    /// The next bytes; 0 at the end.
    virtual Result<std::size_t> read(std::span<std::byte> out) = 0;
    /// All of it. Errors: `archive/too-large` above `limit`.
    Result<std::string> read_all(std::uint64_t limit = 64ULL << 20U);
};

enum class Walk { Continue, Stop };
using EntryCallback = std::function<Result<Walk>(const LayerEntry& entry, EntryContent& content)>;
/// Fills the span from the front and says how much; 0 at the end.
using ByteReader = std::function<Result<std::size_t>(std::span<std::byte> out)>;

/// Calls `callback` for each entry until it says `Stop`; content that it does not read is skipped.
/// Compression is told by the bytes.
///
/// Errors: `archive/damaged` (naming `name`), `archive/too-large` (over 5 million entries), the
/// callback's and the source's own, `cancelled`.
Result<void> read_layer(const exec::Context& ctx, const ByteReader& source, const std::string& name,
                        const EntryCallback& callback);
Result<void> read_layer(const exec::Context& ctx, const std::filesystem::path& file,
                        const EntryCallback& callback);

}  // namespace pycontainer::archive
