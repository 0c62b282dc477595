#include "store/eviction.hpp"

#include "store/file_times.hpp"
#include "store/store.hpp"
#include "support/result_matchers.hpp"
#include "support/test_context.hpp"

#include <gtest/gtest.h>

#include <fstream>

namespace pycontainer::store {
namespace {

using std::filesystem::path;

struct EvictionTest : ::testing::Test {
    EvictionTest()
        : directory(*TemporaryDirectory::create(::testing::TempDir(), "eviction-")),
          root(directory.path() / "cache"),
          store(root) {}

    /// A blob of `size` bytes that was used so many hours ago.
    Digest blob(char fill, std::size_t size, int hours = 0) {
        const auto digest = *store.put_blob(std::string(size, fill));
        set_used(store.blob_path(digest), now() - hours * kHour);
        return digest;
    }
    path record(const std::string& key, int hours = 0) {
        EXPECT_OK(store.put_record("kind", Digest::of(key), {{"key", key}}));
        const auto file = store.record_path("kind", Digest::of(key));
        set_used(file, now() - hours * kHour);
        return file;
    }
    EvictionReport evicted(const EvictionGoal& goal) {
        const auto report = evict(test.ctx, root, goal);
        EXPECT_OK(report);
        return report ? *report : EvictionReport();
    }
    std::vector<path> leftover() const { return take_inventory(root).leftover; }
    std::string usage() const { return read_file(root / "usage").value_or("none"); }
    std::vector<std::string> logs() const {
        std::vector<std::string> messages;
        for (const auto& event : test.sink.events()) messages.push_back(event.message);
        return messages;
    }

