#pragma once

// A layer from entries: an OCI layer tar (image specification, "Image Layer Filesystem Changeset"),
// compressed, with its digests.
//
// `write_layer` is the usual way; `LayerWriter` is for entries that come one by one. Nothing here
// invents entries: directories that should have a known mode are given like files.

#include "archive/file_entry.hpp"
#include "archive/member_writer.hpp"
#include "exec/context.hpp"

#include <cstdint>
#include <span>

namespace pycontainer::archive {

struct LayerBlob {
    Digest digest;   ///< of the compressed bytes
    Digest diff_id;  ///< of the tar
    std::uint64_t size = 0;
    std::uint64_t tar_size = 0;

    friend bool operator==(const LayerBlob&, const LayerBlob&) = default;
};

/// `application/vnd.oci.image.layer.v1.tar`, with `+gzip` or `+zstd`.
std::string_view layer_media_type(Compression compression);

/// Entries in the order they are added. One thread at a time.
class LayerWriter {
public:
    explicit LayerWriter(ByteSink out, Compression compression = Compression::Gzip,
                         unsigned threads = 1)
        : members_(std::move(out), compression, threads) {}

    /// Errors: `archive/changed` when a file on disk has not the size the entry says,
    /// `archive/reserved-name`, `file/…`, the sink's own, `cancelled`.
    Result<void> add(const exec::Context& ctx, const FileEntry& entry);
    /// For bytes that are members already; the tar must be at a block's end before and after.
    MemberWriter& members() { return members_; }
    /// Writes the end of the archive.
    Result<LayerBlob> finish();

private:
    Result<void> add_file(const exec::Context& ctx, const FileEntry& entry);
    MemberWriter members_;
};

/// Writes the entries, sorted by path (`path_less`), as a layer. The bytes depend on the entries
/// and the compression alone.
///
/// Errors: `archive/duplicate-path`, and as `LayerWriter::add`.
Result<LayerBlob> write_layer(const exec::Context& ctx, std::span<const FileEntry> entries,
                              Compression compression, const ByteSink& out, unsigned threads);
Result<LayerBlob> write_layer(const exec::Context& ctx, std::span<const FileEntry> entries,
                              Compression compression, AtomicFile& out, unsigned threads);

}  // namespace pycontainer::archive
