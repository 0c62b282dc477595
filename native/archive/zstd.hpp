#pragma once

// zstd frames (RFC 8878). Concatenated frames are one valid stream, as gzip members are.

#include "base/digest.hpp"

#include <memory>
#include <string>

namespace pycontainer::archive {

/// Makes frames with content size and checksum. The level is fixed, as it is part of what a layer's
/// digest depends on. One thread at a time.
class ZstdCompressor {
public:
    ZstdCompressor();
    ~ZstdCompressor();
    ZstdCompressor(ZstdCompressor&&) noexcept;
    ZstdCompressor& operator=(ZstdCompressor&&) noexcept;

    std::string frame(Bytes content);

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// Part of every key under which such a layer is remembered: other versions of the library may give
/// other bytes.
unsigned zstd_version();

}  // namespace pycontainer::archive
