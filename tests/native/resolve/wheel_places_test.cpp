#include "resolve/wheel_places.hpp"

#include "base/file.hpp"
#include "base/version.hpp"
#include "support/fake_http_client.hpp"
#include "support/result_matchers.hpp"
#include "support/test_context.hpp"

#include <gtest/gtest.h>

namespace pycontainer::resolve {
namespace {

using index::IndexClient;
using index::IndexOptions;

SelectedWheel locked() {
    return {.name = "foo",
            .version = "1",
            .filename = "foo-1-py3-none-any.whl",
            .url = "https://files.example/foo-1-py3-none-any.whl",
            .local_path = {},
            .sha256 = Digest::of("foo"),
            .size = {},
            .index_url = std::string(kDefaultIndex)};
}

std::string page(const std::string& hash) {
    return "<a href='foo-1-py3-none-any.whl#sha256=" + hash + "'>x</a>";
}

struct WheelPlacesTest : ::testing::Test {
    void serve(const std::string& url, const std::string& body) {
        http.on("GET", url, {.headers = {{"Content-Type", "text/html"}}, .body = body});
    }
    Result<std::optional<std::string>> instead(const IndexOptions& options,
                                               const SelectedWheel& wheel = locked()) {
        IndexClient client(http, options);
        return WheelPlaces(client, client).instead(test.ctx, wheel);
    }
    testing::FakeHttpClient http;
    testing::TestContext test;
    std::string hash = Digest::of("foo").hex();
};

TEST_F(WheelPlacesTest, KeepTheLockAtItsWord) {
    EXPECT_EQ(*instead(IndexOptions::of({std::string(kDefaultIndex)})), std::nullopt);
    EXPECT_EQ(*instead(IndexOptions::of({"https://own.example", std::string(kDefaultIndex)})),
              std::nullopt)
        << "the default index was not replaced";
    auto elsewhere = locked();
    elsewhere.index_url = "https://other.example/simple";
    EXPECT_EQ(*instead(IndexOptions::of({"https://mirror.example"}), elsewhere), std::nullopt);
    elsewhere.index_url.clear();
    EXPECT_EQ(*instead(IndexOptions::of({"https://mirror.example"}), elsewhere), std::nullopt);
    EXPECT_TRUE(http.requests().empty());
}

TEST_F(WheelPlacesTest, TakeAMirrorForTheDefaultIndex) {
    serve("https://mirror.example/simple/foo/", page(hash));
    EXPECT_EQ(*instead(IndexOptions::of({"https://mirror.example/simple"})),
              "https://mirror.example/simple/foo/foo-1-py3-none-any.whl");
}

TEST_F(WheelPlacesTest, WarnOfWhatAMirrorDoesNotHave) {
    http.on("GET", "https://none.example/foo/", {.status = 404});
    serve("https://changed.example/foo/", page(std::string(64, 'a')));
    for (const char* mirror : {"https://none.example", "https://changed.example"})
        EXPECT_EQ(*instead(IndexOptions::of({mirror})), std::nullopt);
    EXPECT_EQ(test.sink.events().size(), 2U);
    http.on("GET", "https://busy.example/foo/", {.status = 503});
    EXPECT_ERROR(instead(IndexOptions::of({"https://busy.example"})), "index/unavailable");
}

TEST_F(WheelPlacesTest, HaveOnlyDirectoriesWithoutAnIndex) {
    const auto directory =
        *TemporaryDirectory::create(std::filesystem::temp_directory_path(), "pyc-places-");
    const auto options =
        IndexOptions::of({"https://index.example"})
            .with({.find_links = {directory.path().string()}, .no_index = true, .origin = "-f"});
    EXPECT_ERROR(instead(options), "index/none", "`foo-1-py3-none-any.whl`", "--no-index",
                 "files.example", "pip download");
    ASSERT_OK(write_file(directory.path() / "foo-1-py3-none-any.whl", "foo"));
    EXPECT_EQ(*instead(options),
              "file://" + (directory.path() / "foo-1-py3-none-any.whl").string());
    EXPECT_TRUE(http.requests().empty());
}

TEST_F(WheelPlacesTest, AreFoundByNameAndHashWhenTheServerIsGone) {
    serve("https://index.example/foo/", page(hash));
    http.on("GET", "https://empty.example/foo/", {.status = 404});
    IndexClient client(http, IndexOptions::of({"https://index.example"}));
    IndexClient empty(http, IndexOptions::of({"https://empty.example"}));
    EXPECT_EQ(*WheelPlaces(client, client).otherwise(test.ctx, locked()),
              "https://index.example/foo/foo-1-py3-none-any.whl");
    EXPECT_EQ(*WheelPlaces(empty, empty).otherwise(test.ctx, locked()), std::nullopt);
    auto elsewhere = locked();
    elsewhere.index_url = "https://private.example/simple";
    EXPECT_EQ(*WheelPlaces(client, client).otherwise(test.ctx, elsewhere), std::nullopt)
        << "nobody else learns the name";
}

}  // namespace
}  // namespace pycontainer::resolve
