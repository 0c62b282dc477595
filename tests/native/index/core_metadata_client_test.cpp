#include "index/core_metadata_client.hpp"

#include "support/fake_http_client.hpp"
#include "support/result_matchers.hpp"
#include "support/test_context.hpp"
#include "support/wheel_builder.hpp"

#include <gtest/gtest.h>

#include <charconv>

namespace pycontainer::index {
namespace {

using testing::FakeAnswer;
using testing::FakeHttpClient;
using testing::SeenRequest;
using testing::TestContext;
using testing::WheelBuilder;

constexpr const char* kUrl = "https://files.example/demo-1.0-py3-none-any.whl";
const std::string kMetadata =
    "Metadata-Version: 2.1\nName: Demo\nVersion: 1.0\nRequires-Dist: foo>=1\n";

struct Fixture {
    TemporaryDirectory directory = *TemporaryDirectory::create("/tmp", "core-metadata-");
    store::Store store{directory.path()};
    FakeHttpClient http;
    TestContext test;
    IndexFile file = [] {
        IndexFile wheel;
        wheel.filename = "demo-1.0-py3-none-any.whl";
        wheel.url = kUrl;
        wheel.sha256 = Digest::of("the wheel");
        return wheel;
    }();

    Result<packaging::CoreMetadata> fetch() {
        return CoreMetadataClient(http, store).fetch(test.ctx, file);
    }
    void serve_beside(FakeAnswer answer) {
        file.has_core_metadata = true;
        http.on("GET", std::string(kUrl) + ".metadata", std::move(answer));
    }
    /// As a server that knows ranges.
    void serve_ranges(const std::string& content) {
        http.otherwise([content](const SeenRequest& seen) -> FakeAnswer {
            const auto range = seen.headers.find("Range").value_or("");
            EXPECT_TRUE(range.starts_with("bytes=")) << seen.url;
            const auto dash = range.find('-');
            std::size_t first = 0, last = content.size() - 1;
            if (dash == 6) {
                const auto count = std::stoul(range.substr(7));
                first = count >= content.size() ? 0 : content.size() - count;
            } else {
                first = std::stoul(range.substr(6, dash - 6));
                last = std::min(last, std::stoul(range.substr(dash + 1)));
            }
            return {.status = 206,
                    .headers = {{"Content-Range",
                                 fmt::format("bytes {}-{}/{}", first, last, content.size())}},
                    .body = content.substr(first, last - first + 1)};
        });
    }
};

TEST(CoreMetadataClient, ReadsTheFileBesideTheWheelOnce) {
    Fixture fixture;
    fixture.serve_beside({.body = kMetadata});
    fixture.file.core_metadata_sha256 = Digest::of(kMetadata);
    for (int i = 0; i < 2; ++i) {
        const auto metadata = fixture.fetch();
        ASSERT_OK(metadata);
        EXPECT_EQ(metadata->requires_dist, std::vector<std::string>{"foo>=1"});
    }
    EXPECT_EQ(fixture.http.requests().size(), 1U);
}

TEST(CoreMetadataClient, RefusesMetadataThatLie) {
    const std::pair<std::string, std::string> cases[] = {
        {"Name: other\nVersion: 1.0\n", "`other 1.0`"},
        {"Name: demo\nVersion: 2.0\n", "`demo 2.0`"},
    };
    for (const auto& [text, said] : cases) {
        Fixture fixture;
        fixture.serve_beside({.body = text});
        EXPECT_ERROR(fixture.fetch(), "index/metadata-mismatch", said);
        EXPECT_ERROR(fixture.fetch(), "index/metadata-mismatch");
        EXPECT_EQ(fixture.http.requests().size(), 2U);  // nothing was kept
    }
    Fixture hash;
    hash.serve_beside({.body = kMetadata});
    hash.file.core_metadata_sha256 = Digest::of("another text");
    EXPECT_ERROR(hash.fetch(), "index/metadata-mismatch", "another hash");
    Fixture nothing;
    nothing.serve_beside({.body = "<html>"});
    EXPECT_ERROR(nothing.fetch(), "packaging/invalid-metadata");
    Fixture local;
    local.serve_beside({.body = "Name: demo\nVersion: 1.0+cpu\n"});
    EXPECT_OK(local.fetch());
}

TEST(CoreMetadataClient, SendsCredentialsAndQueryAlong) {
    Fixture fixture;
    fixture.file.has_core_metadata = true;
    fixture.file.url = "https://me:pw@files.example/demo-1.0-py3-none-any.whl?a=b";
    fixture.http.on("GET", std::string(kUrl) + ".metadata?a=b", {.status = 403});
    EXPECT_ERROR(fixture.fetch(), "index/unauthorized", "403");
}

TEST(CoreMetadataClient, ReadsTheEndOfTheWheel) {
    std::string noise;
    for (unsigned i = 0; noise.size() < 300'000; ++i) noise += Digest::of(std::to_string(i)).hex();
    const auto wheel = WheelBuilder().file("demo/data.bin", noise).requires_dist("foo>=2").build();
    Fixture fixture;
    fixture.serve_ranges(wheel);
    fixture.file.size = wheel.size();
    const auto metadata = fixture.fetch();
    ASSERT_OK(metadata);
    EXPECT_EQ(metadata->requires_dist, std::vector<std::string>{"foo>=2"});
    EXPECT_EQ(fixture.http.requests().size(), 1U);
}

TEST(CoreMetadataClient, FetchesADirectoryAndMetadataThatLieFurtherAhead) {
    testing::ZipBuilder zip;
    zip.add("demo-1.0.dist-info/METADATA", kMetadata);
    for (int i = 0; i < 3'000; ++i)
        zip.add(fmt::format("demo/a_file_with_a_rather_long_name_{}.py", i), "x");
    Fixture fixture;
    fixture.serve_ranges(zip.build());
    ASSERT_OK(fixture.fetch());
    EXPECT_EQ(fixture.http.requests().size(), 3U);  // end, directory, METADATA
}

TEST(CoreMetadataClient, TakesTheWholeWheelOfAServerWithoutRanges) {
    const auto wheel = WheelBuilder().requires_dist("foo").build();
    Fixture fixture;
    fixture.http.on("GET", kUrl, {.body = wheel});
    EXPECT_ERROR(fixture.fetch(), "index/metadata-mismatch", "another hash");
    fixture.file.sha256 = Digest::of(wheel);
    ASSERT_OK(fixture.fetch());
    Fixture size;
    size.file.sha256.reset();
    size.file.size = 5;
    size.http.on("GET", kUrl, {.body = wheel});
    EXPECT_ERROR(size.fetch(), "index/metadata-mismatch", "another size");
}

TEST(CoreMetadataClient, FallsBackWhenTheFileBesideIsMissing) {
    Fixture fixture;
    fixture.serve_beside({.status = 404});
    fixture.serve_ranges(WheelBuilder().build());
    EXPECT_OK(fixture.fetch());
}

TEST(CoreMetadataClient, RefusesWhatIsNoWheel) {
    const std::pair<std::string, std::string> cases[] = {
        {"not a zip archive", "wheel/"},
        {WheelBuilder().without("METADATA").build(), "wheel/invalid"},
        {testing::ZipBuilder().add("other-1.0.dist-info/METADATA", kMetadata).build(),
         "wheel/invalid"},
        {"PK\x05\x06 short", "wheel/"},
    };
    for (const auto& [content, code] : cases) {
        Fixture fixture;
        fixture.serve_ranges(content);
        const auto metadata = fixture.fetch();
        ASSERT_FALSE(metadata.has_value());
        EXPECT_TRUE(metadata.error().code.starts_with(code)) << metadata.error().code;
    }
    for (const char* range : {"", "bytes 5-2/10", "bytes 0-3/", "bytes 0-99/10", "items 0-1/2"}) {
        Fixture fixture;
        fixture.http.on("GET", kUrl,
                        {.status = 206, .headers = {{"Content-Range", range}}, .body = "abcd"});
        EXPECT_ERROR(fixture.fetch(), "index/metadata-mismatch", "range");
    }
    Fixture longer;
    longer.http.on("GET", kUrl,
                   {.status = 206, .headers = {{"Content-Range", "bytes 0-1/2"}}, .body = "abcd"});
    EXPECT_ERROR(longer.fetch(), "index/metadata-mismatch", "more than it says");
    Fixture broken;
    broken.http.on("GET", kUrl, {.status = 500});
    EXPECT_ERROR(broken.fetch(), "index/unavailable", "500");
}

}  // namespace
}  // namespace pycontainer::index