    TemporaryDirectory directory;
    path root;
    Store store;
    testing::TestContext test;
};

using InventoryTest = EvictionTest;

TEST_F(InventoryTest, ListsEntriesByLastUse) {
    const auto newest = blob('a', 10);
    const auto oldest = blob('b', 20, 30);
    const auto middle = record("r", 20);
    const auto inventory = take_inventory(root);
    ASSERT_EQ(inventory.entries.size(), 3U);
    EXPECT_EQ(inventory.entries[0].path, store.blob_path(oldest));
    EXPECT_EQ(inventory.entries[1].path, middle);
    EXPECT_EQ(inventory.entries[1].kind, Entry::Kind::Record);
    EXPECT_EQ(inventory.entries[2].path, store.blob_path(newest));
    EXPECT_EQ(inventory.entries[2].kind, Entry::Kind::Blob);
    EXPECT_EQ(inventory.size, 30 + std::filesystem::file_size(middle));
    EXPECT_TRUE(inventory.leftover.empty());
}

TEST_F(InventoryTest, OfNothingIsEmpty) {
    const auto inventory = take_inventory(root);
    EXPECT_TRUE(inventory.entries.empty());
    EXPECT_EQ(inventory.size, 0U);
    EXPECT_FALSE(std::filesystem::exists(root));
}

TEST_F(InventoryTest, KnowsWhatIsHalfWritten) {
    blob('a', 1);
    record("r");
    std::ofstream(root / "incoming" / "new.tmp-1") << "12345";
    const auto torn = store.record_path("kind", Digest::of("r")).string() + ".tmp-2";
    std::ofstream(torn) << "123";
    EXPECT_OK(store.put_record("checked", Digest::of("gone"), {}));
    const auto inventory = take_inventory(root);
    EXPECT_EQ(inventory.entries.size(), 2U);
    EXPECT_EQ(inventory.leftover.size(), 3U);
}

TEST_F(EvictionTest, TakesTheLeastRecentlyUsedFirst) {
    const auto a = blob('a', 1000, 4);
    const auto b = blob('b', 1000, 1);
    const auto c = blob('c', 1000, 3);
    const auto d = blob('d', 1000, 2);
    const auto report = evicted(EvictionGoal::size(2500));
    EXPECT_EQ(report.removed, 2U);
    EXPECT_EQ(report.removed_size, 2000U);
    EXPECT_EQ(report.left, 2U);
    EXPECT_EQ(report.left_size, 2000U);
    EXPECT_EQ(report.needed, 0U);
    EXPECT_FALSE(store.has_blob(a));
    EXPECT_FALSE(store.has_blob(c));
    EXPECT_TRUE(store.has_blob(b));
    EXPECT_TRUE(store.has_blob(d));
    EXPECT_TRUE(leftover().empty());
}

TEST_F(EvictionTest, LeavesAStoreThatIsSmallEnough) {
    blob('a', 1000, 100);
    EXPECT_EQ(evicted(EvictionGoal::size(1000)).removed, 0U);
    EXPECT_EQ(evicted({}).removed, 0U);
}

TEST_F(EvictionTest, GoesDownFurtherThanItsLimit) {
    for (char c = 'a'; c < 'k'; ++c) blob(c, 100, 'z' - c);
    const EvictionGoal goal{.used_since = {}, .max_size = 950, .down_to = 500};
    EXPECT_EQ(evicted(goal).left_size, 500U);
    EXPECT_EQ(evicted(goal).removed, 0U);
}

TEST_F(EvictionTest, TakesWhatIsOlder) {
    const auto old = blob('a', 10, 48);
    const auto recent = blob('b', 10, 46);
    const auto file = record("old", 49);
    const auto report = evicted({.used_since = now() - 47 * kHour, .max_size = {}, .down_to = 0});
    EXPECT_EQ(report.removed, 2U);
    EXPECT_FALSE(store.has_blob(old));
    EXPECT_FALSE(std::filesystem::exists(file));
    EXPECT_TRUE(store.has_blob(recent));
}

TEST_F(EvictionTest, TakesManyInSeveralTurns) {
    for (int i = 0; i < 600; ++i) record("r" + std::to_string(i), i % 7);
    const auto report = evicted(EvictionGoal::size(0));
    EXPECT_EQ(report.removed, 600U);
    EXPECT_EQ(report.left, 0U);
    EXPECT_TRUE(take_inventory(root).entries.empty());
}

TEST_F(EvictionTest, TakesTheCheckWithItsBlob) {
    const auto digest = blob('a', 10);
    EXPECT_TRUE(std::filesystem::exists(store.record_path("checked", digest)));
    evicted(EvictionGoal::size(0));
    EXPECT_FALSE(std::filesystem::exists(store.record_path("checked", digest)));
}

TEST_F(EvictionTest, TellsWhatImagesStillHold) {
    const auto digest = blob('a', 10);
    blob('b', 5);
    std::filesystem::create_hard_link(store.blob_path(digest), directory.path() / "image");
    const auto report = evicted(EvictionGoal::size(0));
    EXPECT_EQ(report.removed_size, 15U);
    EXPECT_EQ(report.shared_size, 10U);
    EXPECT_EQ(*read_file(directory.path() / "image"), std::string(10, 'a'));
}

TEST_F(EvictionTest, LeavesWhatARunningBuildMayNeed) {
    const auto old = blob('a', 1000, 5);
    const auto found = blob('b', 1000, 5);
    const auto recent = blob('c', 1000, 0);
    auto lease = store.lease(test.ctx);
    ASSERT_OK(lease);
    ASSERT_OK(store.find_blob(test.ctx, found));
    auto report = evicted(EvictionGoal::size(0));
    EXPECT_EQ(report.removed, 1U);
    EXPECT_EQ(report.needed, 2U);
    EXPECT_EQ(report.left, 2U);
    EXPECT_EQ(report.left_size, 2000U);
    EXPECT_EQ(report.holders.size(), 1U);
    EXPECT_FALSE(store.has_blob(old));
    EXPECT_TRUE(store.has_blob(found));
    EXPECT_TRUE(store.has_blob(recent));
    lease->release();
    report = evicted(EvictionGoal::size(0));
    EXPECT_EQ(report.removed, 2U);
    EXPECT_TRUE(report.holders.empty());
}

TEST_F(EvictionTest, LeavesWhatARunningBuildIsWriting) {
    auto lease = store.lease(test.ctx);
    ASSERT_OK(lease);
    auto file = store.new_blob();
    ASSERT_OK(file);
    ASSERT_OK(file->write("half"));
    std::ofstream(root / "incoming" / "older") << "of a dead build";
    set_modified(root / "incoming" / "older", now() - 2 * kHour);
    evicted({});
    tidy(test.ctx, root, 0, std::nullopt);
    EXPECT_EQ(leftover(), std::vector{file->temporary_path()});
    ASSERT_OK(store.commit_blob(std::move(*file), Digest::of("half")));
    EXPECT_TRUE(store.has_blob(Digest::of("half"), 4));
}

TEST_F(EvictionTest, TouchesNothingThatIsNotAStores) {
    blob('a', 10);
    const std::vector<path> foreign{root / "notes.txt",
                                    root / "blobs" / "sha256" / "aa" / "readme",
                                    root / "blobs" / "sha256" / std::string(64, 'a'),
                                    root / "records" / "kind" / "a.json",
                                    root / "records" / "kind" / "aa" / "a.json",
                                    root / "photos" / "aa" / "b.tmp-1"};
    for (const auto& file : foreign) {
        std::filesystem::create_directories(file.parent_path());
        std::ofstream(file) << "mine";
    }
    EXPECT_OK(clear(test.ctx, root));
    for (const auto& file : foreign) EXPECT_TRUE(std::filesystem::exists(file)) << file;
    EXPECT_TRUE(take_inventory(root).entries.empty());
}

TEST_F(EvictionTest, WritesNothingIntoAnotherDirectory) {
    const auto other = directory.path() / "other";
    std::filesystem::create_directories(other / "photos");
    EXPECT_OK(evict(test.ctx, other, EvictionGoal::size(0)));
    EXPECT_OK(clear(test.ctx, other));
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(other),
                            std::filesystem::directory_iterator()),
              1);
}

