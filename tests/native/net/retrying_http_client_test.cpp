#include "net/retrying_http_client.hpp"

#include "support/fake_http_client.hpp"
#include "support/result_matchers.hpp"
#include "support/test_context.hpp"

#include <gtest/gtest.h>

namespace pycontainer::net {
namespace {

using testing::FakeAnswer;
using testing::FakeHttpClient;

constexpr auto kUrl = "https://host.example/blob";

class RetryingHttpClientTest : public ::testing::Test {
protected:
    HttpRequest request(std::string method = "GET") {
        HttpRequest made;
        made.method = std::move(method);
        made.url = *Url::parse(kUrl);
        return made;
    }
    Result<HttpResponse> send(const HttpRequest& made, const ByteSink& sink = {}) {
        return client_.send(context_.ctx, made, sink);
    }
    ByteSink collect() {
        return [this](Bytes bytes) -> Result<void> {
            got_.append(as_text(bytes));
            return {};
        };
    }

    testing::TestContext context_;
    FakeHttpClient http_;
    RetryingHttpClient client_{http_,
                               {.tries = 4,
                                .first_delay = std::chrono::milliseconds(1),
                                .longest_delay = std::chrono::milliseconds(5)}};
    std::string got_;
};

TEST_F(RetryingHttpClientTest, TriesBusyServersAgain) {
    for (const int status : {408, 429, 500, 502, 503, 504}) {
        FakeHttpClient http;
        http.on("GET", kUrl, {.status = status, .headers = {{"Retry-After", "3600"}}});
        http.on("GET", kUrl, {.status = 200, .body = "ok"});
        RetryingHttpClient client(http, {.longest_delay = std::chrono::milliseconds(1)});
        const auto response = client.send(context_.ctx, request());
        ASSERT_OK(response);
        EXPECT_EQ(response->body, "ok");
        EXPECT_EQ(http.requests().size(), 2U);
    }
}

TEST_F(RetryingHttpClientTest, LeavesAnswersAlone) {
    for (const int status : {200, 401, 403, 404, 501}) {
        FakeHttpClient http;
        http.on("GET", kUrl, {.status = status});
        RetryingHttpClient client(http, {});
        ASSERT_OK(client.send(context_.ctx, request()));
        EXPECT_EQ(http.requests().size(), 1U) << status;
    }
}

TEST_F(RetryingHttpClientTest, GivesTheLastAnswerAfterFourTries) {
    http_.on("GET", kUrl, {.status = 503, .body = "still busy"});
    const auto response = send(request());
    ASSERT_OK(response);
    EXPECT_EQ(response->status, 503);
    EXPECT_EQ(http_.requests().size(), 4U);
}

TEST_F(RetryingHttpClientTest, RepeatsOnlyWhatMayBeRepeated) {
    http_.on("POST", kUrl, {.status = 503});
    EXPECT_EQ(send(request("POST"))->status, 503);
    EXPECT_EQ(http_.requests().size(), 1U);
    http_.on("PUT", kUrl, {.status = 503});
    auto put = request("PUT");
    put.may_repeat = false;
    EXPECT_EQ(send(put)->status, 503);
    EXPECT_EQ(http_.requests().size(), 2U);
    http_.on("PUT", kUrl, {.status = 201});
    put.may_repeat = true;
    put.body_source = text_source("whole");
    EXPECT_EQ(send(put)->status, 201);
    EXPECT_EQ(http_.requests().back().body, "whole");
}

TEST_F(RetryingHttpClientTest, PassesPermanentFailuresOn) {
    http_.on("GET", kUrl, FakeHttpClient::failing("net/tls", false));
    EXPECT_ERROR(send(request()), "net/tls", "made-up");
    EXPECT_EQ(http_.requests().size(), 1U);
}

TEST_F(RetryingHttpClientTest, ResumesWithARangeRequest) {
    http_.on("GET", kUrl,
             FakeHttpClient::cut_after(
                 4, {.status = 200, .headers = {{"ETag", "\"v1\""}}, .body = "0123456789"}));
    http_.on(
        "GET", kUrl,
        FakeHttpClient::cut_after(
            2, {.status = 206, .headers = {{"Content-Range", "bytes 4-9/10"}}, .body = "456789"}));
    http_.on("GET", kUrl,
             {.status = 206, .headers = {{"Content-Range", "bytes 6-9/10"}}, .body = "6789"});
    auto resumable = request();
    resumable.resumable = true;
    int announced = 0;
    resumable.on_headers = [&](int, const Headers&) -> Result<void> {
        ++announced;
        return {};
    };
    const auto response = send(resumable, collect());
    ASSERT_OK(response);
    EXPECT_EQ(response->status, 200);
    EXPECT_EQ(got_, "0123456789");
    EXPECT_EQ(announced, 1);
    EXPECT_EQ(http_.requests()[1].headers.find("Range"), "bytes=4-");
    EXPECT_EQ(http_.requests()[1].headers.find("If-Range"), "\"v1\"");
    EXPECT_EQ(http_.requests()[2].headers.find("Range"), "bytes=6-");
}

TEST_F(RetryingHttpClientTest, SkipsWhatItHasWhereRangesAreUnknown) {
    http_.on("GET", kUrl, FakeHttpClient::cut_after(4, {.status = 200, .body = "0123456789"}));
    http_.on("GET", kUrl, {.status = 200, .body = "0123456789"});
    auto resumable = request();
    resumable.resumable = true;
    ASSERT_OK(send(resumable, collect()));
    EXPECT_EQ(got_, "0123456789");
}

TEST_F(RetryingHttpClientTest, RefusesAnotherRangeThanAskedFor) {
    http_.on("GET", kUrl, FakeHttpClient::cut_after(4, {.status = 200, .body = "0123456789"}));
    http_.on("GET", kUrl,
             {.status = 206, .headers = {{"Content-Range", "bytes 0-9/10"}}, .body = "0123456789"});
    auto resumable = request();
    resumable.resumable = true;
    EXPECT_ERROR(send(resumable, collect()), "net/protocol", "range");
}

TEST_F(RetryingHttpClientTest, DoesWithoutRangesWhereTheyAreAnsweredWrongly) {
    const FakeAnswer other{
        .status = 206, .headers = {{"Content-Range", "bytes 0-9/10"}}, .body = "0123456789"};
    for (const auto& wrong : {other, FakeAnswer{.status = 416}}) {
        FakeHttpClient http;
        http.on("GET", kUrl, FakeHttpClient::cut_after(4, {.status = 200, .body = "0123456789"}));
        http.on("GET", kUrl, wrong);
        http.on("GET", kUrl, {.status = 200, .body = "0123456789"});
        RetryingHttpClient client(http, {.first_delay = std::chrono::milliseconds(1)});
        auto resumable = request();
        resumable.resumable = true;
        got_.clear();
        ASSERT_OK(client.send(context_.ctx, resumable, collect()));
        EXPECT_EQ(got_, "0123456789");
        EXPECT_EQ(http.requests()[1].headers.find("Range"), "bytes=4-");
        EXPECT_EQ(http.requests()[2].headers.find("Range"), std::nullopt);
    }
}

TEST_F(RetryingHttpClientTest, GoesOnAsLongAsThatBringsSomething) {
    const std::string content(20, 'x');
    for (std::size_t at = 0; at < content.size(); ++at)
        http_.on("GET", kUrl,
                 FakeHttpClient::cut_after(
                     1, {.status = at == 0 ? 200 : 206,
                         .headers = {{"Content-Range", fmt::format("bytes {}-19/20", at)}},
                         .body = content.substr(at)}));
    auto resumable = request();
    resumable.resumable = true;
    http_.on("GET", kUrl, {.status = 416});
    http_.on("GET", kUrl, {.status = 200, .body = content});
    ASSERT_OK(send(resumable, collect()));
    EXPECT_EQ(got_, content);
}

TEST_F(RetryingHttpClientTest, KnowsABodyThatEndedEarlyWhereNobodyToldItsLength) {
    http_.on("GET", kUrl, {.status = 200, .body = "0123"});
    http_.on("GET", kUrl,
             {.status = 206, .headers = {{"Content-Range", "bytes 4-9/10"}}, .body = "456789"});
    auto known = request();
    known.resumable = true;
    known.expected_size = 10;
    ASSERT_OK(send(known, collect()));
    EXPECT_EQ(got_, "0123456789");
}

TEST_F(RetryingHttpClientTest, CountsWhatIsThrownAwayAsNothing) {
    http_.on("GET", kUrl, FakeHttpClient::cut_after(4, {.status = 200, .body = "0123456789"}));
    auto restartable = request();
    restartable.restart = []() -> Result<void> { return {}; };
    EXPECT_ERROR(send(restartable, collect()), "net/interrupted");
    EXPECT_EQ(http_.requests().size(), 4U);
}

TEST_F(RetryingHttpClientTest, RestartsWhenTheCallerCan) {
    http_.on("GET", kUrl, FakeHttpClient::cut_after(4, {.status = 200, .body = "0123456789"}));
    http_.on("GET", kUrl, {.status = 200, .body = "0123456789"});
    auto restartable = request();
    restartable.restart = [&]() -> Result<void> {
        got_.clear();
        return {};
    };
    ASSERT_OK(send(restartable, collect()));
    EXPECT_EQ(got_, "0123456789");
    EXPECT_EQ(http_.requests()[1].headers.find("Range"), std::nullopt);
}

TEST_F(RetryingHttpClientTest, GivesUpAfterTheSinkGotBytes) {
    http_.on("GET", kUrl, FakeHttpClient::cut_after(4, {.status = 200, .body = "0123456789"}));
    EXPECT_ERROR(send(request(), collect()), "net/interrupted", "broke off");
    EXPECT_EQ(got_, "0123");
    EXPECT_EQ(http_.requests().size(), 1U);
}

TEST_F(RetryingHttpClientTest, NeverRepeatsTheSinksOwnFailure) {
    http_.on("GET", kUrl, {.status = 200, .body = "0123456789"});
    auto resumable = request();
    resumable.resumable = true;
    const ByteSink full = [](Bytes) -> Result<void> {
        return fail("file/disk-full", "no space").retryable();
    };
    EXPECT_ERROR(send(resumable, full), "file/disk-full", "no space");
    EXPECT_EQ(http_.requests().size(), 1U);
}

TEST_F(RetryingHttpClientTest, StopsWaitingWhenCancelled) {
    http_.otherwise([this](const testing::SeenRequest&) {
        context_.stop.request_stop();
        return FakeAnswer{.status = 429, .headers = {{"Retry-After", "3600"}}};
    });
    RetryingHttpClient patient(http_, {.longest_delay = std::chrono::hours(1)});
    EXPECT_ERROR(patient.send(context_.ctx, request()), "cancelled");
}

TEST_F(RetryingHttpClientTest, MeasuresRetryDatesAgainstTheServersClock) {
    http_.on("GET", kUrl,
             {.status = 503,
              .headers = {{"Date", "Wed, 21 Oct 2015 07:28:00 GMT"},
                          {"Retry-After", "Wed, 21 Oct 2015 07:28:00 GMT"}}});
    http_.on("GET", kUrl, {.status = 200});
    RetryingHttpClient patient(
        http_, {.first_delay = std::chrono::hours(1), .longest_delay = std::chrono::hours(1)});
    EXPECT_EQ(patient.send(context_.ctx, request())->status, 200);
}

TEST_F(RetryingHttpClientTest, MeasuresRetryDatesAgainstOurClockWhereTheServerTellsNone) {
    const auto wanted = [](std::string text) {
        return retry_after({{"Retry-After", std::move(text)}});
    };
    EXPECT_EQ(wanted("Wed, 21 Oct 2015 07:28:00 GMT"), std::chrono::milliseconds(0));
    EXPECT_GT(wanted("Sat, 21 Oct 2090 07:28:00 GMT"), std::chrono::hours(1));
    EXPECT_EQ(wanted("7"), std::chrono::seconds(7));
    for (const auto* const text : {"", "-1", "1.5", "soon", "99999999999999999999"})
        EXPECT_EQ(wanted(text), std::nullopt) << text;
}

}  // namespace
}  // namespace pycontainer::net
