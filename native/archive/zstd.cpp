#include "archive/zstd.hpp"

#include "base/result.hpp"

#include <zstd.h>

namespace pycontainer::archive {
namespace {

constexpr int kLevel = 3;

}  // namespace

struct ZstdCompressor::State {
    ZSTD_CCtx* context = ZSTD_createCCtx();
    State() {
        PYC_ASSERT(context != nullptr);
        set(ZSTD_c_compressionLevel, kLevel);
        set(ZSTD_c_checksumFlag, 1);
    }
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    ~State() { ZSTD_freeCCtx(context); }

private:
    void set(ZSTD_cParameter parameter, int value) const {
        PYC_ASSERT(ZSTD_isError(ZSTD_CCtx_setParameter(context, parameter, value)) == 0);
    }
};

ZstdCompressor::ZstdCompressor() : state_(std::make_unique<State>()) {}
ZstdCompressor::~ZstdCompressor() = default;
ZstdCompressor::ZstdCompressor(ZstdCompressor&&) noexcept = default;
ZstdCompressor& ZstdCompressor::operator=(ZstdCompressor&&) noexcept = default;

std::string ZstdCompressor::frame(Bytes content) {
    std::string out;
    out.resize(ZSTD_compressBound(content.size()));
    const auto size =
        ZSTD_compress2(state_->context, out.data(), out.size(), content.data(), content.size());
    PYC_ASSERT(ZSTD_isError(size) == 0);  // the bound was kept
    out.resize(size);
    return out;
}

unsigned zstd_version() {
    return ZSTD_versionNumber();
}

}  // namespace pycontainer::archive
