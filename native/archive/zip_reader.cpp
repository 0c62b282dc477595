#include "archive/zip_reader.hpp"

#include "archive/deflate.hpp"
#include "archive/file_entry.hpp"
#include "base/strings.hpp"

#include <algorithm>
#include <optional>
#include <string_view>
#include <unordered_set>

namespace pycontainer::archive {
namespace {

// Signatures and fixed sizes: APPNOTE.TXT 4.3.7 (local), 4.3.9 (descriptor), 4.3.12
// (central), 4.3.14-16 (end records).
constexpr std::uint32_t kLocal = 0x04034b50, kDescriptor = 0x08074b50, kCentral = 0x02014b50,
                        kEnd64 = 0x06064b50, kLocator64 = 0x07064b50, kEnd = 0x06054b50;
constexpr std::size_t kLocalSize = 30, kCentralSize = 46, kEnd64Size = 56, kLocator64Size = 20,
                      kEndSize = 22;
constexpr std::uint64_t kMaxDirectory = 64ULL << 20U;
constexpr std::uint64_t kFreeSize = 64ULL << 20U;
constexpr std::size_t kMaxName = 4096;
constexpr std::size_t kMaxComponents = 128;
constexpr std::uint32_t kIn64 = 0xFFFFFFFF;
constexpr std::uint32_t kFlagEncrypted = 1U, kFlagDescriptor = 1U << 3U,
                        kFlagStrongEncryption = 1U << 6U, kFlagHiddenDirectory = 1U << 13U;

std::uint64_t number(Bytes bytes, std::size_t offset, std::size_t size) {
    std::uint64_t value = 0;
    for (std::size_t i = size; i-- > 0;)
        value = (value << 8U) | std::to_integer<std::uint64_t>(bytes[offset + i]);
    return value;
}
std::uint16_t u16(Bytes bytes, std::size_t offset) {
    return static_cast<std::uint16_t>(number(bytes, offset, 2));
}
std::uint32_t u32(Bytes bytes, std::size_t offset) {
    return static_cast<std::uint32_t>(number(bytes, offset, 4));
}
std::uint64_t u64(Bytes bytes, std::size_t offset) {
    return number(bytes, offset, 8);
}

Failure damaged(const std::string& name, std::string_view what) {
    return fail("wheel/damaged", "`{}` is not a valid ZIP archive: {}", name, what)
        .hint("download or build the file again; if it stays so, tell its publisher");
}

/// ZIP64 extended information (APPNOTE.TXT 4.5.3): the values whose 32-bit fields are all ones, in
/// this order. False: missing.
bool take_zip64(Bytes extra, std::initializer_list<std::uint64_t*> values) {
    if (std::none_of(values.begin(), values.end(),
                     [](const std::uint64_t* value) { return *value == kIn64; }))
        return true;
    for (std::size_t at = 0; at + 4 <= extra.size();) {
        const auto id = u16(extra, at);
        const std::size_t size = u16(extra, at + 2);
        if (size > extra.size() - at - 4) return false;
        if (id == 1) {
            std::size_t used = 0;
            for (auto* value : values) {
                if (*value != kIn64) continue;
                if (used + 8 > size) return false;
                *value = u64(extra, at + 4 + used);
                used += 8;
            }
            return true;
        }
        at += 4 + size;
    }
    return false;
}

/// The Unicode name that an extra field gives an entry (APPNOTE.TXT 4.6.9), which some readers use
/// in place of the one in the header.
std::optional<std::string_view> unicode_name(Bytes extra) {
    constexpr std::uint16_t kUnicodePath = 0x7075;
    for (std::size_t at = 0; at + 4 <= extra.size();) {
        const std::size_t size = u16(extra, at + 2);
        if (size > extra.size() - at - 4) return std::nullopt;
        if (u16(extra, at) == kUnicodePath && size >= 5)
            return as_text(extra.subspan(at + 9, size - 5));
        at += 4 + size;
    }
    return std::nullopt;
}

struct Directory {
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
    std::uint64_t count = 0;
};

class DirectoryReader {
public:
    DirectoryReader(const FileDescriptor& file, const std::filesystem::path& path,
                    const std::string& name, const ZipLimits& limits)
        : file_(file), path_(path), name_(name), limits_(limits) {}

