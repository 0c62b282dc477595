#pragma once

// A statement about one package (PubGrub, "Term"): it is chosen from a set, or it is not.

#include "pubgrub/candidate_set.hpp"

#include <cstdint>

namespace pycontainer::pubgrub {

using PackageId = std::uint32_t;

/// Positive: the package is chosen, and from `set`. Negative: it is not chosen at all, or from
/// outside `set`; so the negative term of the empty set always holds.
struct Term {
    bool is_positive = true;
    CandidateSet set;

    static Term chosen_from(CandidateSet set) { return {true, std::move(set)}; }
    static Term not_from(CandidateSet set) { return {false, std::move(set)}; }

    /// Holds whatever is chosen.
    bool is_any() const { return !is_positive && set.empty(); }
    Term negated() const { return {!is_positive, set}; }
    Term intersection(const Term& other) const;
    Term union_with(const Term& other) const;
    bool is_disjoint_with(const Term& other) const;
    /// Whenever this holds, `other` does.
    bool implies(const Term& other) const { return is_disjoint_with(other.negated()); }
    friend bool operator==(const Term&, const Term&) = default;
};

}  // namespace pycontainer::pubgrub
