#pragma once

// Raw deflate and gzip members, both ways (RFC 1951, RFC 1952).
//
// A member made here has a fixed header – no name, no time, OS 255 – so its bytes follow from the
// content and the compressor alone. Concatenated members are one valid gzip stream (RFC 1952,
// section 2.2).

#include "base/digest.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace pycontainer::archive {

/// What turns a raw deflate stream into a gzip member: this before it, `gzip_trailer` after it.
std::string_view gzip_header();
std::string gzip_trailer(std::uint32_t crc32, std::uint64_t size);
constexpr std::size_t kGzipHeaderSize = 10;
constexpr std::size_t kGzipTrailerSize = 8;

/// CRC-32 (RFC 1952, section 8) of `bytes` after those that gave `previous`.
std::uint32_t crc32(Bytes bytes, std::uint32_t previous = 0);

/// Makes members. The level is fixed, as it is part of what a layer's digest depends on. One thread
/// at a time.
class Deflater {
public:
    Deflater();
    ~Deflater();
    Deflater(Deflater&&) noexcept;
    Deflater& operator=(Deflater&&) noexcept;

    std::string gzip_member(Bytes content);

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// Makes the parts of one long deflate stream, each by itself, so that they can be made side by
/// side. One thread at a time.
class PartDeflater {
public:
    PartDeflater();
    ~PartDeflater();
    PartDeflater(PartDeflater&&) noexcept;
    PartDeflater& operator=(PartDeflater&&) noexcept;

    /// Ends at a byte and is not the last: any part, or `deflate_end`, may follow.
    std::string part(Bytes content);

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// An empty last block (RFC 1951, section 3.2.3).
std::string_view deflate_end();
/// Of the library that makes the parts: others may make other bytes of the same content.
std::string_view part_deflater_version();

/// Inflates whole streams into memory. One thread at a time.
class Inflater {
public:
    Inflater();
    ~Inflater();
    Inflater(Inflater&&) noexcept;
    Inflater& operator=(Inflater&&) noexcept;

    struct Outcome {
        std::size_t consumed = 0;
        std::size_t produced = 0;
    };
    /// Inflates the raw stream at the start of `input`. Nothing: it is damaged, incomplete, or
    /// larger than `out`.
    std::optional<Outcome> inflate(Bytes input, std::span<std::byte> out);

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// Inflates streams that are too large for that, piece by piece. One thread at a time.
class StreamInflater {
public:
    enum class Format { Raw, Gzip };
    explicit StreamInflater(Format format = Format::Raw);
    ~StreamInflater();
    StreamInflater(StreamInflater&&) noexcept;
    StreamInflater& operator=(StreamInflater&&) noexcept;

    struct Step {
        std::size_t consumed = 0;
        std::size_t produced = 0;
        bool finished = false;  ///< the final block, or a member's trailer, was read
    };
    /// Takes what it can of `input` and fills what it can of `out`. Nothing: the stream is damaged.
    std::optional<Step> step(Bytes input, std::span<std::byte> out);
    /// Starts anew, for the next member.
    void reset();

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace pycontainer::archive
