#include "pubgrub/term.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <vector>

namespace pycontainer::pubgrub {
namespace {

constexpr std::size_t kUniverse = 2;

/// Every term over two candidates.
std::vector<Term> all_terms() {
    std::vector<Term> terms;
    for (unsigned bits = 0; bits < 4; ++bits) {
        auto set = CandidateSet::none(kUniverse);
        for (std::size_t i = 0; i < kUniverse; ++i)
            if ((bits >> i & 1U) != 0) set.insert(i);
        terms.push_back(Term::chosen_from(set));
        terms.push_back(Term::not_from(set));
    }
    return terms;
}

/// What a term says of a choice; nothing: the package is not chosen.
bool holds(const Term& term, std::optional<std::size_t> choice) {
    return term.is_positive == (choice && term.set.contains(*choice));
}

const std::vector<std::optional<std::size_t>> kChoices = {std::nullopt, 0, 1};

TEST(Term, MeansWhatItsChoicesSay) {
    for (const auto& a : all_terms()) {
        for (const auto& b : all_terms()) {
            bool disjoint = true, implied = true;
            for (const auto choice : kChoices) {
                const bool in_a = holds(a, choice), in_b = holds(b, choice);
                EXPECT_EQ(holds(a.intersection(b), choice), in_a && in_b);
                EXPECT_EQ(holds(a.union_with(b), choice), in_a || in_b);
                EXPECT_EQ(holds(a.negated(), choice), !in_a);
                disjoint = disjoint && !(in_a && in_b);
                implied = implied && (!in_a || in_b);
            }
            EXPECT_EQ(a.is_disjoint_with(b), disjoint);
            EXPECT_EQ(a.implies(b), implied);
        }
    }
}

TEST(Term, IsAnyWhenItAlwaysHolds) {
    EXPECT_TRUE(Term::not_from(CandidateSet::none(kUniverse)).is_any());
    EXPECT_FALSE(Term::not_from(CandidateSet::all(kUniverse)).is_any());
    EXPECT_FALSE(Term::chosen_from(CandidateSet::all(kUniverse)).is_any());
}

}  // namespace
}  // namespace pycontainer::pubgrub
