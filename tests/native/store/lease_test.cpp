#include "store/lease.hpp"

#include "store/file_times.hpp"
#include "support/result_matchers.hpp"
#include "support/test_context.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace pycontainer::store {
namespace {

struct LeaseTest : ::testing::Test {
    LeaseTest()
        : directory(*TemporaryDirectory::create(::testing::TempDir(), "lease-")),
          root(directory.path() / "cache") {}

    Leases look() {
        const auto gate = Gate::enter(test.ctx, root, Gate::Mode::Exclusive);
        EXPECT_OK(gate);
        return look_at_leases(*gate, root);
    }
    std::size_t files() const {
        return static_cast<std::size_t>(
            std::distance(std::filesystem::directory_iterator(root / "leases"),
                          std::filesystem::directory_iterator()));
    }

    TemporaryDirectory directory;
    std::filesystem::path root;
    testing::TestContext test;
};

TEST_F(LeaseTest, IsSeenUntilItIsReleased) {
    const auto before = now();
    auto lease = Lease::take(test.ctx, root);
    ASSERT_OK(lease);
    EXPECT_TRUE(lease->is_held());
    const auto leases = look();
    EXPECT_EQ(leases.holders, std::vector{std::to_string(::getpid())});
    EXPECT_FALSE(leases.found_dead);
    EXPECT_LE(leases.needed_since, now() - kHour);
    EXPECT_GE(leases.needed_since, before - kHour - kSecond);
    lease->release();
    EXPECT_FALSE(lease->is_held());
    EXPECT_TRUE(look().holders.empty());
    EXPECT_EQ(files(), 0U);
}

TEST_F(LeaseTest, OfSeveralTheOldestCounts) {
    const auto one = Lease::take(test.ctx, root);
    const auto two = Lease::take(test.ctx, root);
    ASSERT_OK(one);
    ASSERT_OK(two);
    const auto start = now() - 5 * kHour;
    set_modified(std::filesystem::directory_iterator(root / "leases")->path(), start);
    const auto leases = look();
    EXPECT_EQ(leases.holders.size(), 2U);
    EXPECT_EQ(leases.needed_since, start - kHour);
}

TEST_F(LeaseTest, WithoutHoldersNothingIsNeeded) {
    const auto leases = look();
    EXPECT_TRUE(leases.holders.empty());
    EXPECT_EQ(leases.needed_since, std::numeric_limits<Time>::max());
}

TEST_F(LeaseTest, IsReleasedByDeath) {
    int ready[2];
    ASSERT_EQ(::pipe(ready), 0);
    const pid_t child = ::fork();
    if (child == 0) {
        const auto lease = Lease::take(test.ctx, root);
        const char done = lease && lease->is_held() ? 'y' : 'n';
        static_cast<void>(::write(ready[1], &done, 1) == 1);
        for (;;) ::pause();
    }
    char taken = 0;
    ASSERT_EQ(::read(ready[0], &taken, 1), 1);
    ASSERT_EQ(taken, 'y');
    EXPECT_EQ(look().holders, std::vector{std::to_string(child)});
    ::kill(child, SIGKILL);
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    EXPECT_EQ(files(), 1U);
    const auto leases = look();
    EXPECT_TRUE(leases.holders.empty());
    EXPECT_TRUE(leases.found_dead);
    EXPECT_EQ(files(), 0U);
    EXPECT_FALSE(look().found_dead);
    ::close(ready[0]);
    ::close(ready[1]);
}

TEST_F(LeaseTest, TakesAnotherNameThanAKilledProcessOfTheSameId) {
    std::filesystem::create_directories(root / "leases");
    // The next numbers of this process, whichever they are.
    for (int i = 0; i < 200; ++i)
        std::ofstream(root / "leases" / fmt::format("{}-{}", ::getpid(), i)) << "";
    const auto lease = Lease::take(test.ctx, root);
    ASSERT_OK(lease);
    EXPECT_EQ(look().holders.size(), 1U);
    EXPECT_EQ(files(), 1U);
}

TEST_F(LeaseTest, MovesWithItsObject) {
    auto one = Lease::take(test.ctx, root);
    ASSERT_OK(one);
    Lease two = std::move(*one);
    EXPECT_FALSE(one->is_held());
    EXPECT_EQ(look().holders.size(), 1U);
    two = Lease();
    EXPECT_TRUE(look().holders.empty());
}

TEST_F(LeaseTest, NeedsAPlaceThatCanBeADirectory) {
    std::ofstream(directory.path() / "file") << "";
    EXPECT_ERROR(Lease::take(test.ctx, directory.path() / "file" / "cache"), "file/not-writable",
                 "file");
}

using GateTest = LeaseTest;

TEST_F(GateTest, IsSharedByBuilds) {
    const auto one = Gate::enter(test.ctx, root, Gate::Mode::Shared);
    EXPECT_OK(one);
    EXPECT_OK(Gate::enter(test.ctx, root, Gate::Mode::Shared));
}

TEST_F(GateTest, ExcludesUntilItIsLeft) {
    for (const auto& [first, second] : {std::pair(Gate::Mode::Exclusive, Gate::Mode::Shared),
                                        std::pair(Gate::Mode::Shared, Gate::Mode::Exclusive),
                                        std::pair(Gate::Mode::Exclusive, Gate::Mode::Exclusive)}) {
        auto gate = std::make_optional(Gate::enter(test.ctx, root, first));
        ASSERT_OK(*gate);
        std::atomic<bool> entered{false};
        std::jthread other([&, mode = second] {
            EXPECT_OK(Gate::enter(test.ctx, root, mode));
            entered = true;
        });
        EXPECT_FALSE(entered);
        gate.reset();
        other.join();
        EXPECT_TRUE(entered);
    }
}

TEST_F(GateTest, IsLeftWaitingForByWhoIsStopped) {
    const auto gate = Gate::enter(test.ctx, root, Gate::Mode::Exclusive);
    ASSERT_OK(gate);
    testing::TestContext stopped;
    stopped.stop.request_stop();
    EXPECT_ERROR(Gate::enter(stopped.ctx, root, Gate::Mode::Shared), "cancelled");
    EXPECT_ERROR(Lease::take(stopped.ctx, root), "cancelled");
    EXPECT_EQ(files(), 0U);
}

TEST(Use, IsWrittenAtMostHourly) {
    const auto check = [](Time used, bool expected) {
        struct stat info {};
        constexpr Time kNow = 1'000 * kDay;
        info.st_atim = to_timespec(kNow + used);
        EXPECT_EQ(needs_touch(info, kNow), expected) << used;
    };
    check(0, false);
    check(-kHour / 2, false);
    check(-kHour, false);
    check(-kHour - kSecond, true);
    check(-kDay, true);
    check(kHour / 2, false);
    check(2 * kHour, true);  // a clock was wrong
}

TEST_F(LeaseTest, TouchWritesTheTimeOfUseOnly) {
    const auto file = directory.path() / "file";
    std::ofstream(file) << "content";
    set_used(file, now() - 9 * kDay);
    set_modified(file, now() - 8 * kDay);
    const auto before = file_status(file);
    touch(file);
    const auto after = file_status(file);
    EXPECT_GT(used_at(after), now() - 60 * kSecond);
    EXPECT_EQ(modified_at(after), modified_at(before));
    EXPECT_EQ(after.st_ino, before.st_ino);
}

}  // namespace
}  // namespace pycontainer::store
