#include "net/streamed_source.hpp"

#include "support/result_matchers.hpp"
#include "support/test_context.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>

namespace pycontainer::net {
namespace {

class StreamedSourceTest : public ::testing::Test {
protected:
    /// Writes `content` in pieces of `piece` bytes, then ends as `result` says.
    BodyProducer producer(std::string content, std::size_t piece = 1000, Result<void> result = {}) {
        return [this, content = std::move(content), piece, result](
                   const exec::Context& ctx, const ByteSink& sink) -> Result<void> {
            ++runs_;
            for (std::size_t at = 0; at < content.size(); at += piece) {
                PYC_TRY(ctx.check());
                PYC_TRY(sink(as_bytes(std::string_view(content).substr(at, piece))));
                written_ += std::min(piece, content.size() - at);
            }
            return result;
        };
    }
    /// Reads from `offset` on, `piece` bytes at a time.
    static Result<std::string> read_all(const BodySource& source, std::uint64_t offset = 0,
                                        std::size_t piece = 700) {
        std::string got;
        std::string buffer(piece, '\0');
        for (;;) {
            PYC_TRY_ASSIGN(
                const auto count,
                source.read(offset + got.size(), std::as_writable_bytes(std::span(buffer))));
            if (count == 0) return got;
            got.append(buffer, 0, count);
        }
    }
    static std::string text(std::size_t size) {
        std::string made(size, '\0');
        for (std::size_t i = 0; i < size; ++i) made[i] = static_cast<char>('a' + i * 7 % 26);
        return made;
    }

    testing::TestContext context_;
    std::atomic<int> runs_{0};
    std::atomic<std::size_t> written_{0};
};

TEST_F(StreamedSourceTest, GivesWhatIsWritten) {
    for (const std::size_t size : {0U, 1U, 999U, 1000U, 5'000'000U}) {
        const auto content = text(size);
        const auto source = streamed_source(context_.ctx, size, producer(content, 4096));
        EXPECT_EQ(read_all(source, 0, 3000).value(), content);
    }
}

TEST_F(StreamedSourceTest, BeginsAnewForAnEarlierOffsetAndSkipsToALaterOne) {
    const auto content = text(10'000);
    const auto source = streamed_source(context_.ctx, content.size(), producer(content));
    EXPECT_EQ(read_all(source, 2500).value(), content.substr(2500));
    EXPECT_EQ(runs_, 1);
    EXPECT_EQ(read_all(source).value(), content);
    EXPECT_EQ(runs_, 2);
    EXPECT_EQ(read_all(source, 10'000).value(), "");
    EXPECT_EQ(runs_, 2);
}

TEST_F(StreamedSourceTest, KeepsTheLastByteUntilAllIsKnownToBeRight) {
    const Result<void> wrong = fail("registry/digest-mismatch", "it is another blob");
    const auto content = text(3000);
    const auto source =
        streamed_source(context_.ctx, content.size(), producer(content, 1000, wrong));
    std::string buffer(4000, '\0');
    std::size_t got = 0;
    Result<std::size_t> count = 0;
    while ((count = source.read(got, std::as_writable_bytes(std::span(buffer)))) && *count > 0)
        got += *count;
    EXPECT_ERROR(count, "registry/digest-mismatch");
    EXPECT_LT(got, content.size());
}

TEST_F(StreamedSourceTest, FailsWhereTheLengthIsAnotherOne) {
    for (const std::size_t announced : {2999U, 3001U}) {
        const auto source = streamed_source(context_.ctx, announced, producer(text(3000)));
        const auto got = read_all(source);
        EXPECT_ERROR(got, "net/interrupted");
        EXPECT_TRUE(got.error().retryable);
    }
}

TEST_F(StreamedSourceTest, DoesNotRunFarAheadOfItsReader) {
    const std::size_t size = 12U << 20U;
    const auto content = text(size);
    const auto source = streamed_source(context_.ctx, size, producer(content, 1U << 16U));
    std::string buffer(100, '\0');
    ASSERT_OK(source.read(0, std::as_writable_bytes(std::span(buffer))));
    EXPECT_LT(written_, 4U << 20U);
    EXPECT_EQ(read_all(source, 100, 1U << 20U).value().size(), size - 100);
}

TEST_F(StreamedSourceTest, EndsWithItsContext) {
    std::stop_source stop;
    const auto ctx = context_.ctx.with_stop(stop.get_token());
    const auto source =
        streamed_source(ctx, 10, [](const exec::Context& inner, const ByteSink&) -> Result<void> {
            return inner.wait(std::chrono::hours(1));
        });
    std::jthread stopper([&] { stop.request_stop(); });
    EXPECT_ERROR(read_all(source), "cancelled");
}

TEST_F(StreamedSourceTest, LetsAReaderLeaveEarly) {
    const auto content = text(8U << 20U);
    auto source = streamed_source(context_.ctx, content.size(), producer(content));
    std::string buffer(100, '\0');
    ASSERT_OK(source.read(0, std::as_writable_bytes(std::span(buffer))));
    source = {};
    EXPECT_LT(written_, content.size());
}

}  // namespace
}  // namespace pycontainer::net
