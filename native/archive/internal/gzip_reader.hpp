#pragma once

// Inflates gzip files (RFC 1952) as they come in, of any number of members, in bounded memory.
//
// For streams of others, layers of base images above all; a body whose sizes are known is inflated
// by deflate.hpp.

#include "archive/layer_reader.hpp"
#include "base/digest.hpp"

#include <memory>
#include <vector>

namespace pycontainer::archive {

/// Whether `start`, the first bytes of a file, are those of a gzip member.
bool is_gzip(Bytes start);

/// One thread at a time.
class GzipReader {
public:
    /// Reads `start` and then what `source` gives.
    GzipReader(std::vector<std::byte> start, ByteReader source);
    GzipReader(GzipReader&&) noexcept;
    ~GzipReader();

    /// Fills `out` from the front and says how much; 0 at the end. Bytes after the last member that
    /// do not start another one end the stream, as gzip does it.
    /// Errors: `archive/damaged` for invalid or cut data and wrong checksums; the source's.
    Result<std::size_t> read(std::span<std::byte> out);

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace pycontainer::archive
