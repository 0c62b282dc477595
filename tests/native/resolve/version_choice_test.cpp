#include "resolve/internal/version_choice.hpp"

#include <gtest/gtest.h>

namespace pycontainer::resolve::internal {
namespace {

VersionChoice::Wish below(std::size_t limit) {
    return [limit](std::size_t each) { return each < limit; };
}

TEST(VersionChoice, TakesTheFirstThatSatisfiesEverything) {
    VersionChoice choice({{"a", {2, 1, 0}}, {"b", {7}}});
    std::vector<std::optional<std::size_t>> chosen;
    int walks = 0;
    const auto failed = choice.settle([&] {
        ++walks;
        chosen = {choice.choose("ghost", {}, below(1)), choice.choose("b", {}, below(0)),
                  choice.choose("a", {}, below(9)), choice.choose("a", {}, below(2))};
    });
    EXPECT_TRUE(failed.empty());
    EXPECT_EQ(walks, 2);  // at first it is not known that 2 will not do
    EXPECT_EQ(chosen, (std::vector<std::optional<std::size_t>>{std::nullopt, 7, 1, 1}));
}

TEST(VersionChoice, TriesOtherVersionsOfWhatContradicts) {
    // p 11 wants a 1, p 10 wants a 0, as the project does.
    VersionChoice choice({{"p", {11, 10}}, {"a", {1, 0}}});
    std::optional<std::size_t> a;
    std::optional<std::size_t> p;
    const auto failed = choice.settle([&] {
        p = choice.choose("p", {}, below(99));
        a = choice.choose("a", p, [&p](std::size_t each) { return each == *p - 10; });
        choice.choose("a", {}, below(1));
    });
    EXPECT_TRUE(failed.empty());
    EXPECT_EQ(p, 10U);
    EXPECT_EQ(a, 0U);
}

TEST(VersionChoice, SaysWhichNamesCannotBeSatisfied) {
    VersionChoice choice({{"a", {1, 0}}, {"b", {3, 2}}});
    int walks = 0;
    const auto failed = choice.settle([&] {
        ++walks;
        choice.choose("b", {}, below(9));
        choice.choose("a", 3, below(1));
        choice.choose("a", 2, below(1));
        choice.choose("a", {}, [](std::size_t each) { return each == 1; });
    });
    EXPECT_EQ(failed, std::vector<std::string>{"a"});
    EXPECT_LT(walks, 20);
}

TEST(VersionChoice, LeavesAVersionThatWantsAnotherOfItself) {
    // a 1 comes with something that wants a 0; a 0 does not.
    VersionChoice choice({{"a", {1, 0}}});
    std::optional<std::size_t> a;
    const auto failed = choice.settle([&] {
        a = choice.choose("a", {}, below(9));
        if (*a == 1) choice.choose("a", {}, below(1));
    });
    EXPECT_TRUE(failed.empty());
    EXPECT_EQ(a, 0U);
}

TEST(VersionChoice, GivesUpOnCircles) {
    // Whichever is taken, something wants the other.
    VersionChoice choice({{"a", {1, 0}}});
    int walks = 0;
    const auto failed = choice.settle([&] {
        ++walks;
        const auto a = choice.choose("a", {}, below(9));
        choice.choose("a", {}, [a](std::size_t each) { return each != *a; });
    });
    EXPECT_EQ(failed, std::vector<std::string>{"a"});
    EXPECT_LT(walks, 200);
}

}  // namespace
}  // namespace pycontainer::resolve::internal
