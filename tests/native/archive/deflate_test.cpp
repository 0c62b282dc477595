#include "archive/deflate.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace pycontainer::archive {
namespace {

/// Inflates all members of `gzip`, as any reader of a layer does.
std::string gunzip(std::string_view gzip) {
    std::string text;
    StreamInflater inflater(StreamInflater::Format::Gzip);
    std::vector<std::byte> buffer(1000);
    while (!gzip.empty()) {
        const auto step = inflater.step(as_bytes(gzip), buffer);
        if (!step || (step->consumed == 0 && step->produced == 0)) return "damaged";
        gzip.remove_prefix(step->consumed);
        text += as_text(Bytes(buffer).first(step->produced));
        if (step->finished) inflater.reset();
    }
    return text;
}

TEST(Deflate, MembersConcatenateIntoOneStream) {
    Deflater deflater;
    const auto long_text = std::string(100'000, 'x') + "end";
    const auto stream = deflater.gzip_member(as_bytes("hello ")) + deflater.gzip_member({}) +
                        deflater.gzip_member(as_bytes(long_text));
    EXPECT_EQ(gunzip(stream), "hello " + long_text);
}

TEST(Deflate, MembersHaveNoTimeAndNoSystem) {
    const auto member = Deflater().gzip_member(as_bytes("hello"));
    EXPECT_EQ(to_hex(as_bytes(member).first(10)), "1f8b08000000000000ff");
    EXPECT_EQ(to_hex(as_bytes(member).last(8)), "86a6103605000000");  // CRC-32 of "hello", 5
}

TEST(Deflate, PartsAreOneMember) {
    PartDeflater deflater;
    const auto text = std::string(200'000, 'x') + "end";
    const auto member = std::string(gzip_header()) + deflater.part(as_bytes("hello ")) +
                        deflater.part({}) + deflater.part(as_bytes(text)) +
                        std::string(deflate_end()) +
                        gzip_trailer(crc32(as_bytes("hello " + text)), text.size() + 6);
    StreamInflater inflater(StreamInflater::Format::Gzip);
    std::vector<std::byte> out(300'000);
    const auto step = inflater.step(as_bytes(member), out);
    ASSERT_TRUE(step);
    EXPECT_TRUE(step->finished);  // there is nothing after the first member
    EXPECT_EQ(step->consumed, member.size());
    EXPECT_EQ(as_text(Bytes(out).first(step->produced)), "hello " + text);
    EXPECT_EQ(PartDeflater().part(as_bytes(text)), deflater.part(as_bytes(text)));
}

TEST(Deflate, InflatesExactlyAndSaysWhatItUsed) {
    const std::string text = "hello hello hello";
    auto raw = Deflater().gzip_member(as_bytes(text)).substr(kGzipHeaderSize);
    raw.resize(raw.size() - kGzipTrailerSize);
    std::string out(text.size(), '\0');
    const auto inflate = [&](std::string_view input, std::size_t size) {
        return Inflater().inflate(as_bytes(input),
                                  std::as_writable_bytes(std::span(out.data(), size)));
    };

    const auto whole = inflate(raw, out.size());
    ASSERT_TRUE(whole);
    EXPECT_EQ(whole->consumed, raw.size());
    EXPECT_EQ(whole->produced, text.size());
    EXPECT_EQ(out, text);

    const auto more = inflate(raw + "tail", out.size());
    ASSERT_TRUE(more);
    EXPECT_EQ(more->consumed, raw.size());

    EXPECT_FALSE(inflate(raw, out.size() - 1));
    EXPECT_FALSE(inflate(std::string_view(raw).substr(0, raw.size() - 2), out.size()));
    EXPECT_FALSE(inflate("\xff\xff\xff\xff", out.size()));
}

TEST(Deflate, StreamsWhatIsTooLarge) {
    const std::string text(3'000'000, 'y');
    auto raw = Deflater().gzip_member(as_bytes(text)).substr(kGzipHeaderSize);
    StreamInflater inflater;
    std::vector<std::byte> buffer(65536);
    std::uint64_t produced = 0;
    bool finished = false;
    std::string_view rest = raw;
    while (!finished) {
        const auto step = inflater.step(as_bytes(rest), buffer);
        ASSERT_TRUE(step);
        rest.remove_prefix(step->consumed);
        produced += step->produced;
        finished = step->finished;
    }
    EXPECT_EQ(produced, text.size());
    EXPECT_EQ(rest.size(), kGzipTrailerSize);
    EXPECT_FALSE(StreamInflater().step(as_bytes("\xff\xff\xff\xff"), buffer));
}

}  // namespace
}  // namespace pycontainer::archive
