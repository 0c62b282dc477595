#include "index/index_client.hpp"

#include "base/file.hpp"
#include "support/fake_http_client.hpp"
#include "support/result_matchers.hpp"
#include "support/test_context.hpp"

#include <gtest/gtest.h>

namespace pycontainer::index {
namespace {

using testing::FakeAnswer;
using testing::FakeHttpClient;
using testing::TestContext;

/// Gone with the test.
class TestDirectory {
public:
    const std::filesystem::path& path() const { return directory_.path(); }

private:
    TemporaryDirectory directory_ =
        *TemporaryDirectory::create(std::filesystem::temp_directory_path(), "pyc-index-");
};

FakeAnswer page(const std::string& filename) {
    return {.headers = {{"Content-Type", "application/vnd.pypi.simple.v1+json"}},
            .body = R"({"meta": {"api-version": "1.0"}, "files": [{"filename": ")" + filename +
                    R"(", "url": ")" + filename + R"("}]})"};
}

TEST(IndexClient, AsksForTheNormalizedNameOnce) {
    FakeHttpClient http;
    http.on("GET", "https://index.example/simple/foo-bar/", page("foo_bar-1-py3-none-any.whl"));
    IndexClient client(http, IndexOptions::of({"https://index.example/simple"}));
    const TestContext test;
    for (const char* name : {"Foo.Bar", "foo_bar", "foo-bar"}) {
        const auto files = client.files(test.ctx, name);
        ASSERT_OK(files);
        EXPECT_EQ(files->front().url,
                  "https://index.example/simple/foo-bar/foo_bar-1-py3-none-any.whl");
    }
    ASSERT_EQ(http.requests().size(), 1U);
    EXPECT_NE(http.requests().front().headers.find("Accept")->find("json"), std::string::npos);
}

TEST(IndexClient, TakesTheFirstIndexThatHasTheName) {
    FakeHttpClient http;
    http.on("GET", "https://private.example/foo/", {.status = 404});
    http.on("GET", "https://private.example/bar/", page("bar-1-py3-none-any.whl"));
    http.on("GET", "https://public.example/foo/", page("foo-2-py3-none-any.whl"));
    IndexClient client(http,
                       IndexOptions::of({"https://private.example/", "https://public.example/"}));
    const TestContext test;
    EXPECT_EQ(client.files(test.ctx, "foo")->front().filename, "foo-2-py3-none-any.whl");
    EXPECT_EQ(client.files(test.ctx, "bar")->front().filename, "bar-1-py3-none-any.whl");
}

TEST(IndexClient, ResolvesLinksAgainstThePageAfterRedirects) {
    FakeHttpClient http;
    http.on("GET", "https://index.example/simple/foo/",
            {.status = 301, .headers = {{"Location", "https://mirror.example/x/foo/"}}});
    http.on("GET", "https://mirror.example/x/foo/", page("foo-1-py3-none-any.whl"));
    IndexClient client(http, IndexOptions::of({"https://user:secret@index.example/simple"}));
    const TestContext test;
    EXPECT_EQ(client.files(test.ctx, "foo")->front().url,
              "https://mirror.example/x/foo/foo-1-py3-none-any.whl");
}

TEST(IndexClient, SaysWhyThereAreNoFiles) {
    FakeHttpClient http;
    http.on("GET", "https://index.example/missing/", {.status = 404});
    http.on("GET", "https://index.example/secret/", {.status = 401});
    http.on("GET", "https://index.example/broken/", {.status = 503});
    http.on("GET", "https://index.example/odd/", {.headers = {{"Content-Type", "image/png"}}});
    http.on("GET", "https://index.example/lost/", FakeHttpClient::failing("net/unreachable"));
    IndexClient client(http, IndexOptions::of({"https://user:secret@index.example"}));
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
    EXPECT_ERROR(IndexClient(http, IndexOptions::of({"not a url"})).files(test.ctx, "foo"),
                 "net/invalid-url");
}

TEST(IndexClient, RefusesThePageOfAnotherProject) {
    FakeHttpClient http;
    http.on("GET", "https://index.example/foo/", page("other-1-py3-none-any.whl"));
    http.on("GET", "https://index.example/bar/",
            {.headers = {{"Content-Type", "application/json"}},
             .body = R"({"name": "other", "files": []})"});
    http.on("GET", "https://index.example/login/",
            {.headers = {{"Content-Type", "text/html"}},
             .body = "<form><input type='Password' name=p></form>"});
    IndexClient client(http, IndexOptions::of({"https://index.example"}));
    const TestContext test;
    EXPECT_ERROR(client.files(test.ctx, "foo"), "index/invalid-page", "1 files", "`foo`");
    EXPECT_ERROR(client.files(test.ctx, "bar"), "index/invalid-page", "`other`");
    EXPECT_ERROR(client.files(test.ctx, "login"), "index/invalid-page", "log in", "token");
}

