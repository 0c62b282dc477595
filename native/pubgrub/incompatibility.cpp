#include "pubgrub/incompatibility.hpp"

#include <algorithm>

namespace pycontainer::pubgrub {
namespace {

void add_term(std::vector<std::pair<PackageId, Term>>& terms, PackageId package, Term term) {
    const auto place =
        std::lower_bound(terms.begin(), terms.end(), package,
                         [](const auto& each, PackageId wanted) { return each.first < wanted; });
    if (place != terms.end() && place->first == package)
        place->second = place->second.intersection(term);
    else
        terms.emplace(place, package, std::move(term));
}

}  // namespace

const Term* Incompatibility::find(PackageId wanted) const {
    const auto found = std::find_if(terms.begin(), terms.end(),
                                    [&](const auto& each) { return each.first == wanted; });
    return found == terms.end() ? nullptr : &found->second;
}

Incompatibility Incompatibility::need(PackageId package, CandidateSet candidates, PackageId needed,
                                      CandidateSet allowed, std::uint32_t reason) {
    Incompatibility result;
    result.kind = Kind::Need;
    result.package = package;
    result.needed = needed;
    result.reason = reason;
    add_term(result.terms, package, Term::chosen_from(std::move(candidates)));
    auto term = Term::not_from(std::move(allowed));
    if (!term.is_any()) add_term(result.terms, needed, std::move(term));
    return result;
}

Incompatibility Incompatibility::unusable(PackageId package, CandidateSet candidates,
                                          std::uint32_t reason) {
    Incompatibility result;
    result.kind = Kind::Unusable;
    result.package = package;
    result.reason = reason;
    add_term(result.terms, package, Term::chosen_from(std::move(candidates)));
    return result;
}

Incompatibility Incompatibility::derived(std::span<const Incompatibility> all, IncompatibilityId a,
                                         IncompatibilityId b, PackageId package) {
    Incompatibility result;
    result.causes = {a, b};
    for (const auto id : {a, b})
        for (const auto& [each, term] : all[id].terms)
            if (each != package) add_term(result.terms, each, term);
    const auto* left = all[a].find(package);
    const auto* right = all[b].find(package);
    auto both = left->union_with(*right);
    if (!both.is_any()) add_term(result.terms, package, std::move(both));
    return result;
}

}  // namespace pycontainer::pubgrub
