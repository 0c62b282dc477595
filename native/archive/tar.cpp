#include "archive/tar.hpp"

#include "base/result.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace pycontainer::archive {
namespace {

// Field places and sizes: POSIX pax, table "ustar Header Block".
struct Field {
    std::size_t offset;
    std::size_t size;
};
constexpr Field kName{0, 100}, kMode{100, 8}, kUid{108, 8}, kGid{116, 8}, kSize{124, 12},
    kMtime{136, 12}, kChecksum{148, 8}, kTypeFlag{156, 1}, kLinkName{157, 100}, kMagic{257, 8},
    kDevMajor{329, 8}, kDevMinor{337, 8}, kPrefix{345, 155};

constexpr std::array<char, 1024> kZeros{};

bool is_ascii(std::string_view text) {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

class Block {
public:
    void text(Field field, std::string_view value) {
        std::copy_n(value.begin(), std::min(value.size(), field.size),
                    bytes_.begin() + to_difference(field.offset));
    }
    /// Octal digits and a NUL. False when it does not fit.
    bool number(Field field, std::uint64_t value) {
        for (std::size_t i = field.size - 1; i-- > 0; value >>= 3U)
            bytes_[field.offset + i] = static_cast<char>('0' + (value & 7U));
        return value == 0;
    }
    std::string finish() {
        text(kChecksum, "        ");  // counted as spaces
        std::uint64_t sum = 0;
        for (const char c : bytes_) sum += static_cast<unsigned char>(c);
        number({kChecksum.offset, 7}, sum);  // six digits, NUL, space
        bytes_[kChecksum.offset + 6] = '\0';
        return {bytes_.data(), bytes_.size()};
    }

private:
    static std::ptrdiff_t to_difference(std::size_t value) {
        return static_cast<std::ptrdiff_t>(value);
    }
    std::array<char, kTarBlock> bytes_{};
};

/// Where to cut a path into prefix and name; nothing when no cut fits.
std::optional<std::size_t> split_point(std::string_view path) {
    for (auto slash = path.find('/'); slash != std::string_view::npos && slash <= kPrefix.size;
         slash = path.find('/', slash + 1))
        if (slash > 0 && path.size() - slash - 1 <= kName.size && slash + 1 < path.size())
            return slash;
    return std::nullopt;
}

/// False when the path does not fit into name and prefix.
bool put_path(Block& block, std::string_view path) {
    if (!is_ascii(path)) return false;
    if (path.size() <= kName.size) {
        block.text(kName, path);
        return true;
    }
    const auto cut = split_point(path);
    if (!cut) return false;
    block.text(kPrefix, path.substr(0, *cut));
    block.text(kName, path.substr(*cut + 1));
    return true;
}

/// "%d %s=%s\n" with its own length in front (pax, "pax Extended Header").
std::string pax_record(std::string_view key, std::string_view value) {
    const auto rest = key.size() + value.size() + 3;
    auto length = rest + 1;
    while (std::to_string(length).size() + rest != length)
        length = std::to_string(length).size() + rest;
    return fmt::format("{} {}={}\n", length, key, value);
}

void put_common(Block& block, char type, std::uint32_t mode) {
    block.number(kMode, mode & 07777U);
    block.text(kTypeFlag, std::string_view(&type, 1));
    block.text(kMagic, std::string_view("ustar\00000", 8));
    block.number(kDevMajor, 0);
    block.number(kDevMinor, 0);
}

std::string extended_header(std::string_view path, const std::string& records) {
    // Readers that do not know pax make a file of it, so it gets a telling name; it takes no part
    // in what others extract.
    std::string name = "PaxHeaders.0/";
    for (const char c : path.substr(path.rfind('/') + 1).substr(0, 80))
        name += is_ascii({&c, 1}) ? c : '_';
    Block block;
    block.text(kName, name);
    put_common(block, 'x', 0644);
    block.number(kUid, 0);
    block.number(kGid, 0);
    block.number(kSize, records.size());
    block.number(kMtime, 0);
    auto result = block.finish() + records;
    return result.append(tar_zeros(tar_padding(records.size())));
}

}  // namespace

std::string tar_header(const TarHeader& header) {
    const bool directory = header.type == FileEntry::Type::Directory;
    const bool symlink = header.type == FileEntry::Type::Symlink;
    std::string path(header.path);
    if (directory) path += '/';

    Block block;
    std::string records;  // keys in alphabetical order
    put_common(block, directory ? '5' : symlink ? '2' : '0', header.mode);
    if (!block.number(kGid, header.gid)) records += pax_record("gid", std::to_string(header.gid));
    if (symlink) {
        block.text(kLinkName, header.link);
        if (!is_ascii(header.link) || header.link.size() > kLinkName.size)
            records += pax_record("linkpath", header.link);
    }
    if (header.mtime < 0 || !block.number(kMtime, static_cast<std::uint64_t>(header.mtime))) {
        block.number(kMtime, 0);
        records += pax_record("mtime", std::to_string(header.mtime));
    }
    if (!put_path(block, path)) {
        block.text(kName, path);  // cut; the record overrides it
        records += pax_record("path", path);
    }
    const auto size = directory || symlink ? 0 : header.size;
    if (!block.number(kSize, size)) records += pax_record("size", std::to_string(size));
    if (!block.number(kUid, header.uid)) records += pax_record("uid", std::to_string(header.uid));
    if (records.empty()) return block.finish();
    return extended_header(header.path, records) + block.finish();
}

std::string_view tar_end() {
    return tar_zeros(2 * kTarBlock);
}

std::string_view tar_zeros(std::uint64_t count) {
    PYC_ASSERT(count <= kZeros.size());
    return {kZeros.data(), static_cast<std::size_t>(count)};
}

}  // namespace pycontainer::archive
