#include "store/store.hpp"

#include "support/result_matchers.hpp"

#include <gtest/gtest.h>

#include <fstream>

namespace pycontainer::store {
namespace {

struct StoreTest : ::testing::Test {
    StoreTest()
        : directory(*TemporaryDirectory::create(::testing::TempDir(), "store-")),
          store(directory.path() / "cache") {}
    TemporaryDirectory directory;
    Store store;
};

TEST_F(StoreTest, KeepsBlobsByDigest) {
    const auto digest = store.put_blob("content");
    ASSERT_OK(digest);
    EXPECT_EQ(*digest, Digest::of("content"));
    EXPECT_TRUE(store.has_blob(*digest, 7));
    EXPECT_FALSE(store.has_blob(*digest, 8));
    EXPECT_EQ(*store.read_blob(*digest, 100), "content");
    EXPECT_OK(store.put_blob("content"));
}

TEST_F(StoreTest, DropsDamagedBlobs) {
    const auto digest = *store.put_blob("content");
    std::ofstream(store.blob_path(digest)) << "damage!";
    EXPECT_ERROR(store.read_blob(digest, 100), "store/damaged", digest.to_string());
    EXPECT_FALSE(store.has_blob(digest));
}

TEST_F(StoreTest, ForgetsWhatIsNotCommitted) {
    {
        auto file = store.new_blob();
        ASSERT_OK(file);
        ASSERT_OK(file->write("unverified"));
    }
    for (const auto& entry : std::filesystem::recursive_directory_iterator(store.root()))
        EXPECT_FALSE(entry.is_regular_file()) << entry.path();
}

TEST_F(StoreTest, RemembersRecordsAndSurvivesBrokenOnes) {
    const auto key = Digest::of("key");
    EXPECT_EQ(store.find_record("kind", key), std::nullopt);
    ASSERT_OK(store.put_record("kind", key, {{"a", 1}}));
    EXPECT_EQ(store.find_record("kind", key), (Json{{"a", 1}}));
    EXPECT_EQ(store.find_record("other", key), std::nullopt);
    std::ofstream(store.record_path("kind", key)) << "{";
    EXPECT_EQ(store.find_record("kind", key), std::nullopt);
}

TEST(StoreRoot, FollowsTheXdgSpecification) {
    EXPECT_EQ(Store::default_root(Environment({{"XDG_CACHE_HOME", "/x"}, {"HOME", "/h"}})),
              "/x/pycontainer");
    EXPECT_EQ(Store::default_root(Environment({{"XDG_CACHE_HOME", "relative"}, {"HOME", "/h"}})),
              "/h/.cache/pycontainer");
    EXPECT_ERROR(Store::default_root(Environment()), "store/no-home", "HOME");
}

}  // namespace
}  // namespace pycontainer::store
