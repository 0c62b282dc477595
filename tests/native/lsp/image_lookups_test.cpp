#include "lsp/image_lookups.hpp"

#include "base/synchronized.hpp"

#include <gtest/gtest.h>

#include <future>
#include <semaphore>

namespace pycontainer::lsp {
namespace {

using Want = ImageLookups::Want;
using namespace std::chrono_literals;

Want tags(const std::string& name) {
    return {Want::Kind::Tags, name};
}

/// Look-ups that go on until they are let go or stopped.
class ImageLookupsTest : public ::testing::Test {
protected:
    Result<void> look_up(const exec::Context& ctx, const Want& want) {
        begun_.with([&](auto& begun) { begun.push_back(want.name); });
        started_.release();
        if (want.name.ends_with("/slow")) PYC_TRY(ctx.wait(60s));
        if (want.name.ends_with("/limited")) return fail("registry/rate-limited", "too many");
        if (want.name.ends_with("/none")) return fail("registry/not-found", "no such repository");
        return {};
    }
    std::vector<std::string> begun() {
        return begun_.with([](const auto& begun) { return begun; });
    }
    /// Waits until the look-ups ended or the patience did.
    void ask(const std::vector<Want>& wants, std::chrono::milliseconds patience = 60s) {
        std::promise<void> ready;
        lookups_.wait(++id_, wants, patience, [&] { ready.set_value(); });
        ready.get_future().wait();
    }

    Environment environment_;
    Synchronized<std::vector<std::string>> begun_;
    std::counting_semaphore<> started_{0};
    int id_ = 0;
    ImageLookups lookups_{environment_,
                          [this](const auto& ctx, const auto& want) { return look_up(ctx, want); },
                          [](const auto&, const auto&) {}};
};

TEST_F(ImageLookupsTest, AnswerWhenAllHaveEnded) {
    ask({tags("r/a"), tags("r/b")});
    EXPECT_EQ(begun().size(), 2U);
    ask({});
}

TEST_F(ImageLookupsTest, AnswerWhenPatienceEndsAndGoOn) {
    ask({tags("r/slow")}, 1ms);
    ask({tags("r/slow")}, 1ms);
    EXPECT_EQ(begun(), std::vector<std::string>{"r/slow"});
}

TEST_F(ImageLookupsTest, AreAtMostTwoAtATime) {
    ask({tags("r/1/slow"), tags("r/2/slow"), tags("r/3")}, 50ms);
    EXPECT_EQ(begun(), (std::vector<std::string>{"r/1/slow", "r/2/slow"}));
}

TEST_F(ImageLookupsTest, StopWhenNobodyWaits) {
    std::atomic<bool> was_answered{false};
    lookups_.wait(1, {tags("r/slow")}, 60s, [&] { was_answered = true; });
    lookups_.wait(2, {tags("r/slow")}, 60s, [&] { was_answered = true; });
    started_.acquire();
    EXPECT_TRUE(lookups_.cancel(1));
    EXPECT_FALSE(lookups_.cancel(1));
    EXPECT_TRUE(lookups_.cancel(2));
    ask({tags("r/other")});
    EXPECT_FALSE(was_answered);
    // It was not its fault.
    EXPECT_EQ(lookups_.promising({tags("r/slow")}).size(), 1U);
}

TEST_F(ImageLookupsTest, LeaveAloneWhatHasFailed) {
    ask({tags("r/none"), tags("r/a")});
    EXPECT_EQ(lookups_.promising({tags("r/none"), tags("r/a")}), std::vector<Want>{tags("r/a")});
    ask({tags("r/limited")});
    EXPECT_EQ(lookups_.promising({tags("r/a"), tags("other/a")}),
              std::vector<Want>{tags("other/a")});
}

}  // namespace
}  // namespace pycontainer::lsp
