#include "pubgrub/term.hpp"

namespace pycontainer::pubgrub {

Term Term::intersection(const Term& other) const {
    if (is_positive && other.is_positive) return chosen_from(set & other.set);
    if (is_positive) return chosen_from(set - other.set);
    if (other.is_positive) return chosen_from(other.set - set);
    return not_from(set | other.set);
}

Term Term::union_with(const Term& other) const {
    return negated().intersection(other.negated()).negated();
}

bool Term::is_disjoint_with(const Term& other) const {
    if (is_positive && other.is_positive) return set.is_disjoint_with(other.set);
    if (is_positive) return set.is_subset_of(other.set);
    if (other.is_positive) return other.set.is_subset_of(set);
    return false;  // both hold when the package is not chosen
}

}  // namespace pycontainer::pubgrub
