#include "archive/zstd.hpp"

#include <gtest/gtest.h>

namespace pycontainer::archive {
namespace {

TEST(Zstd, FramesHaveSizeAndChecksum) {
    const auto frame = ZstdCompressor().frame(as_bytes("hello"));
    // RFC 8878, section 3.1.1: magic, then a descriptor with a single segment, one byte of content
    // size and a checksum; the size; a raw block of five bytes, the last one; the checksum.
    EXPECT_EQ(to_hex(as_bytes(frame).first(9)), "28b52ffd2405290000");
    EXPECT_EQ(frame.substr(9, 5), "hello");
    EXPECT_EQ(frame.size(), 18U);
}

TEST(Zstd, FramesDependOnTheirContentAlone) {
    ZstdCompressor compressor;
    const std::string text = std::string(300'000, 'x') + "end";
    const auto first = compressor.frame(as_bytes(text));
    EXPECT_LT(first.size(), 1000U);
    EXPECT_NE(compressor.frame(as_bytes("other")), first);
    EXPECT_EQ(compressor.frame(as_bytes(text)), first);
    EXPECT_EQ(ZstdCompressor().frame(as_bytes(text)), first);
    EXPECT_GT(zstd_version(), 10000U);
}

}  // namespace
}  // namespace pycontainer::archive
