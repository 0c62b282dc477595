#include "pubgrub/explanation.hpp"

#include "pubgrub/written_universe.hpp"

#include <gtest/gtest.h>

namespace pycontainer::pubgrub {
namespace {

using testing::WrittenUniverse;

void check(std::string_view universe, const std::string& explanation) {
    EXPECT_EQ(WrittenUniverse(universe).solve(), explanation);
}

TEST(Explanation, NamesTheRequirementThatNothingMeets) {
    check("root: a>=2\na 1:", "Because the project needs a>=2, there is no solution");
    check("root: a\na 1! is broken\na 2! is broken",
          "Because a 2|1 is broken and the project needs a, there is no solution");
}

TEST(Explanation, TellsADiamondInTwoSentences) {
    check("root: a b\na 1: c==1\nb 1: c==2\nc 1:\nc 2:",
          "Because a 1 needs c==1 and b 1 needs c==2, a 1 and b 1 cannot be used together\n"
          "And because the project needs a and the project needs b, there is no solution");
}

TEST(Explanation, FollowsAChain) {
    check("root: a\na 1: b\nb 1: c\nc 1: d>=9\nd 1:",
          "Because a 1 needs b and b 1 needs c, a 1 needs c 1\n"
          "And because c 1 needs d>=9 and the project needs a, there is no solution");
}

TEST(Explanation, SpeaksOfVersionsWithTheSameNeedTogether) {
    check("root: a b<2\na 1: b>=2\na 2: b>=2\na 3: b>=2\nb 1:\nb 2:",
          "Because a 3|2|1 needs b>=2 and the project needs a, the project needs b 2\n"
          "And because the project needs b<2, there is no solution");
}

TEST(Explanation, BranchesAreToldOneAfterTheOther) {
    // The branching example of PubGrub's documentation.
    check(
        "root: foo>=1\nfoo 1: a>=1 b>=1\nfoo 2: x>=1 y>=1\na 1: b>=2\nb 1:\nb 2: c\nc 1: "
        "a>=2\nx 1: y>=2\ny 1:\ny 2: z\nz 1: x>=2",
        "Because foo 1 needs a>=1 and a 1 needs b>=2, foo 1 needs b 2\n"
        "And because b 2 needs c and c 1 needs a>=2, foo 1 cannot be used\n"
        "And because foo 2 needs x>=1 and x 1 needs y>=2, foo 2|1 needs y 2\n"
        "And because y 2 needs z and z 1 needs x>=2, foo 2|1 cannot be used\n"
        "And because the project needs foo>=1, there is no solution");
}

TEST(Explanation, NumbersWhatItNeedsAgain) {
    // Both of `p` and `q` end at `m`, of which one conclusion says that it cannot be used.
    WrittenUniverse universe(
        "root: t\nt 1: p\nt 2: q\np 1: m==1 o==1\nq 1: m==1 o==1\nm 1: n==1\no 1: n==2\nn 1:\nn "
        "2:");
    EXPECT_EQ(universe.solve(),
              "Because m 1 needs n==1 and o 1 needs n==2, m 1 and o 1 cannot be used together\n"
              "And because p 1 needs m==1 and p 1 needs o==1, p 1 cannot be used\n"
              "And because t 1 needs p and t 2 needs q, t 2|1 needs q 1 (1)\n"
              "Because m 1 needs n==1 and o 1 needs n==2, m 1 and o 1 cannot be used together\n"
              "And because q 1 needs m==1 and q 1 needs o==1, q 1 cannot be used\n"
              "And because t 2|1 needs q 1 (1), t 2|1 cannot be used\n"
              "And because the project needs t, there is no solution");
}

TEST(Explanation, CollectsReasons) {
    WrittenUniverse universe("root: a b\na 1: c==1\nb 1: c==2\nc 1:\nc 2! is broken");
    const auto outcome = solve(universe);
    ASSERT_TRUE(outcome.has_value());
    const auto* conflict = std::get_if<Conflict>(&*outcome);
    ASSERT_NE(conflict, nullptr);
    const auto reasons = reasons_of(*conflict);
    std::set<std::string> needs, unusable;
    for (const auto reason : reasons.needs) needs.insert(universe.need(reason));
    for (const auto reason : reasons.unusable) unusable.insert(universe.unusable(reason));
    EXPECT_TRUE(needs.contains("b") || needs.contains("a"));
    EXPECT_LE(unusable.size(), 1U);
}

}  // namespace
}  // namespace pycontainer::pubgrub
