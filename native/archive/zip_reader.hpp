#pragma once

// A ZIP archive on disk as wheels are: its entries, and their bodies as they are stored – a deflate
// body is a gzip member's payload.
//
// Strict on purpose (packaging.python.org, "Binary distribution format"; APPNOTE.TXT 6.3.10 for the
// format): anything that two readers could understand differently – local header against central
// directory, overlapping entries, duplicate or unsafe names, data around the archive – is an error,
// so what is checked is what is installed.

#include "base/file.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pycontainer::archive {

struct ZipEntry {
    enum class Method { Stored, Deflated };
    std::string name;  ///< valid UTF-8, relative, no empty, `.` or `..` component; a directory's
                       ///< without the slash
    bool directory = false;
    Method method = Method::Stored;
    std::uint32_t crc32 = 0;
    std::uint64_t compressed_size = 0;
    std::uint64_t size = 0;
    std::uint32_t unix_mode = 0;  ///< type and permissions when it was made on Unix, else 0
    std::uint64_t offset = 0;     ///< of the local header
    std::uint64_t end = 0;        ///< where the next entry or the central directory starts
    bool has_descriptor = false;
};

struct ZipLimits {
    std::uint64_t entries = 200'000;
    std::uint64_t total_size = 32ULL << 30U;
    /// Total size against the file's, beyond the first 64 MiB.
    std::uint64_t ratio = 200;
};

/// Thread-safe after `open`.
class ZipReader {
public:
    /// Reads and checks the central directory. Errors: `wheel/damaged`, `wheel/unsafe-name`,
    /// `wheel/unsupported`, `wheel/too-large`; they name the file as `display_name`.
    static Result<ZipReader> open(const std::filesystem::path& path, std::string display_name,
                                  const ZipLimits& limits = {});

    /// Sorted by place in the file.
    std::span<const ZipEntry> entries() const { return entries_; }
    const std::string& display_name() const { return display_name_; }

    /// Where the body starts, after the local header was held against `entry`. Errors:
    /// `wheel/damaged`.
    Result<std::uint64_t> body_offset(const ZipEntry& entry) const;
    /// The body as it is stored, in `buffer`, which is reused. For entries that fit into memory.
    Result<Bytes> read_body(const ZipEntry& entry, std::vector<std::byte>& buffer) const;
    /// The content of a small entry, its size and checksum checked. Errors: `wheel/damaged`,
    /// `wheel/too-large` above `limit`.
    Result<std::string> read_content(const ZipEntry& entry, std::uint64_t limit) const;
    /// Bytes of the file, for streaming a body.
    Result<void> read(std::uint64_t offset, std::span<std::byte> out) const;

private:
    ZipReader() = default;
    Result<std::uint64_t> check_local(const ZipEntry& entry, Bytes region) const;
    Result<void> check_descriptor(const ZipEntry& entry, Bytes after_body) const;

    FileDescriptor file_;
    std::filesystem::path path_;
    std::string display_name_;
    std::vector<ZipEntry> entries_;
};

/// What is said of an entry whose content is not what the archive states.
Failure damaged_entry(const ZipReader& zip, const ZipEntry& entry);

/// Why a name in an archive must not be used as a path, or nothing when it may: absolute, empty or
/// dot components, drive, backslash, NUL or other control characters, invalid UTF-8, longer than
/// 4096 bytes, over 128 components, a whiteout of image layers (`.wh.…`).
std::optional<std::string_view> unsafe_name_reason(std::string_view name);

}  // namespace pycontainer::archive
