#include "pubgrub/solver.hpp"

#include <algorithm>
#include <deque>
#include <set>

namespace pycontainer::pubgrub {
namespace {

constexpr PackageId kRoot = 0;
/// A package that met so many conflicts is chosen earlier from then on.
constexpr unsigned kManyConflicts = 5;

enum class Urgency : std::uint8_t { Early, Usual, Late };

class Search {
public:
    explicit Search(Universe& universe) : universe_(universe) {}

    Result<Outcome> run() {
        // The root is needed: as an incompatibility of its own, so that everything has a cause.
        Incompatibility start;
        start.kind = Incompatibility::Kind::Need;
        start.terms.emplace_back(kRoot, Term::not_from(CandidateSet::all(1)));
        const auto id = store(std::move(start));
        solution_.derive(kRoot, all_[id], id);
        std::optional<PackageId> next = kRoot;
        while (next) {
            PYC_TRY(universe_.step());
            // Also before the choice: what was learned at a level that was left says something
            // here.
            PYC_TRY_ASSIGN(const auto failure, propagate(*next));
            if (failure) return Outcome(Conflict{std::move(all_), *failure});
            reorder();
            if (const auto better = next_package(); better != next) {
                next = better;
                continue;
            }
            PYC_TRY(try_candidate(*next));
            PYC_TRY_ASSIGN(const auto later, propagate(*next));
            if (later) return Outcome(Conflict{std::move(all_), *later});
            reorder();
            next = next_package();
        }
        return Outcome(result());
    }

private:
    using Id = IncompatibilityId;
    using Relation = PartialSolution::Relation;

    /// Keeps it for explanations; it takes part in the search when it is also `attach`ed.
    Id store(Incompatibility incompatibility) {
        all_.push_back(std::move(incompatibility));
        contradicted_at_.push_back(0);
        return static_cast<Id>(all_.size() - 1);
    }

    std::vector<Id>& mentioning(PackageId package) {
        if (package >= by_package_.size()) by_package_.resize(package + 1);
        return by_package_[package];
    }

    void attach(Id id) {
        for (const auto& [package, term] : all_[id].terms) mentioning(package).push_back(id);
    }

    void detach(Id id) {
        for (const auto& [package, term] : all_[id].terms) std::erase(mentioning(package), id);
    }

    /// Candidates that have the same need, or cannot be used for the same reason, are one
    /// incompatibility: what is learned of one is then learned of all.
    void add_external(Incompatibility incompatibility) {
        const auto& candidates = incompatibility.find(incompatibility.package)->set;
        const auto* allowed = incompatibility.find(incompatibility.needed);
        const bool is_need = incompatibility.kind == Incompatibility::Kind::Need;
        auto& alike = externals_[{incompatibility.package, is_need,
                                  is_need ? incompatibility.needed : incompatibility.reason}];
        for (auto& id : alike) {
            const auto* other = is_need ? all_[id].find(incompatibility.needed) : nullptr;
            if (is_need && (!allowed != !other || (allowed && *allowed != *other))) continue;
            auto merged = all_[id];
            for (auto& [package, term] : merged.terms)
                if (package == incompatibility.package) term.set = term.set | candidates;
            detach(id);
            id = store(std::move(merged));
            attach(id);
            return;
        }
        alike.push_back(store(std::move(incompatibility)));
        attach(alike.back());
    }

    /// Derives what follows from what has changed. Returns the incompatibility that shows that
    /// there is no solution, if that is so.
    Result<std::optional<Id>> propagate(PackageId changed) {
        std::deque<PackageId> open = {changed};
        while (!open.empty()) {
            const auto package = open.front();
            open.pop_front();
            std::optional<Id> conflict;
            const auto& incompatibilities = mentioning(package);
            for (auto i = incompatibilities.size(); i-- > 0 && !conflict;) {
                const auto id = incompatibilities[i];
                if (contradicted_at_[id] != 0) continue;
                const auto check = solution_.check(all_[id]);
                if (check.relation == Relation::Satisfied) {
                    conflict = id;
                } else if (check.relation == Relation::AlmostSatisfied) {
                    derive(check.open, id);
                    if (std::find(open.begin(), open.end(), check.open) == open.end())
                        open.push_back(check.open);
                } else if (check.relation == Relation::Contradicted) {
                    note_contradicted(id);
                }
            }
            if (!conflict) continue;
            count_conflict(all_[*conflict]);
            PYC_TRY_ASSIGN(const auto learned, learn_from(*conflict));
            if (!learned.second) return learned.first;
            open = {*learned.second};
            derive(*learned.second, *learned.first);
        }
        return std::optional<Id>();
    }

    void derive(PackageId package, Id id) {
        solution_.derive(package, all_[id], id);
        note_contradicted(id);
    }

    /// It need not be looked at again before this level is left.
    void note_contradicted(Id id) {
        contradicted_at_[id] = solution_.level() + 1;
        contradicted_.push_back(id);
    }

    void backtrack(std::uint32_t level) {
        solution_.backtrack(level);
        while (!contradicted_.empty() && contradicted_at_[contradicted_.back()] > level + 1) {
            contradicted_at_[contradicted_.back()] = 0;
            contradicted_.pop_back();
        }
    }

    bool is_final(const Incompatibility& incompatibility) const {
        return incompatibility.terms.empty() ||
               (incompatibility.terms.size() == 1 && incompatibility.terms[0].first == kRoot &&
                incompatibility.terms[0].second.is_positive);
    }

