#include "archive/layer_writer.hpp"

#include "archive/tar.hpp"
#include "base/strings.hpp"

#include <algorithm>
#include <vector>

namespace pycontainer::archive {
namespace {

constexpr std::size_t kPiece = 256U << 10U;

TarHeader header_of(const FileEntry& entry, std::uint64_t size) {
    TarHeader header;
    header.path = entry.path;
    header.type = entry.type;
    header.mode = entry.mode;
    header.size = size;
    header.mtime = entry.mtime;
    header.link = entry.link;
    header.uid = entry.uid;
    header.gid = entry.gid;
    return header;
}

Failure changed(const std::filesystem::path& path) {
    return fail("archive/changed", "`{}` changed while it was being read", path.string())
        .hint("run the command again when nothing writes to the file");
}

}  // namespace

std::string_view layer_media_type(Compression compression) {
    switch (compression) {
        case Compression::Gzip:
        case Compression::GzipSingle: return "application/vnd.oci.image.layer.v1.tar+gzip";
        case Compression::Zstd: return "application/vnd.oci.image.layer.v1.tar+zstd";
        case Compression::None: break;
    }
    return "application/vnd.oci.image.layer.v1.tar";
}

Result<void> LayerWriter::add(const exec::Context& ctx, const FileEntry& entry) {
    PYC_TRY(ctx.check());
    if (is_whiteout(entry.path))
        return fail("archive/reserved-name",
                    "`{}` cannot be in an image: names that begin with `.wh.` remove files there",
                    printable(entry.path))
            .hint("rename or exclude the file");
    if (entry.type != FileEntry::Type::File) return members_.write(tar_header(header_of(entry, 0)));
    if (!std::holds_alternative<std::string>(entry.source)) return add_file(ctx, entry);
    const auto& content = std::get<std::string>(entry.source);
    PYC_TRY(members_.write(tar_header(header_of(entry, content.size()))));
    PYC_TRY(members_.write(content));
    return members_.write(tar_zeros(tar_padding(content.size())));
}

Result<void> LayerWriter::add_file(const exec::Context& ctx, const FileEntry& entry) {
    const auto& path = std::get<std::filesystem::path>(entry.source);
    PYC_TRY_ASSIGN(const auto file, open_for_reading(path));
    PYC_TRY_ASSIGN(const auto size, file_size(file, path));
    if (size != entry.size) return changed(path);
    PYC_TRY(members_.write(tar_header(header_of(entry, size))));
    std::vector<std::byte> buffer(static_cast<std::size_t>(std::min<std::uint64_t>(size, kPiece)));
    for (std::uint64_t offset = 0; offset < size;) {
        PYC_TRY(ctx.check());
        const auto piece = std::span(buffer).first(
            static_cast<std::size_t>(std::min<std::uint64_t>(size - offset, kPiece)));
        PYC_TRY(read_at(file, path, offset, piece));
        PYC_TRY(members_.write(piece));
        offset += piece.size();
    }
    PYC_TRY_ASSIGN(const auto size_after, file_size(file, path));
    if (size_after != size) return changed(path);
    return members_.write(tar_zeros(tar_padding(size)));
}

Result<LayerBlob> LayerWriter::finish() {
    PYC_TRY(members_.write(tar_end()));
    PYC_TRY_ASSIGN(const auto totals, members_.finish());
    return LayerBlob{totals.digest, totals.diff_id, totals.size, totals.tar_size};
}

Result<LayerBlob> write_layer(const exec::Context& ctx, std::span<const FileEntry> entries,
                              Compression compression, const ByteSink& out, unsigned threads) {
    std::vector<const FileEntry*> sorted;
    sorted.reserve(entries.size());
    for (const auto& entry : entries) sorted.push_back(&entry);
    std::sort(sorted.begin(), sorted.end(), [](const FileEntry* left, const FileEntry* right) {
        return path_less(left->path, right->path);
    });
    LayerWriter writer(out, compression, threads);
    const FileEntry* previous = nullptr;
    for (const FileEntry* entry : sorted) {
        if (previous != nullptr && previous->path == entry->path)
            return fail("archive/duplicate-path", "`{}` would be twice in the same layer",
                        entry->path)
                .hint("two sources of the image have a file of this name; exclude one of them");
        PYC_TRY(writer.add(ctx, *entry));
        previous = entry;
    }
    return writer.finish();
}

Result<LayerBlob> write_layer(const exec::Context& ctx, std::span<const FileEntry> entries,
                              Compression compression, AtomicFile& out, unsigned threads) {
    return write_layer(
        ctx, entries, compression, [&](Bytes bytes) { return out.write(bytes); }, threads);
}

}  // namespace pycontainer::archive
