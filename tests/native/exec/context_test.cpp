#include "exec/context.hpp"

#include "support/result_matchers.hpp"
#include "support/test_context.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

namespace pycontainer::exec {
namespace {

TEST(ParallelFor, RunsEveryTaskOnce) {
    for (const unsigned limit : {1U, 4U}) {
        testing::TestContext test({}, limit);
        std::vector<std::atomic<int>> runs(100);
        ASSERT_OK(parallel_for(test.ctx, runs.size(), limit,
                               [&](const Context&, std::size_t i) -> Result<void> {
                                   ++runs[i];
                                   return {};
                               }));
        for (const auto& run : runs) EXPECT_EQ(run.load(), 1);
    }
}

TEST(ParallelFor, ReturnsTheFirstErrorAndStopsTheRest) {
    testing::TestContext test({}, 2);
    std::atomic<int> started{0};
    const auto result =
        parallel_for(test.ctx, 1000, 2, [&](const Context& ctx, std::size_t i) -> Result<void> {
            ++started;
            if (i == 0) return fail("test/broken", "task {} broke", i);
            return ctx.wait(std::chrono::seconds(10));
        });
    EXPECT_ERROR(result, "test/broken", "task 0");
    EXPECT_LT(started.load(), 10);
}

TEST(ParallelFor, TurnsExceptionsIntoErrors) {
    testing::TestContext test;
    EXPECT_ERROR(parallel_for(test.ctx, 1, 1,
                              [](const Context&, std::size_t) -> Result<void> {
                                  throw std::runtime_error("boom");
                              }),
                 "internal/unexpected", "boom");
}

TEST(Context, WakesFromWaitingWhenItIsStopped) {
    testing::TestContext test;
    const auto start = std::chrono::steady_clock::now();
    const std::jthread stopper([&] { test.stop.request_stop(); });
    EXPECT_ERROR(test.ctx.wait(std::chrono::seconds(30)), "cancelled");
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
    EXPECT_ERROR(test.ctx.check(), "cancelled");
}

TEST(Activity, IsReportedFromStartToEnd) {
    testing::TestContext test;
    {
        Activity activity(test.ctx, "downloading", 200);
        activity.advance(1);
        activity.advance(199);
    }
    const auto events = test.sink.events();
    ASSERT_GE(events.size(), 3U);
    EXPECT_EQ(events.front().kind, EventKind::ActivityStarted);
    EXPECT_EQ(events.front().name, "downloading");
    EXPECT_EQ(events[events.size() - 2].done, 200U);
    EXPECT_EQ(events.back().kind, EventKind::ActivityFinished);
    EXPECT_EQ(events.back().outcome, "done");
}

TEST(Events, AreJsonWithTheirKind) {
    Event event;
    event.kind = EventKind::Warning;
    event.code = "a/b";
    event.message = "m";
    EXPECT_EQ(to_json(event), (Json{{"kind", "warning"}, {"code", "a/b"}, {"message", "m"}}));
}

}  // namespace
}  // namespace pycontainer::exec
