#include "index/page_cache.hpp"

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

struct Fixture {
    TemporaryDirectory directory = *TemporaryDirectory::create("/tmp", "page-cache-");
    store::Store store{directory.path()};
    std::int64_t now = 1'000'000;
    PageCache cache{store, [this] { return now; }};
    FakeHttpClient http;
    TestContext test;

    /// What a new process finds.
    Result<std::vector<IndexFile>> files(const std::string& index = "https://index.example") {
        return IndexClient(http, IndexOptions::of({index}), &cache).files(test.ctx, "foo");
    }
};

FakeAnswer page(net::Headers headers, const std::string& url = "foo-1-py3-none-any.whl") {
    headers.add("Content-Type", "application/vnd.pypi.simple.v1+json");
    return {.headers = std::move(headers),
            .body = R"({"files": [{"filename": "foo-1-py3-none-any.whl", "url": ")" + url +
                    R"(", "hashes": {"sha256": ")" + std::string(64, 'a') +
                    R"("}, "core-metadata": {"sha256": ")" + std::string(64, 'b') +
                    R"("}, "requires-python": ">=3.8", "size": 7, "yanked": "bad"}]})"};
}

TEST(PageCache, AnswersWhileThePageIsFresh) {
    Fixture fixture;
    fixture.http.on("GET", "https://index.example/foo/",
                    page({{"Cache-Control", "public, max-age=600"}}));
    ASSERT_OK(fixture.files());
    fixture.now += 599;
    const auto files = fixture.files();
    ASSERT_OK(files);
    const auto& file = files->at(0);
    EXPECT_EQ(file.filename, "foo-1-py3-none-any.whl");
    EXPECT_EQ(file.url, "https://index.example/foo/foo-1-py3-none-any.whl");
    EXPECT_EQ(file.sha256->hex(), std::string(64, 'a'));
    EXPECT_EQ(file.core_metadata_sha256->hex(), std::string(64, 'b'));
    EXPECT_EQ(file.requires_python, ">=3.8");
    EXPECT_EQ(file.size, 7U);
    EXPECT_TRUE(file.yanked && file.has_core_metadata);
    EXPECT_EQ(file.yanked_reason, "bad");
    EXPECT_EQ(fixture.http.requests().size(), 1U);
    fixture.now += 1;
    ASSERT_OK(fixture.files());
    EXPECT_EQ(fixture.http.requests().size(), 2U);
    fixture.now -= 5'000;  // a clock that was set back makes nothing fresh
    ASSERT_OK(fixture.files());
    EXPECT_EQ(fixture.http.requests().size(), 3U);
}

TEST(PageCache, KeepsAPageTenMinutesThatSaysNothing) {
    Fixture fixture;
    fixture.http.on("GET", "https://index.example/foo/", page({}));
    ASSERT_OK(fixture.files());
    fixture.now += 599;
    ASSERT_OK(fixture.files());
    EXPECT_EQ(fixture.http.requests().size(), 1U);
    fixture.now += 1;
    ASSERT_OK(fixture.files());
    EXPECT_EQ(fixture.http.requests().size(), 2U);
}

TEST(PageCache, AsksByValidatorsAfterThat) {
    Fixture fixture;
    fixture.http.on(
        "GET", "https://index.example/foo/",
        page({{"Cache-Control", "max-age=0"}, {"ETag", "\"1\""}, {"Last-Modified", "Mon"}}));
    fixture.http.on("GET", "https://index.example/foo/",
                    {.status = 304, .headers = {{"Cache-Control", "max-age=60"}}});
    ASSERT_OK(fixture.files());
    const auto files = fixture.files();
    ASSERT_OK(files);
    EXPECT_EQ(files->size(), 1U);
    const auto requests = fixture.http.requests();
    ASSERT_EQ(requests.size(), 2U);
    EXPECT_EQ(requests[1].headers.find("If-None-Match"), "\"1\"");
    EXPECT_EQ(requests[1].headers.find("If-Modified-Since"), "Mon");
    ASSERT_OK(fixture.files());  // fresh again
    EXPECT_EQ(fixture.http.requests().size(), 2U);
}

TEST(PageCache, KeepsNoSecret) {
    Fixture fixture;
    fixture.http.on("GET", "https://index.example/foo/", page({{"Cache-Control", "max-age=600"}}));
    ASSERT_OK(fixture.files("https://user:hunter2@index.example"));
    std::string all;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(fixture.store.root()))
        if (entry.is_regular_file()) all += *read_file(entry.path());
    EXPECT_NE(all.find("foo-1-py3"), std::string::npos);
    EXPECT_EQ(all.find("hunter2"), std::string::npos);
    EXPECT_EQ(fixture.files("https://user:other@index.example")->at(0).url,
              "https://index.example/foo/foo-1-py3-none-any.whl");
    EXPECT_EQ(fixture.http.requests().size(), 1U);
}

TEST(PageCache, LeavesOutWhatMustNotBeKept) {
    const std::pair<net::Headers, std::string> cases[] = {
        {{{"Cache-Control", "no-store, max-age=600"}}, "a.whl"},
        {{{"Cache-Control", "max-age=600"}}, "a.whl?token=secret"},
        {{{"Cache-Control", "no-cache, max-age=600"}}, "a.whl"},
        {{{"Expires", "0"}}, "a.whl"},
    };
    for (const auto& [headers, url] : cases) {
        Fixture fixture;
        fixture.http.on("GET", "https://index.example/foo/", page(headers, url));
        ASSERT_OK(fixture.files());
        ASSERT_OK(fixture.files());
        EXPECT_EQ(fixture.http.requests().size(), 2U) << url;
    }
}

TEST(PageCache, KeepsNoFailure) {
    Fixture fixture;
    fixture.http.on("GET", "https://index.example/foo/",
                    {.status = 404, .headers = {{"Cache-Control", "max-age=600"}}});
    fixture.http.on(
        "GET", "https://index.example/foo/",
        {.headers = {{"Content-Type", "application/json"}, {"Cache-Control", "max-age=600"}},
         .body = "<html>not json</html>"});
    EXPECT_ERROR(fixture.files(), "index/not-found");
    EXPECT_ERROR(fixture.files(), "index/invalid-page");
    EXPECT_ERROR(fixture.files(), "index/invalid-page");
}

TEST(PackedFiles, AreReadFromAnyText) {
    EXPECT_TRUE(unpack_files("").empty());
    EXPECT_TRUE(unpack_files("a\tb\n\t\t\t\t\t\t\t\t\n").empty());
    const auto odd = unpack_files("f\tu\tsha256=zz,x\tnumber\t>=3\ty\t1\n");
    ASSERT_EQ(odd.size(), 1U);
    EXPECT_FALSE(odd[0].sha256.has_value());
    EXPECT_TRUE(odd[0].yanked && odd[0].has_core_metadata);
}

}  // namespace
}  // namespace pycontainer::index
