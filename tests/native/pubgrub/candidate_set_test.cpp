#include "pubgrub/candidate_set.hpp"

#include <gtest/gtest.h>

namespace pycontainer::pubgrub {
namespace {

CandidateSet set_of(std::size_t universe, std::initializer_list<std::size_t> members) {
    auto set = CandidateSet::none(universe);
    for (const auto member : members) set.insert(member);
    return set;
}

TEST(CandidateSet, CountsItsUniverseExactly) {
    for (const std::size_t universe : {0U, 1U, 63U, 64U, 65U, 128U, 200U}) {
        EXPECT_EQ(CandidateSet::all(universe).size(), universe);
        EXPECT_TRUE(CandidateSet::none(universe).empty());
        EXPECT_EQ(CandidateSet::all(universe).complement(), CandidateSet::none(universe));
    }
}

TEST(CandidateSet, CombinesAcrossWords) {
    const auto a = set_of(130, {0, 63, 64, 129});
    const auto b = set_of(130, {63, 65, 129});
    EXPECT_EQ(a & b, set_of(130, {63, 129}));
    EXPECT_EQ(a | b, set_of(130, {0, 63, 64, 65, 129}));
    EXPECT_EQ(a - b, set_of(130, {0, 64}));
    EXPECT_EQ((a - b).complement().size(), 128U);
}

TEST(CandidateSet, ComparesSets) {
    const auto a = set_of(70, {1, 69});
    EXPECT_TRUE(set_of(70, {69}).is_subset_of(a));
    EXPECT_FALSE(a.is_subset_of(set_of(70, {69})));
    EXPECT_TRUE(CandidateSet::none(70).is_subset_of(a));
    EXPECT_TRUE(a.is_disjoint_with(set_of(70, {2, 68})));
    EXPECT_FALSE(a.is_disjoint_with(set_of(70, {69})));
}

TEST(CandidateSet, WalksInOrder) {
    const auto set = set_of(140, {3, 64, 139});
    EXPECT_EQ(set.first(), 3U);
    EXPECT_EQ(set.first(4), 64U);
    EXPECT_EQ(set.first(65), 139U);
    EXPECT_EQ(set.first(140), std::nullopt);
    EXPECT_FALSE(set.contains(500));
}

}  // namespace
}  // namespace pycontainer::pubgrub