    Result<std::vector<ZipEntry>> read() {
        PYC_TRY_ASSIGN(file_size_, file_size(file_, path_));
        PYC_TRY_ASSIGN(const auto directory, find());
        if (directory.count > limits_.entries)
            return too_large(fmt::format("it has {} entries", directory.count));
        if (directory.size > kMaxDirectory) return too_large("its directory is over 64 MiB");
        std::vector<std::byte> bytes(static_cast<std::size_t>(directory.size));
        PYC_TRY(read_at(file_, path_, directory.offset, bytes));
        std::vector<ZipEntry> entries;
        entries.reserve(static_cast<std::size_t>(directory.count));
        Bytes rest = bytes;
        for (std::uint64_t i = 0; i < directory.count; ++i) {
            PYC_TRY_ASSIGN(auto entry, take_entry(rest));
            entries.push_back(std::move(entry));
        }
        if (!rest.empty()) return damaged(name_, "its directory has more entries than it says");
        PYC_TRY(check_names(entries));
        PYC_TRY(check_places(entries, directory.offset));
        return entries;
    }

private:
    Failure too_large(std::string_view what) const {
        return fail("wheel/too-large", "`{}` is refused: {}", name_, what)
            .hint("the limits keep a hostile archive from filling memory and disk");
    }

    /// The end record is the last thing in the file; only its comment can follow, and it must reach
    /// the end exactly.
    Result<Directory> find() {
        if (file_size_ < kEndSize) return damaged(name_, "it is too short");
        const auto tail_size = static_cast<std::size_t>(
            std::min<std::uint64_t>(file_size_, kEndSize + 0xFFFF + kLocator64Size));
        std::vector<std::byte> tail(tail_size);
        const auto tail_offset = file_size_ - tail_size;
        PYC_TRY(read_at(file_, path_, tail_offset, tail));
        std::optional<std::size_t> found;
        for (std::size_t at = tail_size - kEndSize + 1; at-- > 0;) {
            if (u32(tail, at) != kEnd || at + kEndSize + u16(tail, at + 20) != tail_size) continue;
            // Readers would differ in which one they find.
            if (found) return damaged(name_, "its directory has two ends");
            found = at;
        }
        if (!found) return damaged(name_, "the end of its directory is missing");
        return from_end_record(tail, *found, tail_offset);
    }

    static bool agrees(std::uint64_t small, std::uint64_t large, std::uint64_t ones) {
        return small == large || small == ones;
    }

    Result<Directory> from_end_record(Bytes tail, std::size_t at, std::uint64_t tail_offset) {
        Directory directory{u32(tail, at + 16), u32(tail, at + 12), u16(tail, at + 10)};
        if (u16(tail, at + 4) != u16(tail, at + 6))
            return damaged(name_, "it is split over several files");
        auto directory_end = tail_offset + at;
        if (at >= kLocator64Size && u32(tail, at - kLocator64Size) == kLocator64) {
            const auto end64 = u64(tail, at - kLocator64Size + 8);
            if (end64 > directory_end || directory_end - end64 < kEnd64Size + kLocator64Size)
                return damaged(name_, "its ZIP64 records are in the wrong place");
            std::vector<std::byte> record(kEnd64Size);
            PYC_TRY(read_at(file_, path_, end64, record));
            if (u32(record, 0) != kEnd64) return damaged(name_, "its ZIP64 record is missing");
            const auto gap = directory_end - end64 - kLocator64Size;
            if (u64(record, 4) != gap - 12)  // 4.3.14.1: without its first twelve bytes
                return damaged(name_, "its ZIP64 record has another size than it says");
            const Directory large{u64(record, 48), u64(record, 40), u64(record, 32)};
            // 4.4.1.4: the small fields are all ones, unless they say the same.
            if (!agrees(directory.offset, large.offset, kIn64) ||
                !agrees(directory.size, large.size, kIn64) ||
                !agrees(directory.count, large.count, 0xFFFF))
                return damaged(name_, "its two directory ends contradict each other");
            directory = large;
            directory_end = end64;
        }
        if (directory.offset > directory_end || directory.size != directory_end - directory.offset)
            return damaged(name_, "its directory is not where it should be");
        if (directory.count > directory.size / kCentralSize)
            return damaged(name_, "its directory is too short");
        return directory;
    }

