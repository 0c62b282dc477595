#include "index/index_client.hpp"

#include "support/fake_http_client.hpp"
#include "support/result_matchers.hpp"
#include "support/test_context.hpp"

#include <gtest/gtest.h>

namespace pycontainer::index {
namespace {

using testing::FakeAnswer;
using testing::FakeHttpClient;
using testing::TestContext;

FakeAnswer page(const std::string& filename) {
    return {.headers = {{"Content-Type", "application/vnd.pypi.simple.v1+json"}},
            .body = R"({"meta": {"api-version": "1.0"}, "files": [{"filename": ")" + filename +
                    R"(", "url": ")" + filename + R"("}]})"};
}

TEST(IndexClient, AsksForTheNormalizedNameOnce) {
    FakeHttpClient http;
    http.on("GET", "https://index.example/simple/foo-bar/", page("a.whl"));
    IndexClient client(http, {{"https://index.example/simple"}});
    const TestContext test;
    for (const char* name : {"Foo.Bar", "foo_bar", "foo-bar"}) {
        const auto files = client.files(test.ctx, name);
        ASSERT_OK(files);
        EXPECT_EQ(files->front().url, "https://index.example/simple/foo-bar/a.whl");
    }
    ASSERT_EQ(http.requests().size(), 1U);
    EXPECT_NE(http.requests().front().headers.find("Accept")->find("json"), std::string::npos);
}

TEST(IndexClient, TakesTheFirstIndexThatHasTheName) {
    FakeHttpClient http;
    http.on("GET", "https://private.example/foo/", {.status = 404});
    http.on("GET", "https://private.example/bar/", page("private.whl"));
    http.on("GET", "https://public.example/foo/", page("public.whl"));
    IndexClient client(http, {{"https://private.example/", "https://public.example/"}});
    const TestContext test;
    EXPECT_EQ(client.files(test.ctx, "foo")->front().filename, "public.whl");
    EXPECT_EQ(client.files(test.ctx, "bar")->front().filename, "private.whl");
}

TEST(IndexClient, ResolvesLinksAgainstThePageAfterRedirects) {
    FakeHttpClient http;
    http.on("GET", "https://index.example/simple/foo/",
            {.status = 301, .headers = {{"Location", "https://mirror.example/x/foo/"}}});
    http.on("GET", "https://mirror.example/x/foo/", page("a.whl"));
    IndexClient client(http, {{"https://user:secret@index.example/simple"}});
    const TestContext test;
    EXPECT_EQ(client.files(test.ctx, "foo")->front().url, "https://mirror.example/x/foo/a.whl");
}

TEST(IndexClient, SaysWhyThereAreNoFiles) {
    FakeHttpClient http;
    http.on("GET", "https://index.example/missing/", {.status = 404});
    http.on("GET", "https://index.example/secret/", {.status = 401});
    http.on("GET", "https://index.example/broken/", {.status = 503});
    http.on("GET", "https://index.example/odd/", {.headers = {{"Content-Type", "image/png"}}});
    http.on("GET", "https://index.example/lost/", FakeHttpClient::failing("net/unreachable"));
    IndexClient client(http, {{"https://user:secret@index.example"}});
    const TestContext test;
    const auto missing = client.files(test.ctx, "missing");
    EXPECT_ERROR(missing, "index/not-found", "`missing`", "index.example", "spelling");
    EXPECT_EQ(missing.error().message.find("secret@"), std::string::npos);
    EXPECT_ERROR(client.files(test.ctx, "secret"), "index/unauthorized", "401");
    EXPECT_ERROR(client.files(test.ctx, "broken"), "index/unavailable", "503");
    EXPECT_ERROR(client.files(test.ctx, "odd"), "index/invalid-page");
    EXPECT_ERROR(client.files(test.ctx, "lost"), "net/unreachable");
    EXPECT_ERROR(client.files(test.ctx, "../etc"), "index/not-found");
    EXPECT_ERROR(client.with({.no_index = true})->files(test.ctx, "foo"), "index/none",
                 "--no-index");
    EXPECT_ERROR(IndexClient(http, {{"not a url"}}).files(test.ctx, "foo"), "net/invalid-url");
}

TEST(IndexClient, StopsWithTheContext) {
    FakeHttpClient http;
    IndexClient client(http, {{"https://index.example"}});
    TestContext test;
    test.stop.request_stop();
    EXPECT_ERROR(client.files(test.ctx, "foo"), "cancelled");
}

}  // namespace
}  // namespace pycontainer::index
