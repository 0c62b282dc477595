#include "pubgrub/partial_solution.hpp"

#include "base/result.hpp"

#include <algorithm>

namespace pycontainer::pubgrub {

const Term& PartialSolution::Assignments::term() const {
    return decision ? decision->term : derivations.back().accumulated;
}

PartialSolution::Assignments& PartialSolution::at(PackageId package) {
    if (package >= packages_.size()) packages_.resize(package + 1);
    return packages_[package];
}

const Term* PartialSolution::find(PackageId package) const {
    if (package >= packages_.size() || packages_[package].empty()) return nullptr;
    return &packages_[package].term();
}

bool PartialSolution::is_decided(PackageId package) const {
    return package < packages_.size() && packages_[package].decision.has_value();
}

std::optional<std::uint32_t> PartialSolution::decision_level(PackageId package) const {
    if (!is_decided(package)) return std::nullopt;
    return packages_[package].decision->level;
}

std::vector<PackageId> PartialSolution::undecided() const {
    std::vector<PackageId> result;
    for (PackageId i = 0; i < packages_.size(); ++i) {
        const auto& each = packages_[i];
        if (!each.decision && !each.derivations.empty() && each.term().is_positive)
            result.push_back(i);
    }
    return result;
}

std::vector<std::pair<PackageId, std::size_t>> PartialSolution::decisions() const {
    std::vector<std::pair<PackageId, std::size_t>> result;
    for (PackageId i = 0; i < packages_.size(); ++i)
        if (packages_[i].decision) result.emplace_back(i, packages_[i].decision->candidate);
    return result;
}

PartialSolution::Check PartialSolution::check(const Incompatibility& incompatibility) const {
    Check result{.relation = Relation::Satisfied};
    for (const auto& [package, term] : incompatibility.terms) {
        const auto* known = find(package);
        if (known && known->implies(term)) continue;
        if (known && known->is_disjoint_with(term)) return {.relation = Relation::Contradicted};
        if (result.relation == Relation::Satisfied)
            result = {.relation = Relation::AlmostSatisfied, .open = package};
        else
            result.relation = Relation::Inconclusive;  // unless another term contradicts
    }
    return result;
}

void PartialSolution::derive(PackageId package, const Incompatibility& incompatibility,
                             IncompatibilityId id) {
    auto term = incompatibility.find(package)->negated();
    auto& assignments = at(package);
    PYC_ASSERT(!assignments.decision);
    if (!assignments.empty()) term = assignments.term().intersection(term);
    assignments.derivations.push_back({next_index_++, level_, id, std::move(term)});
}

void PartialSolution::decide(PackageId package, std::size_t candidate) {
    auto& assignments = at(package);
    const auto universe = assignments.term().set.universe();
    assignments.decision = {next_index_++, ++level_, candidate,
                            Term::chosen_from(CandidateSet::only(universe, candidate))};
}

void PartialSolution::backtrack(std::uint32_t level) {
    level_ = level;
    for (auto& each : packages_) {
        if (each.decision && each.decision->level > level) each.decision.reset();
        while (!each.derivations.empty() && each.derivations.back().level > level)
            each.derivations.pop_back();
    }
}

PartialSolution::Point PartialSolution::first_outside(const Assignments& assignments,
                                                      const Term& excluded) {
    // What is known only grows, so the first place can be searched by halving.
    const auto found = std::partition_point(
        assignments.derivations.begin(), assignments.derivations.end(),
        [&](const Derivation& each) { return !each.accumulated.is_disjoint_with(excluded); });
    if (found != assignments.derivations.end()) return {found->cause, found->index, found->level};
    PYC_ASSERT(assignments.decision.has_value());
    return {std::nullopt, assignments.decision->index, assignments.decision->level};
}

PartialSolution::Satisfier PartialSolution::satisfier(const Incompatibility& incompatibility,
                                                      std::span<const Incompatibility> all) const {
    std::vector<Point> points;
    std::size_t last = 0;
    for (const auto& [package, term] : incompatibility.terms) {
        points.push_back(first_outside(packages_[package], term.negated()));
        if (points.back().index > points[last].index) last = points.size() - 1;
    }
    Satisfier result{.package = incompatibility.terms[last].first,
                     .cause = points[last].cause,
                     .level = points[last].level};
    // Without the satisfier itself, its package may have needed an earlier assignment, too.
    const auto& assignments = packages_[result.package];
    const auto own = result.cause ? all[*result.cause].find(result.package)->negated()
                                  : assignments.decision->term;
    const auto rest = own.intersection(incompatibility.terms[last].second.negated());
    const bool stands_alone = rest.is_positive && rest.set.empty();
    std::uint32_t previous = 1;  // the root is never taken back
    if (!stands_alone) previous = std::max(previous, first_outside(assignments, rest).level);
    for (std::size_t i = 0; i < points.size(); ++i)
        if (i != last) previous = std::max(previous, points[i].level);
    result.previous_level = previous;
    return result;
}

}  // namespace pycontainer::pubgrub
