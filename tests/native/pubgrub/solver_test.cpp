#include "pubgrub/solver.hpp"

#include "pubgrub/written_universe.hpp"

#include <gtest/gtest.h>

namespace pycontainer::pubgrub {
namespace {

using testing::WrittenUniverse;

void check(std::string_view universe, const std::string& solution) {
    EXPECT_EQ(WrittenUniverse(universe).solve(), solution);
}

TEST(Solver, TakesTheNewestOfWhatIsAllowed) {
    check("root:", "");
    check("root: a\na 1:\na 2:\na 3:", "a 3");
    check("root: a<3\na 1:\na 2:\na 3:", "a 2");
    check("root: a>=1,!=3 a<3\na 1:\na 2:\na 3:", "a 2");
    check("root: a b\na 1: aa>=1 ab>=1\nb 1: ba bb\naa 1:\nab 1:\nba 1:\nbb 1:",
          "a 1, aa 1, ab 1, b 1, ba 1, bb 1");
}

TEST(Solver, SharesAPackageThatTwoNeed) {
    check("root: a b\na 1: s>=2,<4\nb 1: s>=3,<5\ns 2:\ns 3:\ns 4:\ns 5:", "a 1, b 1, s 3");
}

TEST(Solver, InstallsNothingForVersionsThatAreNotChosen) {
    check("root: foo bar>=1\nfoo 2: baz\nfoo 1:\nbar 1: foo<2\nbaz 1:", "bar 1, foo 1");
}

TEST(Solver, AvoidsAConflictWhileDeciding) {
    check("root: bar>=1 foo>=1\nbar 1:\nbar 2:\nfoo 2: bar==1\nfoo 1:", "bar 2, foo 1");
}

TEST(Solver, GivesTheNewestToWhatHasTheLowerNumber) {
    check("root: foo>=1 bar>=1\nfoo 2: bar==1\nfoo 1:\nbar 1:\nbar 2:", "bar 1, foo 2");
    check("root: a b\na 2: c==1\na 1:\nb 2: c==2\nb 1:\nc 1:\nc 2:", "a 2, b 1, c 1");
}

TEST(Solver, ResolvesConflictsByLearning) {
    check("root: foo>=1\nfoo 2: bar\nfoo 1:\nbar 1: foo==1", "foo 1");
}

TEST(Solver, FindsTheSatisfierThatIsPartial) {
    // The example of PubGrub's documentation.
    check(
        "root: foo target==2\nfoo 1: left right\nfoo 0:\nleft 1: shared>=1\nright 1: "
        "shared<2\nshared 2:\nshared 1: target==1\ntarget 2:\ntarget 1:",
        "foo 0, target 2");
}

TEST(Solver, CirclesAreNoConflict) {
    check("root: a\na 1: b\nb 1: a", "a 1, b 1");
    check("root: a\na 2: b>=2\na 1:\nb 2: a<2\nb 1: a", "a 1");
    check("root: a\na 1: b\nb 1: c\nc 1: a==1", "a 1, b 1, c 1");
}

TEST(Solver, LetsAPackageNeedItself) {
    check("root: a\na 1: a", "a 1");
    check("root: a\na 2: a<2\na 1: a>=1", "a 1");
}

TEST(Solver, PassesOverWhatIsUnusable) {
    check("root: a\na 3! is broken\na 2! is broken\na 1:", "a 1");
    check("root: a b\na 2: c\na 1:\nb 1:\nc 1! is broken", "a 1, b 1");
}

TEST(Solver, GoesBackOverManyVersions) {
    std::string text = "root: app lib\nlib 0:\n";
    for (int i = 1; i <= 200; ++i)
        text += "app " + std::to_string(i) + ": lib==" + std::to_string(i == 3 ? 0 : 1) + "\n";
    WrittenUniverse universe(text + "lib 2:\n");
    universe.rank_first("lib");
    EXPECT_EQ(universe.solve(), "app 3, lib 0");
}

TEST(Solver, ChoosesLaterWhatKeepsManyFromBeingChosen) {
    // Whatever is newest of `socket`, no version but the oldest of `frame` goes with it.
    std::string text = "root: socket app\nsocket 1:\nsocket 2:\napp 1: frame\nframe 0:\n";
    for (int i = 1; i <= 20; ++i) {
        const auto version = std::to_string(i);
        text +=
            "frame " + version + ": client==" + version + "\nclient " + version + ": socket<2\n";
    }
    check(text, "app 1, client 20, frame 20, socket 1");
}

TEST(Solver, IsQuickInDiamondsThatDefyBacktracking) {
    // Each pair of layers conflicts for all but the oldest: 2^40 ways for a search that does not
    // learn.
    std::string text = "root:";
    for (int i = 0; i < 40; ++i) text += " p" + std::to_string(i);
    text += " end==1\nend 1:\nend 2:\n";
    for (int i = 0; i < 40; ++i) {
        const auto name = "p" + std::to_string(i);
        const auto next = i == 39 ? std::string("end==2") : "p" + std::to_string(i + 1) + "==2";
        text += name + " 2: " + next + "\n" + name + " 1:\n";
    }
    WrittenUniverse universe(text, 5'000);
    const auto solution = universe.solve();
    EXPECT_TRUE(solution.starts_with("end 1, p0 1, p1 1")) << solution;
}

TEST(Solver, FollowsDeepChains) {
    std::string text = "root: p0\n";
    for (int i = 0; i < 2'000; ++i)
        text += "p" + std::to_string(i) + " 1: p" + std::to_string(i + 1) + "\n";
    WrittenUniverse universe(text + "p2000 1:\n");
    const auto outcome = solve(universe);
    ASSERT_TRUE(outcome.has_value());
    ASSERT_TRUE(std::holds_alternative<Solution>(*outcome));
    EXPECT_EQ(std::get<Solution>(*outcome).size(), 2'002U);
}

TEST(Solver, AsksOnlyForWhatItTries) {
    WrittenUniverse universe("root: a\na 3: b\na 2: b\na 1: b\nb 2:\nb 1:");
    EXPECT_EQ(universe.solve(), "a 3, b 2");
    EXPECT_EQ(universe.asked, 3U);
}

TEST(Solver, StopsWhenTheUniverseSaysSo) {
    EXPECT_EQ(WrittenUniverse("root: a\na 1: b\nb 1: c\nc 1:", 3).solve(), "test/steps");
}

TEST(Solver, FindsThatThereIsNoSolution) {
    for (const char* universe : {
             "root: a",                                      // no version at all
             "root: a>=2\na 1:",                             // none that is allowed
             "root: a<2 a>=2\na 1:\na 2:",                   // none that both allow
             "root: a b\na 1: c==1\nb 1: c==2\nc 1:\nc 2:",  // a diamond
             "root: a\na 1: a>=2\na 2: a<2",                 // each excludes itself
             "root: a\na 1: b\nb 1: c\nc 1! is broken",      // at the end of a chain
             "root: a b\na 1: b==2\na 2: b==3\nb 1:\nb 2: a==2\nb 3: a==1",
         }) {
        WrittenUniverse written(universe);
        const auto outcome = solve(written);
        ASSERT_TRUE(outcome.has_value()) << universe;
        EXPECT_TRUE(std::holds_alternative<Conflict>(*outcome)) << universe;
    }
}

}  // namespace
}  // namespace pycontainer::pubgrub
