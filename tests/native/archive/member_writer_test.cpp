#include "archive/member_writer.hpp"

#include "archive/deflate.hpp"
#include "support/result_matchers.hpp"

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace pycontainer::archive {
namespace {

constexpr std::array kAll = {Compression::Gzip, Compression::GzipSingle, Compression::Zstd,
                             Compression::None};

std::string sample(std::size_t size) {
    std::string text;
    std::uint32_t state = 1;
    while (text.size() < size) {
        state = state * 1664525U + 1013904223U;
        text += std::to_string(state >> 20U);
    }
    text.resize(size);
    return text;
}

TEST(MemberWriter, GivesTheSameBytesForAnyNumberOfThreads) {
    const auto text = sample(2'500'000);
    for (const auto compression : kAll) {
        SCOPED_TRACE(to_string(compression));
        std::string first;
        for (const unsigned threads : {1U, 2U, 5U}) {
            std::string out;
            MemberWriter writer(
                [&](Bytes bytes) -> Result<void> {
                    out += as_text(bytes);
                    return {};
                },
                compression, threads);
            for (std::size_t at = 0; at < text.size(); at += 700'001)
                ASSERT_OK(writer.write(std::string_view(text).substr(at, 700'001)));
            const auto totals = writer.finish();
            ASSERT_OK(totals);
            EXPECT_EQ(totals->size, out.size());
            EXPECT_EQ(totals->digest, Digest::of(out));
            EXPECT_EQ(totals->tar_size, text.size());
            EXPECT_EQ(totals->diff_id, Digest::of(text));
            if (first.empty()) first = out;
            EXPECT_TRUE(out == first) << threads << " threads";
        }
    }
}

TEST(MemberWriter, WritesOneMemberWhereAsked) {
    const auto text = sample(2'500'000);
    std::string out;
    MemberWriter writer(
        [&](Bytes bytes) -> Result<void> {
            out += as_text(bytes);
            return {};
        },
        Compression::GzipSingle);
    ASSERT_OK(writer.write(text));
    ASSERT_OK(writer.finish());
    StreamInflater inflater(StreamInflater::Format::Gzip);
    std::vector<std::byte> content(text.size() + 1);
    const auto step = inflater.step(as_bytes(out), content);
    ASSERT_TRUE(step);
    EXPECT_TRUE(step->finished);
    EXPECT_EQ(step->consumed, out.size());
    EXPECT_TRUE(as_text(Bytes(content).first(step->produced)) == text);
}

TEST(MemberWriter, NamesItsCompressions) {
    for (const auto compression : kAll)
        EXPECT_EQ(compression_named(to_string(compression)), compression);
    EXPECT_EQ(to_string(Compression::GzipSingle), "gzip-single");
    EXPECT_FALSE(compression_named("Gzip"));
    EXPECT_FALSE(compression_named(""));
    EXPECT_EQ(compression_key(Compression::Gzip), "gzip");
    EXPECT_TRUE(compression_key(Compression::Zstd).starts_with("zstd 1"));
}

TEST(MemberWriter, PutsForeignMembersBetweenItsOwn) {
    for (const unsigned threads : {1U, 3U}) {
        std::string out;
        MemberWriter writer(
            [&](Bytes bytes) -> Result<void> {
                out += as_text(bytes);
                return {};
            },
            Compression::Gzip, threads);
        const auto foreign = Deflater().gzip_member(as_bytes("foreign"));
        ASSERT_OK(writer.write("before "));
        ASSERT_OK(writer.write_raw(std::string_view(foreign).substr(0, 5)));
        ASSERT_OK(writer.write_raw(std::string_view(foreign).substr(5)));
        writer.add_content(as_bytes("foreign"));
        ASSERT_OK(writer.write(" after"));
        const auto totals = writer.finish();
        ASSERT_OK(totals);
        Deflater deflater;
        EXPECT_EQ(out, deflater.gzip_member(as_bytes("before ")) + foreign +
                           deflater.gzip_member(as_bytes(" after")));
        EXPECT_EQ(totals->diff_id, Digest::of("before foreign after"));
    }
}

TEST(MemberWriter, PassesTheSinksErrorOn) {
    for (const unsigned threads : {1U, 2U}) {
        MemberWriter writer(
            [](Bytes) -> Result<void> { return fail("file/disk-full", "no space"); },
            Compression::Gzip, threads);
        const auto text = sample(6'000'000);
        const auto result = [&]() -> Result<void> {
            PYC_TRY(writer.write(text));
            PYC_TRY(writer.finish());
            return {};
        }();
        EXPECT_ERROR(result, "file/disk-full");
    }
}

}  // namespace
}  // namespace pycontainer::archive
