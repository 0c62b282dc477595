#pragma once

// PubGrub (Weizenbaum, "PubGrub: Next-Generation Version Solving", 2018): finds one candidate for
// each package that is needed, or the reasons why there is no choice.
//
// Knows nothing of Python, versions or networks: packages and candidates are numbers, and a
// `Universe` says what they need. Conflicts are learned as new incompatibilities, and the search
// jumps back to where they could have been avoided. Candidates are asked about only when they are
// tried.

#include "base/result.hpp"
#include "pubgrub/incompatibility.hpp"
#include "pubgrub/partial_solution.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

namespace pycontainer::pubgrub {

struct Need {
    PackageId package = 0;
    CandidateSet allowed;      ///< its universe is all candidates of the package; may be empty
    std::uint32_t reason = 0;  ///< a number of the universe's own, for explanations
};

/// Candidates that cannot be chosen, the one that was asked about among them.
struct Unusable {
    std::uint32_t reason = 0;
    CandidateSet candidates;
};

/// What choosing a candidate entails.
struct Requirements {
    std::vector<Need> needs;
    std::optional<Unusable> unusable;
};

/// What there is to choose from. Called from one thread; package 0 is the root, with candidate 0
/// only.
class Universe {
public:
    Universe() = default;
    Universe(const Universe&) = delete;
    Universe& operator=(const Universe&) = delete;
    virtual ~Universe() = default;

    /// Asked once per candidate. An error ends the search.
    virtual Result<Requirements> requirements(PackageId package, std::size_t candidate) = 0;
    /// The one of `allowed`, which is not empty, to be tried first.
    virtual std::size_t choose(PackageId package, const CandidateSet& allowed) = 0;
    /// Lower numbers are chosen first, of equal ones the package with the lower number: that is
    /// uv's order when packages are numbered as they come up in needs.
    virtual std::uint32_t rank(PackageId package) const = 0;
    /// Called before every decision and every derivation from a conflict. An error ends the search:
    /// limits and cancellation.
    virtual Result<void> step() = 0;
};

/// The candidates chosen, by package, the root among them.
using Solution = std::map<PackageId, std::size_t>;

/// The derivation tree of a failure: `root` follows from its causes, and so on down to needs and
/// unusable candidates.
struct Conflict {
    std::vector<Incompatibility> incompatibilities;
    IncompatibilityId root = 0;
};

using Outcome = std::variant<Solution, Conflict>;

/// Errors: those of the universe only.
Result<Outcome> solve(Universe& universe);

}  // namespace pycontainer::pubgrub
