#include "archive/deflate.hpp"

#include "base/result.hpp"

#include <libdeflate.h>
#include <zlib.h>

#include <algorithm>
#include <array>

namespace pycontainer::archive {
namespace {

// Changing it changes every digest: see `kLayerFormat`.
constexpr int kLevel = 6;

constexpr std::array<char, kGzipHeaderSize> kHeader = {'\x1f', '\x8b', 8, 0, 0, 0, 0, 0, 0, '\xff'};

constexpr std::size_t kMostInput = 1U << 30U;  // zlib counts in unsigned int

void append_little_endian(std::string& text, std::uint32_t value) {
    for (unsigned shift = 0; shift < 32; shift += 8)
        text += static_cast<char>((value >> shift) & 0xFFU);
}

}  // namespace

std::string_view gzip_header() {
    return {kHeader.data(), kHeader.size()};
}

std::string gzip_trailer(std::uint32_t crc32, std::uint64_t size) {
    std::string trailer;
    append_little_endian(trailer, crc32);
    append_little_endian(trailer,
                         static_cast<std::uint32_t>(size & 0xFFFFFFFFU));  // RFC 1952: modulo 2^32
    return trailer;
}

std::uint32_t crc32(Bytes bytes, std::uint32_t previous) {
    return libdeflate_crc32(previous, bytes.data(), bytes.size());
}

struct Deflater::State {
    libdeflate_compressor* compressor = libdeflate_alloc_compressor(kLevel);
    State() { PYC_ASSERT(compressor != nullptr); }
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    ~State() { libdeflate_free_compressor(compressor); }
};

Deflater::Deflater() : state_(std::make_unique<State>()) {}
Deflater::~Deflater() = default;
Deflater::Deflater(Deflater&&) noexcept = default;
Deflater& Deflater::operator=(Deflater&&) noexcept = default;

std::string Deflater::gzip_member(Bytes content) {
    std::string member(gzip_header());
    member.resize(kGzipHeaderSize +
                  libdeflate_deflate_compress_bound(state_->compressor, content.size()));
    const auto size = libdeflate_deflate_compress(state_->compressor, content.data(),
                                                  content.size(), member.data() + kGzipHeaderSize,
                                                  member.size() - kGzipHeaderSize);
    PYC_ASSERT(size > 0);  // the bound was kept
    member.resize(kGzipHeaderSize + size);
    return member.append(gzip_trailer(crc32(content), content.size()));
}

struct PartDeflater::State {
    z_stream stream{};
    State() {
        PYC_ASSERT(deflateInit2(&stream, kLevel, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) ==
                   Z_OK);
    }
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    ~State() { deflateEnd(&stream); }
};

PartDeflater::PartDeflater() : state_(std::make_unique<State>()) {}
PartDeflater::~PartDeflater() = default;
PartDeflater::PartDeflater(PartDeflater&&) noexcept = default;
PartDeflater& PartDeflater::operator=(PartDeflater&&) noexcept = default;

std::string PartDeflater::part(Bytes content) {
    auto& stream = state_->stream;
    PYC_ASSERT(content.size() <= kMostInput && deflateReset(&stream) == Z_OK);
    std::string out;
    // The bound is for a whole stream; the marker of the flush takes five bytes and three bits.
    out.resize(deflateBound(&stream, static_cast<uLong>(content.size())) + 16);
    // zlib does not write through next_in; its type is older than const.
    stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(content.data()));
    stream.avail_in = static_cast<uInt>(content.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    const int status = ::deflate(&stream, Z_SYNC_FLUSH);
    PYC_ASSERT((status == Z_OK || (status == Z_BUF_ERROR && content.empty())) &&
               stream.avail_in == 0 && stream.avail_out > 0);
    out.resize(out.size() - stream.avail_out);
    return out;
}

std::string_view deflate_end() {
    return {"\x03\x00", 2};
}

std::string_view part_deflater_version() {
    return zlibVersion();
}

struct Inflater::State {
    libdeflate_decompressor* decompressor = libdeflate_alloc_decompressor();
    State() { PYC_ASSERT(decompressor != nullptr); }
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    ~State() { libdeflate_free_decompressor(decompressor); }
};

Inflater::Inflater() : state_(std::make_unique<State>()) {}
Inflater::~Inflater() = default;
Inflater::Inflater(Inflater&&) noexcept = default;
Inflater& Inflater::operator=(Inflater&&) noexcept = default;

std::optional<Inflater::Outcome> Inflater::inflate(Bytes input, std::span<std::byte> out) {
    Outcome outcome;
    const auto result = libdeflate_deflate_decompress_ex(state_->decompressor, input.data(),
                                                         input.size(), out.data(), out.size(),
                                                         &outcome.consumed, &outcome.produced);
    if (result != LIBDEFLATE_SUCCESS) return std::nullopt;
    return outcome;
}

struct StreamInflater::State {
    z_stream stream{};
    explicit State(int window_bits) { PYC_ASSERT(inflateInit2(&stream, window_bits) == Z_OK); }
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    ~State() { inflateEnd(&stream); }
};

StreamInflater::StreamInflater(Format format)
    : state_(std::make_unique<State>(format == Format::Raw ? -MAX_WBITS : MAX_WBITS + 16)) {}
StreamInflater::~StreamInflater() = default;
StreamInflater::StreamInflater(StreamInflater&&) noexcept = default;
StreamInflater& StreamInflater::operator=(StreamInflater&&) noexcept = default;

std::optional<StreamInflater::Step> StreamInflater::step(Bytes input, std::span<std::byte> out) {
    auto& stream = state_->stream;
    const auto in_size = static_cast<uInt>(std::min(input.size(), kMostInput));
    const auto out_size = static_cast<uInt>(std::min(out.size(), kMostInput));
    // zlib does not write through next_in; its type is older than const.
    stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(input.data()));
    stream.avail_in = in_size;
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = out_size;
    const int status = ::inflate(&stream, Z_NO_FLUSH);
    if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR) return std::nullopt;
    return Step{in_size - stream.avail_in, out_size - stream.avail_out, status == Z_STREAM_END};
}

void StreamInflater::reset() {
    inflateReset(&state_->stream);
}

}  // namespace pycontainer::archive
