#pragma once

// Statements that cannot all hold together (PubGrub, "Incompatibility"), and why: the nodes of the
// derivation tree that explains a failure.

#include "pubgrub/term.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace pycontainer::pubgrub {

using IncompatibilityId = std::uint32_t;

/// A value; immutable once it is made.
struct Incompatibility {
    enum class Kind {
        Need,  ///< candidates of `package` need one of `needed`; `reason` says which requirement
        Unusable,  ///< candidates of `package` cannot be chosen, as `reason` says
        Derived,   ///< follows from the two `causes`
    };
    Kind kind = Kind::Derived;
    std::vector<std::pair<PackageId, Term>> terms;  ///< by package, each once
    PackageId package = 0;
    PackageId needed = 0;
    std::uint32_t reason = 0;
    std::pair<IncompatibilityId, IncompatibilityId> causes = {0, 0};

    const Term* find(PackageId wanted) const;

    /// `candidates` of `package` need `needed` from `allowed`.
    static Incompatibility need(PackageId package, CandidateSet candidates, PackageId needed,
                                CandidateSet allowed, std::uint32_t reason);
    static Incompatibility unusable(PackageId package, CandidateSet candidates,
                                    std::uint32_t reason);
    /// What follows for all other packages, whatever is chosen of `package` (the rule of
    /// resolution).
    static Incompatibility derived(std::span<const Incompatibility> all, IncompatibilityId a,
                                   IncompatibilityId b, PackageId package);
};

}  // namespace pycontainer::pubgrub
