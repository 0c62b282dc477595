#include "archive/layer_reader.hpp"

#include "archive/internal/gzip_reader.hpp"
#include "base/file.hpp"
#include "base/strings.hpp"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <optional>
#include <unistd.h>
#include <vector>

namespace pycontainer::archive {
namespace {

constexpr std::size_t kPiece = 128U << 10U;
constexpr std::uint64_t kMaxEntries = 5'000'000;

struct ArchiveDeleter {
    void operator()(::archive* value) const { archive_read_free(value); }
};

/// What libarchive's read callback needs, and the error that made it stop. Gzip is inflated here,
/// several times faster than libarchive does it.
struct Input {
    const ByteReader& source;
    const exec::Context& ctx;
    std::vector<std::byte> buffer = std::vector<std::byte>(kPiece);
    std::optional<GzipReader> gzip;
    std::size_t unread = 0;  ///< bytes in `buffer` that were looked at, not given away
    std::optional<Error> error;

    Result<void> open() {
        while (unread < 2) {
            PYC_TRY_ASSIGN(const auto count, source(std::span(buffer).subspan(unread)));
            if (count == 0) return {};
            unread += count;
        }
        const auto start = Bytes(buffer).first(unread);
        if (!is_gzip(start)) return {};
        gzip.emplace(std::vector(start.begin(), start.end()), source);
        unread = 0;
        return {};
    }

    Result<std::size_t> next() {
        PYC_TRY(ctx.check());
        if (gzip) return gzip->read(buffer);
        return unread > 0 ? std::exchange(unread, 0) : source(buffer);
    }
};

la_ssize_t read_callback(::archive* handle, void* data, const void** out) {
    auto& input = *static_cast<Input*>(data);
    auto count = input.next();
    if (!count) {
        input.error = std::move(count).error();
        archive_set_error(handle, EIO, "the source failed");
        return -1;
    }
    *out = input.buffer.data();
    return static_cast<la_ssize_t>(*count);
}

std::string normalised(const char* text) {
    std::string_view path = text == nullptr ? "" : text;
    for (;;) {
        if (path.starts_with("./"))
            path.remove_prefix(2);
        else if (path.starts_with("/"))
            path.remove_prefix(1);
        else
            break;
    }
    while (path.ends_with("/")) path.remove_suffix(1);
    return path == "." ? std::string() : std::string(path);
}

/// The bytes as written where possible: libarchive's conversion from UTF-8 fails in the C locale.
const char* first_known(const char* utf8, const char* bytes) {
    return utf8 != nullptr ? utf8 : bytes;
}

LayerEntry to_layer_entry(archive_entry* entry) {
    LayerEntry result;
    result.path =
        normalised(first_known(archive_entry_pathname_utf8(entry), archive_entry_pathname(entry)));
    result.mode = archive_entry_perm(entry);
    result.uid = static_cast<std::uint64_t>(std::max<la_int64_t>(archive_entry_uid(entry), 0));
    result.gid = static_cast<std::uint64_t>(std::max<la_int64_t>(archive_entry_gid(entry), 0));
    result.size = static_cast<std::uint64_t>(std::max<la_int64_t>(archive_entry_size(entry), 0));
    result.mtime = archive_entry_mtime(entry);
    if (const char* target =
            first_known(archive_entry_hardlink_utf8(entry), archive_entry_hardlink(entry));
        target != nullptr) {
        result.type = LayerEntry::Type::Hardlink;
        result.link = normalised(target);
        return result;
    }
    const auto type = archive_entry_filetype(entry);
    if (type == AE_IFREG) result.type = LayerEntry::Type::File;
    if (type == AE_IFDIR) result.type = LayerEntry::Type::Directory;
    if (type == AE_IFLNK) {
        result.type = LayerEntry::Type::Symlink;
        const char* target =
            first_known(archive_entry_symlink_utf8(entry), archive_entry_symlink(entry));
        if (target != nullptr) result.link = target;
    }
    return result;
}

class Reader final : public EntryContent {
public:
    Reader(const exec::Context& ctx, const ByteReader& source, const std::string& name)
        : input_{source, ctx}, name_(name) {}

    Result<void> open() {
        PYC_TRY(input_.open());
        handle_.reset(archive_read_new());
        PYC_ASSERT(handle_ != nullptr);
        archive_read_support_filter_zstd(handle_.get());
        archive_read_support_format_tar(handle_.get());
        archive_read_support_format_empty(handle_.get());
        if (archive_read_open(handle_.get(), &input_, nullptr, read_callback, nullptr) <
            ARCHIVE_WARN)
            return damaged();
        return {};
    }

    /// The next entry, or nothing at the end.
    Result<std::optional<LayerEntry>> next() {
        archive_entry* entry = nullptr;
        const int status = archive_read_next_header(handle_.get(), &entry);
        if (status == ARCHIVE_EOF) return std::nullopt;
        if (status < ARCHIVE_WARN)
            return damaged();  // warnings are about names in other character sets
        if (++count_ > kMaxEntries)
            return fail("archive/too-large", "the layer `{}` has more than {} entries", name_,
                        kMaxEntries);
        return to_layer_entry(entry);
    }

    Result<std::size_t> read(std::span<std::byte> out) override {
        const auto count = archive_read_data(handle_.get(), out.data(), out.size());
        if (count < 0) return damaged();
        return static_cast<std::size_t>(count);
    }

private:
    Failure damaged() {
        std::string reason;
        if (auto error = std::exchange(input_.error, std::nullopt)) {
            if (error->code != "archive/damaged") return fail(std::move(*error));
            reason = error->message;
        } else {
            const char* text = archive_error_string(handle_.get());
            reason = printable(text == nullptr ? "unknown format" : text);
        }
        return fail("archive/damaged", "the layer `{}` cannot be read: {}", name_, reason)
            .hint(
                "its digest is right, so the image was pushed like this; use another base image or "
                "tag");
    }

    Input input_;
    const std::string& name_;
    std::unique_ptr<::archive, ArchiveDeleter> handle_;
    std::uint64_t count_ = 0;
};

}  // namespace

Result<std::string> EntryContent::read_all(std::uint64_t limit) {
    std::string content;
    std::vector<std::byte> buffer(kPiece);
    for (;;) {
        PYC_TRY_ASSIGN(const auto count, read(buffer));
        if (count == 0) return content;
        if (content.size() + count > limit)
            return fail("archive/too-large", "a file in a layer is larger than {} bytes", limit);
        content.append(as_text(Bytes(buffer).first(count)));
    }
}

Result<void> read_layer(const exec::Context& ctx, const ByteReader& source, const std::string& name,
                        const EntryCallback& callback) {
    Reader reader(ctx, source, name);
    PYC_TRY(reader.open());
    for (;;) {
        PYC_TRY(ctx.check());
        PYC_TRY_ASSIGN(const auto entry, reader.next());
        if (!entry) return {};
        PYC_TRY_ASSIGN(const auto walk, callback(*entry, reader));
        if (walk == Walk::Stop) return {};
    }
}

Result<void> read_layer(const exec::Context& ctx, const std::filesystem::path& file,
                        const EntryCallback& callback) {
    PYC_TRY_ASSIGN(const auto input, open_for_reading(file));
    const ByteReader source = [&](std::span<std::byte> out) -> Result<std::size_t> {
        for (;;) {
            const auto count = ::read(input.value(), out.data(), out.size());
            if (count >= 0) return static_cast<std::size_t>(count);
            if (errno != EINTR) return file_error("read", file, errno);
        }
    };
    return read_layer(ctx, source, file.string(), callback);
}

}  // namespace pycontainer::archive
