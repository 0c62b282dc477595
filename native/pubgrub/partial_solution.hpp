#pragma once

// What has been decided and derived so far, in order, so that it can be taken back (PubGrub,
// "Partial Solution").

#include "pubgrub/incompatibility.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace pycontainer::pubgrub {

/// Level 0 is before the first decision; each decision opens the next one.
class PartialSolution {
public:
    enum class Relation { Satisfied, AlmostSatisfied, Contradicted, Inconclusive };
    struct Check {
        Relation relation = Relation::Inconclusive;
        PackageId open = 0;  ///< `AlmostSatisfied`: the one package whose term is undecided
    };
    /// The assignment with which an incompatibility came to hold.
    struct Satisfier {
        PackageId package = 0;
        std::optional<IncompatibilityId> cause;  ///< nothing: a decision
        std::uint32_t level = 0;
        std::uint32_t previous_level = 0;  ///< of the last assignment that it holds without
    };

    std::uint32_t level() const { return level_; }
    /// Everything known about the package; null when nothing is.
    const Term* find(PackageId package) const;
    bool is_decided(PackageId package) const;
    std::optional<std::uint32_t> decision_level(PackageId package) const;
    /// Packages that must be chosen and are not yet, in the order of their numbers.
    std::vector<PackageId> undecided() const;
    std::vector<std::pair<PackageId, std::size_t>> decisions() const;

    Check check(const Incompatibility& incompatibility) const;
    /// What the incompatibility says of `package` when its other terms hold.
    void derive(PackageId package, const Incompatibility& incompatibility, IncompatibilityId id);
    void decide(PackageId package, std::size_t candidate);
    void backtrack(std::uint32_t level);
    /// `incompatibility` is satisfied and not empty.
    Satisfier satisfier(const Incompatibility& incompatibility,
                        std::span<const Incompatibility> all) const;

private:
    struct Derivation {
        std::uint32_t index = 0;  // of the assignment
        std::uint32_t level = 0;
        IncompatibilityId cause = 0;
        Term accumulated;
    };
    struct Decision {
        std::uint32_t index = 0;
        std::uint32_t level = 0;
        std::size_t candidate = 0;
        Term term;
    };
    struct Assignments {
        std::vector<Derivation> derivations;
        std::optional<Decision> decision;
        bool empty() const { return derivations.empty() && !decision; }
        const Term& term() const;
    };
    struct Point {
        std::optional<IncompatibilityId> cause;
        std::uint32_t index = 0;
        std::uint32_t level = 0;
    };
    /// The first assignment after which the package is outside `excluded`.
    static Point first_outside(const Assignments& assignments, const Term& excluded);
    Assignments& at(PackageId package);

    std::vector<Assignments> packages_;  // by id
    std::uint32_t level_ = 0;
    std::uint32_t next_index_ = 0;
};

}  // namespace pycontainer::pubgrub