TEST_F(EvictionTest, FollowsNoLinks) {
    blob('a', 10);
    const auto elsewhere = directory.path() / "elsewhere";
    std::filesystem::create_directories(elsewhere);
    const std::string name(64, 'b');
    std::ofstream(elsewhere / name) << "mine";
    std::filesystem::create_directory_symlink(elsewhere, root / "blobs" / "sha256" / "bb");
    EXPECT_OK(clear(test.ctx, root));
    EXPECT_TRUE(std::filesystem::exists(elsewhere / name));
}

TEST_F(EvictionTest, StopsWhenItIsToldTo) {
    blob('a', 10);
    test.stop.request_stop();
    EXPECT_ERROR(evict(test.ctx, root, EvictionGoal::size(0)), "cancelled");
}

using ClearTest = EvictionTest;

TEST_F(ClearTest, LeavesNothing) {
    blob('a', 0);
    blob('b', 10, 3);
    record("r");
    std::ofstream(root / "incoming" / "new.tmp-1") << "12345";
    const auto report = clear(test.ctx, root);
    ASSERT_OK(report);
    EXPECT_EQ(report->removed, 3U);
    EXPECT_EQ(report->left, 0U);
    std::vector<std::string> left;
    for (const auto& entry : std::filesystem::directory_iterator(root))
        left.push_back(entry.path().filename().string());
    std::sort(left.begin(), left.end());
    EXPECT_EQ(left, (std::vector<std::string>{"lock", "usage"}));
    const auto digest = blob('b', 10);
    EXPECT_TRUE(store.has_blob(digest));
}

TEST_F(ClearTest, IsRefusedWhileABuildIsRunning) {
    const auto digest = blob('a', 10, 5);
    const auto lease = store.lease(test.ctx);
    ASSERT_OK(lease);
    EXPECT_ERROR(clear(test.ctx, root), "store/in-use", root.string(), std::to_string(::getpid()),
                 "prune");
    EXPECT_TRUE(store.has_blob(digest));
}