    /// From a satisfied incompatibility to its root cause, back to where that could have been
    /// avoided. Returns the cause, and the package for which it now says something; no package when
    /// there is no solution.
    Result<std::pair<std::optional<Id>, std::optional<PackageId>>> learn_from(Id conflict) {
        auto current = conflict;
        for (;;) {
            PYC_TRY(universe_.step());
            if (is_final(all_[current])) return std::pair(std::optional(current), no_package());
            const auto found = solution_.satisfier(all_[current], all_);
            if (found.previous_level < found.level || !found.cause) {
                backtrack(found.previous_level);
                if (current != conflict) attach(current);
                return std::pair(std::optional(current), std::optional(found.package));
            }
            current = store(Incompatibility::derived(all_, current, *found.cause, found.package));
        }
    }
    static std::optional<PackageId> no_package() { return std::nullopt; }

    /// As uv has it: the package that is not chosen yet, else the last that was, met the conflict,
    /// those chosen before it caused it. Who meets many is chosen earlier, who causes many later.
    void count_conflict(const Incompatibility& conflict) {
        std::optional<std::pair<std::uint32_t, PackageId>> last;
        for (const auto& [package, term] : conflict.terms)
            if (const auto level = solution_.decision_level(package))
                last = std::max(last.value_or(std::pair(*level, package)), {*level, package});
        const bool has_open =
            std::any_of(conflict.terms.begin(), conflict.terms.end(),
                        [&](const auto& each) { return !solution_.is_decided(each.first); });
        for (const auto& [package, term] : conflict.terms) {
            if (package == kRoot) continue;
            const bool is_last = last && last->second == package;
            if (is_last && has_open) continue;
            const bool met = is_last || !solution_.is_decided(package);
            count_conflict(package, met ? Urgency::Early : Urgency::Late);
        }
    }

    void count_conflict(PackageId package, Urgency urgency) {
        auto& count = urgency == Urgency::Early ? met_[package] : caused_[package];
        if (++count < kManyConflicts) return;
        const auto known = urgency_.find(package);
        if (known != urgency_.end() && known->second <= urgency) return;
        urgency_[package] = urgency;
        must_reorder_.push_back(package);
    }

    /// Goes back to before the packages whose urgency has changed and those that were chosen since.
    void reorder() {
        if (must_reorder_.empty()) return;
        std::optional<std::uint32_t> earliest;
        for (const auto package : must_reorder_)
            if (const auto level = solution_.decision_level(package))
                earliest = std::min(earliest.value_or(*level), *level);
        must_reorder_.clear();
        // Only whole levels can be taken back, and the root's never.
        if (earliest && *earliest > 1) backtrack(*earliest - 1);
    }

    std::optional<PackageId> next_package() const {
        std::optional<std::tuple<std::uint32_t, std::uint32_t>> best_rank;
        std::optional<PackageId> best;
        for (const auto package : solution_.undecided()) {
            const auto urgency = urgency_.find(package);
            const auto rank =
                std::tuple(static_cast<std::uint32_t>(urgency == urgency_.end() ? Urgency::Usual
                                                                                : urgency->second),
                           universe_.rank(package));
            if (best_rank && *best_rank <= rank) continue;
            best_rank = rank;
            best = package;
        }
        return best;
    }

    Result<void> try_candidate(PackageId package) {
        const auto allowed = solution_.find(package)->set;
        PYC_ASSERT(!allowed.empty());
        const auto candidate = universe_.choose(package, allowed);
        PYC_ASSERT(allowed.contains(candidate));
        if (!asked_.insert({package, candidate}).second) {
            solution_.decide(package, candidate);
            return {};
        }
        PYC_TRY_ASSIGN(auto requirements, universe_.requirements(package, candidate));
        auto self = CandidateSet::only(allowed.universe(), candidate);
        if (requirements.unusable) {
            PYC_ASSERT(requirements.unusable->candidates.contains(candidate));
            add_external(Incompatibility::unusable(package,
                                                   std::move(requirements.unusable->candidates),
                                                   requirements.unusable->reason));
            return {};
        }
        bool fits = true;
        for (auto& need : requirements.needs) {
            if (need.package == package) {
                if (need.allowed.contains(candidate)) continue;
                add_external(Incompatibility::need(
                    package, self, package, CandidateSet::none(allowed.universe()), need.reason));
                fits = false;
                continue;
            }
            const auto* known = solution_.find(need.package);
            const auto wanted = Term::not_from(need.allowed);
            const bool contradicts = wanted.is_any() || (known && known->implies(wanted));
            // What keeps a candidate from being chosen causes a conflict, too.
            if (contradicts && fits && solution_.is_decided(need.package)) {
                count_conflict(package, Urgency::Early);
                count_conflict(need.package, Urgency::Late);
            }
            fits = fits && !contradicts;
            add_external(Incompatibility::need(package, self, need.package, std::move(need.allowed),
                                               need.reason));
        }
        // A candidate that contradicts what is known is not chosen: propagation excludes it.
        if (fits) solution_.decide(package, candidate);
        return {};
    }

    Solution result() const {
        Solution chosen;
        for (const auto& [package, candidate] : solution_.decisions()) chosen[package] = candidate;
        return chosen;
    }

    Universe& universe_;
    std::vector<Incompatibility> all_;
    std::vector<std::vector<Id>> by_package_;
    std::vector<std::uint32_t> contradicted_at_;  // level + 1; 0: not known to be contradicted
    std::vector<Id> contradicted_;                // in the order of their levels
    std::map<std::tuple<PackageId, bool, std::uint32_t>, std::vector<Id>> externals_;
    std::set<std::pair<PackageId, std::size_t>> asked_;
    std::map<PackageId, unsigned> met_, caused_;
    std::map<PackageId, Urgency> urgency_;
    std::vector<PackageId> must_reorder_;
    PartialSolution solution_;
};

}  // namespace

Result<Outcome> solve(Universe& universe) {
    return Search(universe).run();
}

}  // namespace pycontainer::pubgrub
