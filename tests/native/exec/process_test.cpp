#include "exec/process.hpp"

#include "support/result_matchers.hpp"
#include "support/test_context.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace pycontainer::exec {
namespace {

const std::map<std::string, std::string, std::less<>> kVariables = {{"PATH", "/usr/bin:/bin"},
                                                                    {"GREETING", "hello"}};

TEST(RunProcess, GivesInputAndTakesOutput) {
    testing::TestContext test(kVariables);
    const auto outcome = run_process(
        test.ctx, {.command = {"sh", "-c", "cat; echo $GREETING; echo oops >&2; exit 3"},
                   .directory = {},
                   .input = "in\n"});
    ASSERT_OK(outcome);
    EXPECT_EQ(outcome->output, "in\nhello\n");
    EXPECT_EQ(outcome->errors, "oops\n");
    EXPECT_EQ(outcome->exit_code, 3);
}

TEST(RunProcess, HasNoShellInBetween) {
    testing::TestContext test(kVariables);
    const auto outcome =
        run_process(test.ctx, {.command = {"echo", "$GREETING; ls"}, .directory = {}, .input = {}});
    ASSERT_OK(outcome);
    EXPECT_EQ(outcome->output, "$GREETING; ls\n");
}

TEST(RunProcess, SaysWhatIsMissing) {
    testing::TestContext test(kVariables);
    EXPECT_ERROR(
        run_process(test.ctx, {.command = {"no-such-program"}, .directory = {}, .input = {}}),
        "process/not-found", "no-such-program");
    testing::TestContext bare;
    EXPECT_ERROR(run_process(bare.ctx, {.command = {"sh"}, .directory = {}, .input = {}}),
                 "process/not-found");
}

TEST(RunProcess, EndsWithItsContext) {
    testing::TestContext test(kVariables);
    const std::jthread stopper([&] { test.stop.request_stop(); });
    EXPECT_ERROR(
        run_process(test.ctx,
                    {.command = {"sh", "-c", "sleep 60 & wait"}, .directory = {}, .input = {}}),
        "cancelled");
}

TEST(RunProcess, EndsWhenItsTimeIsUp) {
    testing::TestContext test(kVariables);
    EXPECT_ERROR(run_process(test.ctx, {.command = {"sleep", "60"},
                                        .directory = {},
                                        .input = {},
                                        .timeout = std::chrono::milliseconds(100)}),
                 "process/failed", "sleep");
}

TEST(FindProgram, IgnoresRelativeEntriesOfPath) {
    EXPECT_TRUE(find_program(Environment({{"PATH", "/bin"}}), "sh"));
    EXPECT_FALSE(find_program(Environment({{"PATH", ".:bin:"}}), "sh"));
}

}  // namespace
}  // namespace pycontainer::exec
