#include "store/store.hpp"

#include "store/file_times.hpp"
#include "support/result_matchers.hpp"
#include "support/test_context.hpp"

#include <gtest/gtest.h>

#include <fstream>

namespace pycontainer::store {
namespace {

struct StoreTest : ::testing::Test {
    StoreTest()
        : directory(*TemporaryDirectory::create(::testing::TempDir(), "store-")),
          store(directory.path() / "cache") {}
    /// The same store as another process sees it.
    Store another() const { return Store(store.root()); }
    std::optional<std::uint64_t> found(const Store& where, const Digest& digest) {
        const auto size = where.find_blob(test.ctx, digest);
        EXPECT_OK(size);
        return size ? *size : std::nullopt;
    }
    std::vector<std::string> warnings() const {
        std::vector<std::string> codes;
        for (const auto& event : test.sink.events())
            if (event.kind == exec::EventKind::Warning) codes.push_back(event.code);
        return codes;
    }
    /// Changes a byte and nothing else that can be seen from outside.
    static void rot(const std::filesystem::path& path) {
        const auto before = file_status(path);
        std::fstream(path, std::ios::in | std::ios::out | std::ios::binary).put('#');
        set_modified(path, modified_at(before));
    }

    TemporaryDirectory directory;
    Store store;
    testing::TestContext test;
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

TEST_F(StoreTest, FindsBlobsThatAreRight) {
    const auto digest = *store.put_blob("content");
    EXPECT_EQ(found(store, digest), 7U);
    EXPECT_EQ(found(another(), digest), 7U);
    EXPECT_EQ(**store.find_blob(test.ctx, digest, 7), 7U);
    EXPECT_EQ(*store.find_blob(test.ctx, digest, 8), std::nullopt);
    EXPECT_TRUE(store.has_blob(digest)) << "another size was asked for, which proves nothing";
    EXPECT_EQ(found(store, Digest::of("other")), std::nullopt);
    EXPECT_TRUE(warnings().empty());
}

TEST_F(StoreTest, FindsNoDamagedBlob) {
    const auto check = [&](auto damage) {
        const auto digest = *store.put_blob("content");
        damage(store.blob_path(digest));
        EXPECT_EQ(found(another(), digest), std::nullopt);
        EXPECT_FALSE(store.has_blob(digest));
        EXPECT_EQ(found(another(), digest), std::nullopt);
    };
    check([](const auto& path) { std::ofstream(path) << "damage!"; });
    check([](const auto& path) { std::ofstream(path) << "short"; });
    check([](const auto& path) { std::ofstream(path) << ""; });
    check([](const auto& path) { std::ofstream(path, std::ios::app) << "more"; });
    check([](const auto& path) {  // another file of the same size and time
        const auto before = file_status(path);
        std::ofstream(path.string() + "-2") << "damage!";
        std::filesystem::rename(path.string() + "-2", path);
        set_modified(path, modified_at(before));
    });
    EXPECT_EQ(warnings(), (std::vector<std::string>(5, "store/damaged")));
}

TEST_F(StoreTest, ChecksAgainAfterARestartAndAfterAWeek) {
    const auto check = [&](const char* key, const Json& value, bool is_checked) {
        const auto digest = *store.put_blob("content");
        auto record = *store.find_record("checked", digest);
        ASSERT_TRUE(record.contains(key));
        record[key] = value;
        ASSERT_OK(store.put_record("checked", digest, record));
        rot(store.blob_path(digest));
        EXPECT_EQ(found(another(), digest).has_value(), !is_checked) << key << " " << value;
    };
    const auto at = [](Time time) { return static_cast<std::uint64_t>(time); };
    check("at", at(now() - 6 * kDay), false);
    std::filesystem::remove_all(store.root());
    check("at", at(now() - 8 * kDay), true);
    check("at", at(now() + 2 * kHour), true);
    check("boot", "another", true);
    check("inode", 1, true);
    check("size", 8, true);
    check("modified", 1, true);
}

TEST_F(StoreTest, ChecksAgainWithoutANoteOrWithADamagedOne) {
    const auto digest = *store.put_blob("content");
    const auto note = store.record_path("checked", digest);
    std::filesystem::remove(note);
    EXPECT_EQ(found(another(), digest), 7U);
    EXPECT_TRUE(std::filesystem::exists(note)) << "what was checked is noted";
    rot(note);
    rot(store.blob_path(digest));
    EXPECT_EQ(found(another(), digest), std::nullopt);
}

TEST_F(StoreTest, StopsCheckingWhenItIsToldTo) {
    const auto digest = *store.put_blob("content");
    std::filesystem::remove(store.record_path("checked", digest));
    test.stop.request_stop();
    EXPECT_ERROR(another().find_blob(test.ctx, digest), "cancelled");
    EXPECT_TRUE(store.has_blob(digest));
}

TEST_F(StoreTest, WritesWhenAnEntryWasUsed) {
    const auto recent = now() - kHour / 2;
    const auto check = [&](const std::filesystem::path& path, auto use) {
        set_used(path, now() - 30 * kDay);
        use();
        EXPECT_GT(used_at(file_status(path)), recent) << path;
    };
    const auto digest = *store.put_blob("content");
    const auto blob = store.blob_path(digest);
    check(blob, [&] { EXPECT_EQ(found(store, digest), 7U); });
    check(blob, [&] { EXPECT_OK(store.read_blob(digest, 100)); });
    check(blob, [&] { EXPECT_OK(store.put_blob("content")); });
    ASSERT_OK(store.put_record("kind", digest, {}));
    check(store.record_path("kind", digest),
          [&] { EXPECT_TRUE(store.find_record("kind", digest)); });

    // Hourly is enough. (What is read the kernel may note by itself.)
    set_used(blob, recent);
    EXPECT_EQ(found(store, digest), 7U);
    EXPECT_OK(store.put_blob("content"));
    EXPECT_EQ(used_at(file_status(blob)) / kSecond, recent / kSecond);
}

TEST_F(StoreTest, BelievesNoDamagedRecord) {
    const auto key = Digest::of("key");
    const auto path = store.record_path("kind", key);
    ASSERT_OK(store.put_record("kind", key, {{"size", 1}}));
    const auto good = *read_file(path);
    for (std::size_t i = 0; i < good.size(); ++i) {
        auto bad = good;
        bad[i] = static_cast<char>(bad[i] ^ 1);
        ASSERT_OK(write_file(path, bad));
        EXPECT_EQ(store.find_record("kind", key), std::nullopt) << bad;
        ASSERT_OK(write_file(path, good.substr(0, i)));
        EXPECT_EQ(store.find_record("kind", key), std::nullopt) << i;
    }
    ASSERT_OK(write_file(path, good));
    EXPECT_EQ(store.find_record("kind", key), (Json{{"size", 1}}));
}

TEST_F(StoreTest, RemembersNothingWhenTold) {
    const auto key = Digest::of("key");
    ASSERT_OK(store.put_record("kind", key, {}));
    const auto digest = *store.put_blob("content");
    const Store forgetful(store.root(), Store::Records::Ignore);
    EXPECT_EQ(forgetful.find_record("kind", key), std::nullopt);
    EXPECT_EQ(found(forgetful, digest), 7U);
}

TEST_F(StoreTest, CountsWhatItAdds) {
    EXPECT_EQ(store.added(), 0U);
    ASSERT_OK(store.put_blob("content"));
    const auto once = store.added();
    EXPECT_GE(once, 7U);
    ASSERT_OK(store.put_blob("content"));
    EXPECT_EQ(store.added(), once);
    ASSERT_OK(store.put_record("kind", Digest::of("key"), {}));
    EXPECT_GT(store.added(), once);
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
    const auto root = [](std::map<std::string, std::string, std::less<>> variables,
                         std::optional<std::filesystem::path> named = std::nullopt) {
        return Store::find_root(Environment(std::move(variables)), named);
    };
    EXPECT_EQ(root({{"XDG_CACHE_HOME", "/x"}, {"HOME", "/h"}}), "/x/pycontainer");
    EXPECT_EQ(root({{"XDG_CACHE_HOME", "relative"}, {"HOME", "/h"}}), "/h/.cache/pycontainer");
    EXPECT_EQ(root({{"PYCONTAINER_CACHE_DIR", "/c"}, {"XDG_CACHE_HOME", "/x"}}), "/c");
    EXPECT_EQ(root({{"PYCONTAINER_CACHE_DIR", "/c"}, {"HOME", "/h"}}, "flag"), "flag");
    EXPECT_ERROR(root({}), "store/no-home", "HOME");
}

}  // namespace
}  // namespace pycontainer::store
