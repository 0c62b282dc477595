#include "index/authenticated_http_client.hpp"

#include "base/file.hpp"
#include "support/fake_http_client.hpp"
#include "support/result_matchers.hpp"
#include "support/test_context.hpp"

#include <gtest/gtest.h>

namespace pycontainer::index {
namespace {

using testing::FakeAnswer;
using testing::FakeHttpClient;
using testing::SeenRequest;
using testing::TestContext;

/// Wants `me:secret` everywhere but on `open.example`.
FakeAnswer guarded(const SeenRequest& request) {
    if (request.url.find("open.example") != std::string::npos) return {.body = "open"};
    if (request.userinfo != "me:secret") return {.status = 401};
    return {.body = "private"};
}

net::HttpRequest get(const std::string& url) {
    return {.url = *net::Url::parse(url)};
}

TEST(AuthenticatedHttpClient, SendsWhatBelongsToTheAddress) {
    FakeHttpClient http;
    http.otherwise(guarded);
    const TestContext test;
    const IndexCredentials credentials(IndexOptions::of({"https://me:secret@own.example/simple"}),
                                       test.environment);
    AuthenticatedHttpClient client(http, credentials);
    EXPECT_EQ(client.send(test.ctx, get("https://own.example/files/x.whl"))->body, "private");
    EXPECT_EQ(client.send(test.ctx, get("https://open.example/x.whl"))->body, "open");
    EXPECT_EQ(http.requests().back().userinfo, "");
}

TEST(AuthenticatedHttpClient, TakesNothingAlongToAnotherPlace) {
    FakeHttpClient http;
    http.on("GET", "https://own.example/x.whl",
            {.status = 302, .headers = {{"Location", "https://files.example/x.whl"}}});
    http.otherwise(guarded);
    const TestContext test;
    const IndexCredentials credentials(IndexOptions::of({"https://me:secret@own.example/simple"}),
                                       test.environment);
    AuthenticatedHttpClient client(http, credentials);
    EXPECT_ERROR(client.send(test.ctx, get("https://own.example/x.whl")), "index/unauthorized",
                 "files.example", "no credentials were found");
    EXPECT_EQ(http.requests().back().userinfo, "");
}

TEST(AuthenticatedHttpClient, SaysWhoseCredentialsWereRefused) {
    FakeHttpClient http;
    http.otherwise(guarded);
    const TestContext test;
    auto options =
        IndexOptions::of({"https://me:wrong@own.example/simple", "https://lab.example/simple"});
    options.indexes[0].origin = "PIP_INDEX_URL";
    options.indexes[1].name = "my-lab";
    const IndexCredentials credentials(options, test.environment);
    AuthenticatedHttpClient client(http, credentials);
    const auto wrong = client.send(test.ctx, get("https://own.example/simple/foo/"));
    EXPECT_ERROR(wrong, "index/unauthorized", "`https://own.example/simple` (PIP_INDEX_URL)", "401",
                 "refused the credentials from the URL in PIP_INDEX_URL", "correct them");
    EXPECT_EQ((wrong.error().message + wrong.error().hint).find("wrong"), std::string::npos);
    EXPECT_ERROR(client.send(test.ctx, get("https://lab.example/simple/foo/")),
                 "index/unauthorized", "no credentials were found", "UV_INDEX_MY_LAB_PASSWORD",
                 "machine lab.example", "UV_KEYRING_PROVIDER");
}

TEST(AuthenticatedHttpClient, LeavesAStatusThatMeansMissingToTheIndex) {
    FakeHttpClient http;
    http.otherwise(guarded);
    const TestContext test;
    auto options = IndexOptions::of({"https://own.example/simple"});
    options.indexes[0].missing_statuses = {401};
    const IndexCredentials credentials(options, test.environment);
    AuthenticatedHttpClient client(http, credentials);
    const auto response = client.send(test.ctx, get("https://own.example/simple/foo/"));
    ASSERT_OK(response);
    EXPECT_EQ(response->status, 401);
}

TEST(AuthenticatedHttpClient, AsksTheKeyringOnceItIsRefused) {
    const auto directory =
        *TemporaryDirectory::create(std::filesystem::temp_directory_path(), "pyc-index-");
    const auto program = directory.path() / "keyring";
    ASSERT_OK(write_file(program, "#!/bin/sh\necho secret\n"));
    std::filesystem::permissions(program, std::filesystem::perms::owner_all);
    FakeHttpClient http;
    http.otherwise(guarded);
    const TestContext test{{{"PATH", directory.path().string() + ":/usr/bin:/bin"}}};
    auto options = IndexOptions::of({"https://me@own.example/simple"});
    options.use_keyring = true;
    const IndexCredentials credentials(options, test.environment);
    AuthenticatedHttpClient client(http, credentials);
    const auto response = client.send(test.ctx, get("https://own.example/simple/foo/"));
    ASSERT_OK(response);
    EXPECT_EQ(response->body, "private");
    EXPECT_EQ(http.requests().size(), 2U);
    ASSERT_OK(client.send(test.ctx, get("https://own.example/files/foo.whl")));
    EXPECT_EQ(http.requests().size(), 3U) << "what it said is kept";
}

}  // namespace
}  // namespace pycontainer::index