    Result<ZipEntry> take_entry(Bytes& rest) {
        if (rest.size() < kCentralSize || u32(rest, 0) != kCentral)
            return damaged(name_, "its directory is broken");
        const std::size_t name_size = u16(rest, 28);
        const std::size_t extra_size = u16(rest, 30);
        const auto whole = kCentralSize + name_size + extra_size + u16(rest, 32);
        if (whole > rest.size()) return damaged(name_, "its directory is broken");
        const auto flags = u16(rest, 8);
        ZipEntry entry;
        entry.name = as_text(rest.subspan(kCentralSize, name_size));
        entry.crc32 = u32(rest, 16);
        entry.compressed_size = u32(rest, 20);
        entry.size = u32(rest, 24);
        entry.offset = u32(rest, 42);
        entry.has_descriptor = (flags & kFlagDescriptor) != 0;
        // 4.4.2: the upper byte of "version made by" is the system; 3 is Unix, 19 is macOS. Others
        // write no Unix mode.
        const auto system = u16(rest, 4) >> 8U;
        if (system == 3 || system == 19) entry.unix_mode = u32(rest, 38) >> 16U;
        if (!take_zip64(rest.subspan(kCentralSize + name_size, extra_size),
                        {&entry.size, &entry.compressed_size, &entry.offset}))
            return damaged(name_, "an entry's ZIP64 sizes are missing");
        if (const auto other = unicode_name(rest.subspan(kCentralSize + name_size, extra_size));
            other && *other != entry.name)
            return fail("wheel/unsafe-name", "`{}` has an entry with two names, `{}` and `{}`",
                        name_, printable(entry.name), printable(*other))
                .hint("readers differ in which one counts; do not use this wheel");
        if ((flags & (kFlagEncrypted | kFlagStrongEncryption | kFlagHiddenDirectory)) != 0)
            return fail("wheel/unsupported", "`{}` in `{}` is encrypted", printable(entry.name),
                        name_)
                .hint("wheels are never encrypted: get the file from its publisher");
        const auto method = u16(rest, 10);
        if (method != 0 && method != 8)
            return fail("wheel/unsupported",
                        "`{}` in `{}` is compressed with method {}, which wheels do not use",
                        printable(entry.name), name_, method)
                .hint("build the wheel again with `deflate` or without compression");
        entry.method = method == 0 ? ZipEntry::Method::Stored : ZipEntry::Method::Deflated;
        if (method == 0 && entry.size != entry.compressed_size)
            return damaged(name_, "a stored entry has two sizes");
        rest = rest.subspan(whole);
        return entry;
    }

    Result<void> check_names(std::vector<ZipEntry>& entries) const {
        std::unordered_set<std::string_view> names;
        for (auto& entry : entries) {
            if (entry.name.ends_with('/')) {
                entry.directory = true;
                entry.name.pop_back();
                if (entry.size != 0) return damaged(name_, "a directory has content");
            }
            if (const auto reason = unsafe_name_reason(entry.name))
                return fail("wheel/unsafe-name",
                            "`{}` has an entry `{}`, which is refused: its name {}", name_,
                            printable(entry.name), *reason)
                    .hint("such a file could be written outside its place; do not use this wheel");
            if (!names.insert(entry.name).second)
                return fail("wheel/unsafe-name", "`{}` has two entries named `{}`", name_,
                            printable(entry.name))
                    .hint("readers differ in which one counts; do not use this wheel");
        }
        return check_parents(entries);
    }

    /// No file is also a directory of another entry.
    Result<void> check_parents(const std::vector<ZipEntry>& entries) const {
        std::unordered_set<std::string_view> files;
        for (const auto& entry : entries)
            if (!entry.directory) files.insert(entry.name);
        for (const auto& entry : entries) {
            const std::string_view name = entry.name;
            for (auto slash = name.rfind('/'); slash != std::string_view::npos;
                 slash = name.rfind('/', slash - 1)) {
                const auto parent = name.substr(0, slash);
                if (files.contains(parent))
                    return fail("wheel/unsafe-name",
                                "`{}` has both a file `{}` and something in it", name_,
                                printable(parent))
                        .hint("do not use this wheel");
            }
        }
        return {};
    }