TEST(IndexClient, LooksThroughDirectoriesBesideTheIndex) {
    const TestDirectory directory;
    for (const char* name :
         {"foo-1-py3-none-any.whl", "foo-2.tar.gz", "bar-1-py3-none-any.whl", "notes.txt"})
        ASSERT_OK(write_file(directory.path() / name, name));
    FakeHttpClient http;
    http.on("GET", "https://index.example/foo/", page("foo-3-py3-none-any.whl"));
    http.on("GET", "https://index.example/bar/", {.status = 404});
    const auto options = IndexOptions::of({"https://index.example"})
                             .with({.find_links = {directory.path().string()}});
    IndexClient client(http, options);
    const TestContext test;
    const auto files = client.files(test.ctx, "foo");
    ASSERT_OK(files);
    ASSERT_EQ(files->size(), 3U);
    EXPECT_EQ(files->front().filename, "foo-1-py3-none-any.whl");
    EXPECT_EQ(files->front().sha256, Digest::of("foo-1-py3-none-any.whl"));
    EXPECT_EQ(files->front().url,
              "file://" + (directory.path() / "foo-1-py3-none-any.whl").string());
    EXPECT_EQ(files->back().filename, "foo-3-py3-none-any.whl");
    ASSERT_OK(client.files(test.ctx, "bar"));

    const auto alone = client.with({.no_index = true});
    EXPECT_EQ(alone->files(test.ctx, "foo")->size(), 2U);
    EXPECT_ERROR(alone->files(test.ctx, "baz"), "index/not-found", directory.path().string());
    EXPECT_EQ(http.requests().size(), 2U);
}

TEST(IndexClient, ReadsFlatPagesOnce) {
    FakeHttpClient http;
    http.on("GET", "https://flat.example/links.html",
            {.headers = {{"Content-Type", "text/html"}},
             .body = "<a href='whl/foo-1%2Bcpu-py3-none-any.whl#sha256=" + std::string(64, 'a') +
                     "'>x</a><a href='bar-1.tar.gz'>y</a>"
                     "<a href='file:///etc/foo-9-py3-none-any.whl'>z</a>"});
    http.on("GET", "https://index.example/baz/", page("baz-1-py3-none-any.whl"));
    auto options = IndexOptions::of({"https://index.example"});
    options.indexes.insert(options.indexes.begin(), {.url = "https://flat.example/links.html",
                                                     .format = IndexLocation::Format::Flat});
    IndexClient client(http, options);
    const TestContext test;
    const auto files = client.files(test.ctx, "foo");
    ASSERT_OK(files);
    ASSERT_EQ(files->size(), 1U);
    EXPECT_EQ(files->front().filename, "foo-1+cpu-py3-none-any.whl");
    EXPECT_EQ(files->front().url, "https://flat.example/whl/foo-1%2Bcpu-py3-none-any.whl");
    ASSERT_OK(client.files(test.ctx, "bar"));
    ASSERT_OK(client.files(test.ctx, "baz"));
    EXPECT_EQ(http.requests().size(), 2U);
}

TEST(IndexClient, ReadsAnIndexOfFiles) {
    const TestDirectory directory;
    ASSERT_OK(write_file(
        directory.path() / "foo" / "index.html",
        "<a href='../files/foo-1-py3-none-any.whl#sha256=" + std::string(64, 'b') + "'>foo</a>"));
    FakeHttpClient http;
    IndexClient client(http, IndexOptions::of({"file://" + directory.path().string()}));
    const TestContext test;
    const auto files = client.files(test.ctx, "foo");
    ASSERT_OK(files);
    EXPECT_EQ(files->front().url,
              "file://" + (directory.path() / "files/foo-1-py3-none-any.whl").string());
    EXPECT_ERROR(client.files(test.ctx, "bar"), "index/not-found");
}

TEST(IndexClient, AsksAPinnedPackageAtItsIndexOnly) {
    FakeHttpClient http;
    http.on("GET", "https://own.example/foo/", {.status = 404});
    auto options = IndexOptions::of({"https://index.example"});
    options.indexes.insert(options.indexes.begin(),
                           {.url = "https://own.example", .name = "own", .is_explicit = true});
    options.pins = {{"foo", "own", "pyproject.toml:3"}, {"bar", "lost", "pyproject.toml:4"}};
    IndexClient client(http, options);
    const TestContext test;
    EXPECT_ERROR(client.files(test.ctx, "foo"), "index/not-found", "own.example");
    EXPECT_ERROR(client.files(test.ctx, "bar"), "index/unknown-index", "`lost`", "pyproject.toml:4",
                 "--index lost=");
}

TEST(IndexClient, TakesConfiguredStatusesForMissing) {
    FakeHttpClient http;
    http.on("GET", "https://own.example/foo/", {.status = 403});
    http.on("GET", "https://index.example/foo/", page("foo-1-py3-none-any.whl"));
    auto options = IndexOptions::of({"https://own.example", "https://index.example"});
    const TestContext test;
    EXPECT_ERROR(IndexClient(http, options).files(test.ctx, "foo"), "index/unauthorized");
    options.indexes.front().missing_statuses = {403};
    ASSERT_OK(IndexClient(http, options).files(test.ctx, "foo"));
}

TEST(IndexClient, StopsWithTheContext) {
    FakeHttpClient http;
    IndexClient client(http, IndexOptions::of({"https://index.example"}));
    TestContext test;
    test.stop.request_stop();
    EXPECT_ERROR(client.files(test.ctx, "foo"), "cancelled");
}

}  // namespace
}  // namespace pycontainer::index
