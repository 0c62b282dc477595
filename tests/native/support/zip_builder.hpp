#pragma once

// ZIP archives made in memory, right ones and every kind of wrong one.

#include "archive/deflate.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pycontainer::testing {

struct ZipFile {
    std::string name{};
    std::string content{};
    std::uint32_t mode = 0100644;  ///< Unix mode; 0: not made on Unix
    bool stored = false;
    bool descriptor = false;  ///< sizes after the body
    bool zip64 = false;       ///< sizes in ZIP64 fields

    // What a hostile archive says instead.
    std::optional<std::string> local_name{};
    std::optional<std::uint32_t> crc32{};
    std::optional<std::uint64_t> local_size{};
    std::optional<std::uint64_t> size{};
    std::string after_deflate{};  ///< inside the compressed size, after the final block
    std::uint16_t flags = 0;
    std::optional<std::uint16_t> method{};
    std::optional<std::string> unicode_name{};  ///< in an extra field, beside the name
};

inline std::string raw_deflate(std::string_view content) {
    const auto member = archive::Deflater().gzip_member(as_bytes(content));
    return member.substr(archive::kGzipHeaderSize,
                         member.size() - archive::kGzipHeaderSize - archive::kGzipTrailerSize);
}

class ZipBuilder {
public:
    ZipBuilder& add(ZipFile file) {
        files_.push_back(std::move(file));
        return *this;
    }
    ZipBuilder& add(std::string name, std::string content) {
        return add(ZipFile{.name = std::move(name), .content = std::move(content)});
    }

    std::string build(std::string_view comment = {}) const {
        std::string bytes;
        std::string directory;
        for (const auto& file : files_) append(file, bytes, directory);
        const auto offset = bytes.size();
        bytes += directory;
        put(bytes, 0x06054b50, 4);
        put(bytes, 0, 4);
        put(bytes, files_.size(), 2);
        put(bytes, files_.size(), 2);
        put(bytes, directory.size(), 4);
        put(bytes, offset, 4);
        put(bytes, comment.size(), 2);
        return bytes.append(comment);
    }

    static void put(std::string& bytes, std::uint64_t value, unsigned size) {
        for (unsigned i = 0; i < size; ++i, value >>= 8U) bytes += static_cast<char>(value & 0xFFU);
    }

private:
    static void append(const ZipFile& file, std::string& bytes, std::string& directory) {
        const auto body =
            (file.stored ? file.content : raw_deflate(file.content)) + file.after_deflate;
        const auto crc = file.crc32.value_or(archive::crc32(as_bytes(file.content)));
        const auto size = file.size.value_or(file.content.size());
        const auto method = file.method.value_or(file.stored ? 0 : 8);
        const auto flags =
            static_cast<std::uint16_t>(file.flags | (file.descriptor ? 8U : 0U) | 0x800U);
        const auto name = file.local_name.value_or(file.name);
        const auto offset = bytes.size();
        const auto fields = [&](std::string& out, std::uint64_t uncompressed, bool zero) {
            put(out, flags, 2);
            put(out, method, 2);
            put(out, 0, 4);  // time and date
            put(out, zero ? 0 : crc, 4);
            put(out, zero ? 0 : file.zip64 ? 0xFFFFFFFF : body.size(), 4);
            put(out, zero ? 0 : file.zip64 ? 0xFFFFFFFF : uncompressed, 4);
        };
        std::string extra;
        if (file.zip64) {
            put(extra, 1, 2);
            put(extra, 16, 2);
            put(extra, size, 8);
            put(extra, body.size(), 8);
        }
        if (file.unicode_name) {
            put(extra, 0x7075, 2);
            put(extra, 5 + file.unicode_name->size(), 2);
            put(extra, 1, 1);
            put(extra, archive::crc32(as_bytes(file.name)), 4);
            extra += *file.unicode_name;
        }
        put(bytes, 0x04034b50, 4);
        put(bytes, 20, 2);
        fields(bytes, file.local_size.value_or(size), file.descriptor);
        put(bytes, name.size(), 2);
        put(bytes, extra.size(), 2);
        bytes += name + extra + body;
        if (file.descriptor) {
            put(bytes, 0x08074b50, 4);
            put(bytes, crc, 4);
            put(bytes, body.size(), 4);
            put(bytes, size, 4);
        }
        put(directory, 0x02014b50, 4);
        put(directory, (file.mode == 0 ? 0U : 3U << 8U) | 20U, 2);
        put(directory, 20, 2);
        fields(directory, size, false);
        put(directory, file.name.size(), 2);
        put(directory, extra.size(), 2);
        put(directory, 0, 2);  // comment
        put(directory, 0, 4);  // disk, internal attributes
        put(directory, static_cast<std::uint64_t>(file.mode) << 16U, 4);
        put(directory, offset, 4);
        directory += file.name + extra;
    }

    std::vector<ZipFile> files_;
};

}  // namespace pycontainer::testing