    /// Entries lie one after another without overlap from the start of the file to the directory.
    Result<void> check_places(std::vector<ZipEntry>& entries,
                              std::uint64_t directory_offset) const {
        std::sort(entries.begin(), entries.end(), [](const ZipEntry& left, const ZipEntry& right) {
            return left.offset < right.offset;
        });
        if (!entries.empty() && entries.front().offset != 0)
            return damaged(name_, "there is data before its first entry");
        if (entries.empty() && directory_offset != 0)
            return damaged(name_, "there is data before its directory");
        std::uint64_t total = 0;
        for (std::size_t i = 0; i < entries.size(); ++i) {
            auto& entry = entries[i];
            entry.end = i + 1 < entries.size() ? entries[i + 1].offset : directory_offset;
            if (entry.offset > directory_offset || entry.end < entry.offset ||
                entry.end - entry.offset < kLocalSize + entry.name.size() ||
                entry.compressed_size > entry.end - entry.offset - kLocalSize - entry.name.size())
                return damaged(name_, "its entries overlap");
            if (entry.size > limits_.total_size - std::min(total, limits_.total_size))
                return too_large(
                    fmt::format("it unpacks to more than {}", format_size(limits_.total_size)));
            total += entry.size;
        }
        if (total > kFreeSize && total / limits_.ratio > file_size_)
            return too_large(
                fmt::format("{} unpack to {}", format_size(file_size_), format_size(total)));
        return {};
    }

    const FileDescriptor& file_;
    const std::filesystem::path& path_;
    const std::string& name_;
    const ZipLimits& limits_;
    std::uint64_t file_size_ = 0;
};

}  // namespace

std::optional<std::string_view> unsafe_name_reason(std::string_view name) {
    if (name.empty()) return "is empty";
    if (name.size() > kMaxName) return "is too long";
    if (name.front() == '/') return "is absolute";
    if (name.size() >= 2 && name[1] == ':') return "starts with a drive";
    for (const char c : name) {
        if (c == '\\') return "has a backslash";
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) return "has a control character";
    }
    std::size_t components = 0;
    for (const auto component : split(name, '/')) {
        if (component.empty()) return "has an empty component";
        if (component == ".") return "has a `.` component";
        if (component == "..") return "has a `..` component";
        if (component.size() > 255) return "has a component over 255 bytes";
        if (++components > kMaxComponents) return "has too many components";
    }
    if (is_whiteout(name)) return "would remove other files of the image";
    if (!is_valid_utf8(name)) return "is not UTF-8";
    return std::nullopt;
}

Result<ZipReader> ZipReader::open(const std::filesystem::path& path, std::string display_name,
                                  const ZipLimits& limits) {
    ZipReader reader;
    reader.path_ = path;
    reader.display_name_ = std::move(display_name);
    PYC_TRY_ASSIGN(reader.file_, open_for_reading(path));
    DirectoryReader directory(reader.file_, reader.path_, reader.display_name_, limits);
    PYC_TRY_ASSIGN(reader.entries_, directory.read());
    return reader;
}

Result<void> ZipReader::read(std::uint64_t offset, std::span<std::byte> out) const {
    return read_at(file_, path_, offset, out);
}

/// `region` starts at the local header and holds at least the header, name and extra fields. The
/// body's offset within it.
Result<std::uint64_t> ZipReader::check_local(const ZipEntry& entry, Bytes region) const {
    const auto differs = [&](std::string_view what) {
        return damaged(display_name_, fmt::format("the {} of `{}` differs from the directory's",
                                                  what, printable(entry.name)));
    };
    if (region.size() < kLocalSize || u32(region, 0) != kLocal)
        return damaged(display_name_,
                       fmt::format("the header of `{}` is missing", printable(entry.name)));
    const std::size_t name_size = u16(region, 26);
    const std::size_t extra_size = u16(region, 28);
    const auto body = kLocalSize + name_size + extra_size;
    if (body > region.size() || entry.compressed_size > entry.end - entry.offset - body)
        return damaged(display_name_, "its entries overlap");
    const auto name = as_text(region.subspan(kLocalSize, name_size));
    if (name != (entry.directory ? entry.name + "/" : entry.name)) return differs("name");
    if (u16(region, 8) != (entry.method == ZipEntry::Method::Stored ? 0 : 8))
        return differs("method");
    const auto flags = u16(region, 6);
    if ((flags & kFlagEncrypted) != 0 || ((flags & kFlagDescriptor) != 0) != entry.has_descriptor)
        return differs("kind");
    std::uint64_t compressed_size = u32(region, 18);
    std::uint64_t size = u32(region, 22);
    if (!take_zip64(region.subspan(kLocalSize + name_size, extra_size), {&size, &compressed_size}))
        return differs("size");
    // 4.4.4, bit 3: the values may be zero here and follow the body instead.
    const bool unknown =
        entry.has_descriptor && u32(region, 14) == 0 && compressed_size == 0 && size == 0;
    if (!unknown && (u32(region, 14) != entry.crc32 || compressed_size != entry.compressed_size ||
                     size != entry.size))
        return differs("size or checksum");
    return body;
}

