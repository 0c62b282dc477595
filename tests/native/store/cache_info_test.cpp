#include "store/cache_info.hpp"

#include "store/file_times.hpp"
#include "store/store.hpp"
#include "support/result_matchers.hpp"
#include "support/test_context.hpp"

#include <gtest/gtest.h>

#include <fstream>

namespace pycontainer::store {
namespace {

struct CacheInfo : ::testing::Test {
    CacheInfo()
        : directory(*TemporaryDirectory::create(::testing::TempDir(), "info-")),
          root(directory.path() / "cache"),
          store(root) {}

    Json info(std::optional<std::uint64_t> limit = std::nullopt) {
        auto described = describe_cache(test.ctx, root, limit);
        EXPECT_OK(described);
        return described ? *described : Json();
    }

    TemporaryDirectory directory;
    std::filesystem::path root;
    Store store;
    testing::TestContext test;
};

TEST_F(CacheInfo, TellsKindsByContent) {
    const auto gzip = *store.put_blob("\x1f\x8b\x08 a layer");
    ASSERT_OK(store.put_blob(std::string(600, '\0')));
    ASSERT_OK(store.put_blob("PK\x03\x04 a wheel"));
    ASSERT_OK(store.put_blob("{\"config\": {}}"));
    ASSERT_OK(store.put_blob("{}"));
    ASSERT_OK(store.put_record("kind", Digest::of("key"), Json::object()));
    std::ofstream(root / "incoming" / "new.tmp-1") << "12345";
    constexpr Time kOldest = 1'700'000'000 * kSecond;
    set_used(store.blob_path(gzip), kOldest);
    const auto described = info(1'000'000);
    const auto check = [&](std::size_t index, std::string_view kind, std::size_t count,
                           std::uint64_t size) {
        EXPECT_EQ(described["kinds"][index],
                  (Json{{"kind", kind}, {"count", count}, {"size", size}}));
    };
    check(0, "layers", 2, 11 + 600);
    check(1, "wheels", 1, 12);
    check(2, "documents", 2, 16);
    check(3, "records", 1, 67);
    check(4, "half-written", 1, 5);
    EXPECT_EQ(described["path"], root.string());
    EXPECT_EQ(described["count"], 6);
    EXPECT_EQ(described["size"], 611 + 12 + 16 + 67);
    EXPECT_EQ(described["limit"], 1'000'000);
    EXPECT_EQ(described["oldest_use"], "2023-11-14T22:13:20Z");
    EXPECT_EQ(described["format_version"], 1);
    EXPECT_EQ(used_at(file_status(store.blob_path(gzip))), kOldest) << "looking is no use";
}

TEST_F(CacheInfo, OfNothingIsAllZeros) {
    const auto described = info();
    EXPECT_EQ(described["size"], 0);
    EXPECT_EQ(described["limit"], nullptr);
    EXPECT_EQ(described["oldest_use"], nullptr);
    EXPECT_EQ(described["kinds"].size(), 5U);
    EXPECT_FALSE(std::filesystem::exists(root));
}

}  // namespace
}  // namespace pycontainer::store
