#pragma once

// The compressed bytes of a layer as a list of gzip members, and the digests of both sides.
//
// Tar bytes are cut into chunks of 1 MiB, each a member of its own (a zstd frame, or a part of the
// one member), so that they can be compressed side by side; the cuts depend on the bytes alone, so
// the output is the same for any number of threads. Members made elsewhere (a wheel's own deflate
// bodies) are put between them as they are.

#include "base/digest.hpp"
#include "base/file.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace pycontainer::archive {

/// Part of every key under which a layer is remembered: it changes when the same entries would give
/// other bytes.
constexpr unsigned kLayerFormat = 1;

enum class Compression {
    Gzip,        ///< members of gzip
    GzipSingle,  ///< one member, for readers that stop after the first
    Zstd,        ///< frames of zstd
    None
};

/// `gzip`, `gzip-single`, `zstd`, `none`.
std::string_view to_string(Compression compression);
std::optional<Compression> compression_named(std::string_view name);
/// The name and, where it has a say in the bytes, the compressor's version: part of every key under
/// which a layer is remembered, as `kLayerFormat` is.
std::string compression_key(Compression compression);

/// One thread at a time.
class MemberWriter {
public:
    /// Up to `threads` chunks are compressed at a time, on threads of its own when it is more
    /// than 1.
    MemberWriter(ByteSink out, Compression compression, unsigned threads = 1);
    ~MemberWriter();
    MemberWriter(MemberWriter&&) noexcept;
    MemberWriter& operator=(MemberWriter&&) noexcept;

    /// Tar bytes that are to be compressed here.
    Result<void> write(Bytes tar);
    Result<void> write(std::string_view tar) { return write(as_bytes(tar)); }

    /// Ends the chunk: what follows is in another member.
    Result<void> flush();

    /// Complete gzip members, or the next part of one. What they contain has to be given to
    /// `add_content`, before or after. Gzip only.
    Result<void> write_raw(Bytes members);
    Result<void> write_raw(std::string_view members) { return write_raw(as_bytes(members)); }
    void add_content(Bytes tar);
    /// Tar bytes to be compressed here that were given to `add_content` already.
    Result<void> write_counted(Bytes tar);

    struct Totals {
        Digest digest;   ///< of what went to `out`
        Digest diff_id;  ///< of the tar bytes
        std::uint64_t size = 0;
        std::uint64_t tar_size = 0;
    };
    /// Flushes and says what it was. Nothing may be written after it.
    Result<Totals> finish();

    /// Bytes given to `out` so far; exact after `flush` only.
    std::uint64_t size() const;
    std::uint64_t tar_size() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace pycontainer::archive