/// 4.3.9: checksum and sizes again, with or without a signature, with 4 or 8 bytes each.
Result<void> ZipReader::check_descriptor(const ZipEntry& entry, Bytes after_body) const {
    if (!entry.has_descriptor) return {};
    for (const std::size_t start : {std::size_t{4}, std::size_t{0}}) {
        if (start == 4 && (after_body.size() < 4 || u32(after_body, 0) != kDescriptor)) continue;
        for (const std::size_t width : {std::size_t{4}, std::size_t{8}}) {
            if (after_body.size() < start + 4 + 2 * width) continue;
            if (u32(after_body, start) == entry.crc32 &&
                number(after_body, start + 4, width) == entry.compressed_size &&
                number(after_body, start + 4 + width, width) == entry.size)
                return {};
        }
    }
    return damaged(display_name_, fmt::format("what follows `{}` differs from the directory",
                                              printable(entry.name)));
}

Result<std::uint64_t> ZipReader::body_offset(const ZipEntry& entry) const {
    const auto most = static_cast<std::size_t>(
        std::min<std::uint64_t>(entry.end - entry.offset, kLocalSize + 2 * 0xFFFF));
    std::vector<std::byte> header(most);
    PYC_TRY(read(entry.offset, header));
    PYC_TRY_ASSIGN(const auto body, check_local(entry, header));
    const auto body_end = entry.offset + body + entry.compressed_size;
    std::vector<std::byte> after(
        static_cast<std::size_t>(std::min<std::uint64_t>(entry.end - body_end, 24)));
    PYC_TRY(read(body_end, after));
    PYC_TRY(check_descriptor(entry, after));
    return entry.offset + body;
}

Result<Bytes> ZipReader::read_body(const ZipEntry& entry, std::vector<std::byte>& buffer) const {
    // One read for header, body and descriptor; a gap after them (aligned archives) is not read.
    const std::uint64_t wanted = kLocalSize + 2 * 0xFFFF + entry.compressed_size + 24;
    const auto whole = static_cast<std::size_t>(std::min(entry.end - entry.offset, wanted));
    if (buffer.size() < whole) buffer.resize(whole);
    const auto region = std::span(buffer).first(whole);
    PYC_TRY(read(entry.offset, region));
    PYC_TRY_ASSIGN(const auto body, check_local(entry, region));
    const auto size = static_cast<std::size_t>(entry.compressed_size);
    const auto start = static_cast<std::size_t>(body);
    PYC_TRY(check_descriptor(entry, Bytes(region).subspan(start + size)));
    return Bytes(region).subspan(start, size);
}

Result<std::string> ZipReader::read_content(const ZipEntry& entry, std::uint64_t limit) const {
    if (entry.size > limit || entry.compressed_size > limit)
        return fail("wheel/too-large", "`{}` in `{}` is larger than {}", printable(entry.name),
                    display_name_, format_size(limit))
            .hint("such files are small in real wheels; do not use this one");
    std::vector<std::byte> buffer;
    PYC_TRY_ASSIGN(const auto body, read_body(entry, buffer));
    std::string content;
    if (entry.method == ZipEntry::Method::Stored) {
        content = as_text(body);
    } else {
        content.resize(static_cast<std::size_t>(entry.size));
        const auto outcome = Inflater().inflate(
            body, std::as_writable_bytes(std::span(content.data(), content.size())));
        if (!outcome || outcome->produced != content.size()) return damaged_entry(*this, entry);
    }
    if (crc32(as_bytes(content)) != entry.crc32) return damaged_entry(*this, entry);
    return content;
}

Failure damaged_entry(const ZipReader& zip, const ZipEntry& entry) {
    return damaged(zip.display_name(), fmt::format("`{}` has not the size and checksum it states",
                                                   printable(entry.name)));
}

}  // namespace pycontainer::archive
