#pragma once

// The bytes of a tar archive around the contents: headers, padding, end. The same input gives the
// same bytes everywhere.
//
// POSIX.1-2017 pax interchange format (`pax`, "pax Interchange Format" and "ustar Interchange
// Format"): a plain ustar header wherever it can say everything, an extended header before it where
// it cannot – long or non-ASCII names, sizes from 8 GiB on, times before 1970. User and group names
// are never written.

#include "archive/file_entry.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace pycontainer::archive {

constexpr std::uint64_t kTarBlock = 512;

struct TarHeader {
    std::string_view path{};  ///< without a trailing slash; a directory's is written with one
    FileEntry::Type type = FileEntry::Type::File;
    std::uint32_t mode = 0644;
    std::uint64_t size = 0;  ///< files only
    std::int64_t mtime = 0;
    std::string_view link{};
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
};

/// The header of an entry, a multiple of 512 bytes; the content and `tar_padding(size)` zeros
/// follow it.
std::string tar_header(const TarHeader& header);

constexpr std::uint64_t tar_padding(std::uint64_t size) {
    return (kTarBlock - size % kTarBlock) % kTarBlock;
}

/// The two zero blocks that end an archive.
std::string_view tar_end();
/// `count` zeros, at most 1024.
std::string_view tar_zeros(std::uint64_t count);

}  // namespace pycontainer::archive
