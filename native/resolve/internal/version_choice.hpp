#pragma once

// Which of several versions of a name is meant, in locks that leave that to the requirements. Not a
// resolver: what there is one of is taken as it is.

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace pycontainer::resolve::internal {

/// Which of several packages of one name a lock means, for locks that leave that to the
/// requirements. Every requirement that a walk meets counts for all others of its name, so the walk
/// is repeated until nothing changes; where requirements contradict each other, other versions of
/// the packages that have them are tried. Packages are numbers here.
class VersionChoice {
public:
    using Wish = std::function<bool(std::size_t)>;  ///< whether a package will do

    /// Packages of a name come with the preferred one first.
    explicit VersionChoice(std::map<std::string, std::vector<std::size_t>> candidates);

    /// Within a walk: the package that a requirement of `owner` (nothing: of the project) means.
    /// Nothing when the lock has none of that name.
    std::optional<std::size_t> choose(const std::string& name, std::optional<std::size_t> owner,
                                      const Wish& wish);
    /// Walks, starting anew each time, until the choice stands; the last walk is of that choice.
    /// Returns the names of which no package satisfies all requirements.
    std::vector<std::string> settle(const std::function<void()>& walk);

private:
    struct Demand {
        std::optional<std::size_t> owner;
        Wish wish;
    };
    using Refused = std::set<std::size_t>;

    std::optional<std::size_t> first_that_will_do(const std::string& name,
                                                  const std::vector<Demand>& demands) const;
    /// Empty, or the packages that come and go without end.
    std::vector<std::size_t> walk_until_stable(const std::function<void()>& walk);
    /// Takes over what the demands of the walk say; returns what that exchanges.
    std::vector<std::size_t> revise();
    std::vector<std::string> unsatisfied() const;
    /// The packages that lead to `name`, nearest first, as far as there are others of their names.
    std::vector<std::size_t> replaceable_ancestors(const std::string& name) const;

    std::map<std::string, std::vector<std::size_t>> candidates_;
    std::map<std::size_t, std::string> name_of_;
    std::map<std::string, std::vector<Demand>> demands_;   // on names of several packages
    std::map<std::string, std::set<std::size_t>> owners_;  // of requirements of any name
    std::map<std::string, std::size_t> current_;
    std::map<std::string, std::size_t> settled_;
    Refused refused_;
    int walks_left_ = 0;
    std::size_t questions_ = 0;  // that revisions have asked of demands, at most
};

}  // namespace pycontainer::resolve::internal
