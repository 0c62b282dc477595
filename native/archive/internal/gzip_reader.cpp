#include "archive/internal/gzip_reader.hpp"

#include <isa-l/igzip_lib.h>
#include <limits>

namespace pycontainer::archive {
namespace {

constexpr std::size_t kPiece = 128U << 10U;
constexpr std::byte kMagic[] = {std::byte{0x1f}, std::byte{0x8b}};

Failure damaged(const char* reason) {
    return fail("archive/damaged", "{}", reason);
}

const char* reason_of(int status) {
    switch (status) {
        case ISAL_INCORRECT_CHECKSUM: return "the gzip checksum is wrong";
        case ISAL_INVALID_WRAPPER:
        case ISAL_UNSUPPORTED_METHOD: return "the gzip header is invalid";
        default: return "the compressed data are invalid";
    }
}

}  // namespace

bool is_gzip(Bytes start) {
    return start.size() >= 2 && start[0] == kMagic[0] && start[1] == kMagic[1];
}

struct GzipReader::State {
    std::vector<std::byte> input;
    std::size_t available = 0;  ///< bytes in `input`, from the front, of which ISA-L has some
    ByteReader source;
    bool done = false;
    inflate_state inflater{};

    /// Sees to it that there are two bytes to look at, if there are two.
    Result<void> refill() {
        if (inflater.avail_in >= 2) return {};
        if (inflater.avail_in == 1) input[0] = std::byte{*inflater.next_in};
        available = inflater.avail_in;
        input.resize(kPiece);
        while (available < 2) {
            PYC_TRY_ASSIGN(const auto count, source(std::span(input).subspan(available)));
            if (count == 0) break;
            available += count;
        }
        inflater.next_in = reinterpret_cast<std::uint8_t*>(input.data());
        inflater.avail_in = static_cast<std::uint32_t>(available);
        return {};
    }

    bool at_member() const {
        return is_gzip(std::as_bytes(std::span(inflater.next_in, inflater.avail_in)));
    }
};

GzipReader::GzipReader(std::vector<std::byte> start, ByteReader source)
    : state_(std::make_unique<State>()) {
    state_->input = std::move(start);
    state_->source = std::move(source);
    auto& inflater = state_->inflater;
    isal_inflate_init(&inflater);
    inflater.crc_flag = ISAL_GZIP;
    inflater.next_in = reinterpret_cast<std::uint8_t*>(state_->input.data());
    inflater.avail_in = static_cast<std::uint32_t>(state_->input.size());
}

GzipReader::GzipReader(GzipReader&&) noexcept = default;
GzipReader::~GzipReader() = default;

Result<std::size_t> GzipReader::read(std::span<std::byte> out) {
    auto& inflater = state_->inflater;
    inflater.next_out = reinterpret_cast<std::uint8_t*>(out.data());
    inflater.avail_out = static_cast<std::uint32_t>(
        std::min<std::size_t>(out.size(), std::numeric_limits<std::uint32_t>::max()));
    const auto wanted = inflater.avail_out;
    while (!state_->done && inflater.avail_out == wanted) {
        PYC_TRY(state_->refill());
        const bool at_end = inflater.avail_in == 0;
        if (const int status = isal_inflate(&inflater); status != ISAL_DECOMP_OK)
            return damaged(reason_of(status));
        if (inflater.block_state == ISAL_BLOCK_FINISH) {
            PYC_TRY(state_->refill());
            if (!state_->at_member()) {
                state_->done = true;
            } else {
                isal_inflate_reset(&inflater);  // RFC 1952, 2.2: members follow one another
                inflater.crc_flag = ISAL_GZIP;
            }
        } else if (at_end && inflater.avail_out == wanted) {
            return damaged("the compressed data end too early");
        }
    }
    return wanted - inflater.avail_out;
}

}  // namespace pycontainer::archive