TEST_F(ClearTest, OfNothingMakesNothing) {
    EXPECT_OK(clear(test.ctx, root));
    EXPECT_OK(evict(test.ctx, root, EvictionGoal::size(0)));
    EXPECT_FALSE(std::filesystem::exists(root));
}

using TidyTest = EvictionTest;

TEST_F(TidyTest, CountsOnceAndThenAddsUp) {
    blob('a', 100);
    tidy(test.ctx, root, 100, 1000);
    EXPECT_TRUE(usage().starts_with("100 ")) << usage();
    blob('b', 50);
    tidy(test.ctx, root, 50, 1000);
    EXPECT_TRUE(usage().ends_with("\n50\n")) << usage();
    const auto before = usage();
    tidy(test.ctx, root, 0, 1000);
    EXPECT_EQ(usage(), before);
    EXPECT_TRUE(logs().empty());
}

TEST_F(TidyTest, EvictsWhenTheLimitIsPassed) {
    const auto old = blob('a', 500, 9);
    tidy(test.ctx, root, 500, 1000);
    EXPECT_TRUE(store.has_blob(old));
    const auto recent = blob('b', 600, 1);
    tidy(test.ctx, root, 600, 1000);
    EXPECT_FALSE(store.has_blob(old));
    EXPECT_TRUE(store.has_blob(recent));
    EXPECT_TRUE(usage().starts_with("600 ")) << usage();
    ASSERT_EQ(logs().size(), 1U);
    EXPECT_NE(logs()[0].find("limit of 1.0 kB"), std::string::npos) << logs()[0];
}

TEST_F(TidyTest, LeavesRoomBelowTheLimit) {
    for (char c = 'a'; c < 'l'; ++c) blob(c, 100, 'z' - c);
    tidy(test.ctx, root, 1100, 1000);
    EXPECT_EQ(take_inventory(root).size, 900U);
}

TEST_F(TidyTest, CountsAgainWhenItsNotesMakeNoSense) {
    const auto good = fmt::format("{} {}\n", 1, now());
    for (const auto& text :
         {std::string(), std::string("x"), std::string("1 2 3\n"), std::string("-5 7\n"),
          std::string("5 0\n"), good + "x\n", good + "18446744073709551615\n1\n",
          fmt::format("5 {}\n", now() - 25 * kHour)}) {
        const auto old = blob('a', 5000, 9);
        std::ofstream(root / "usage") << text;
        tidy(test.ctx, root, 1, 1000);
        EXPECT_FALSE(store.has_blob(old)) << text;
        EXPECT_TRUE(usage().starts_with("0 ")) << text << usage();
    }
}

TEST_F(TidyTest, WithoutALimitEvictsNothing) {
    const auto old = blob('a', 5000, 9);
    tidy(test.ctx, root, 5000, std::nullopt);
    EXPECT_TRUE(store.has_blob(old));
    EXPECT_EQ(usage(), "none");
}

TEST_F(TidyTest, RemovesWhatKilledBuildsLeft) {
    record("r");
    const auto beside = store.record_path("kind", Digest::of("r")).string() + ".tmp-2";
    std::ofstream(beside) << "123";
    std::ofstream(root / "incoming" / "new.tmp-1") << "12345";
    std::filesystem::create_directories(root / "leases");
    tidy(test.ctx, root, 0, 1000);
    EXPECT_EQ(leftover(), std::vector<path>{beside});  // only looked for where somebody has died
    std::ofstream(root / "leases" / "1-0") << "";
    tidy(test.ctx, root, 0, 1000);
    EXPECT_TRUE(leftover().empty());
    EXPECT_TRUE(std::filesystem::is_empty(root / "leases"));
}

}  // namespace
}  // namespace pycontainer::store
