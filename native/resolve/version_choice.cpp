#include "resolve/internal/version_choice.hpp"

#include <algorithm>
#include <deque>

namespace pycontainer::resolve::internal {
namespace {

constexpr int kMaxRounds = 32;
constexpr int kMaxWalks = 512;
constexpr std::size_t kMaxQuestions = 20'000'000;

}  // namespace

VersionChoice::VersionChoice(std::map<std::string, std::vector<std::size_t>> candidates)
    : candidates_(std::move(candidates)) {
    for (const auto& [name, list] : candidates_)
        for (const auto each : list) name_of_.emplace(each, name);
}

std::optional<std::size_t> VersionChoice::first_that_will_do(
    const std::string& name, const std::vector<Demand>& demands) const {
    const auto& candidates = candidates_.at(name);
    const auto found = std::find_if(candidates.begin(), candidates.end(), [&](std::size_t each) {
        return !refused_.contains(each) &&
               std::all_of(demands.begin(), demands.end(),
                           [&](const Demand& demand) { return demand.wish(each); });
    });
    return found == candidates.end() ? std::nullopt : std::optional(*found);
}

std::optional<std::size_t> VersionChoice::choose(const std::string& name,
                                                 std::optional<std::size_t> owner,
                                                 const Wish& wish) {
    const auto found = candidates_.find(name);
    if (found == candidates_.end() || found->second.empty()) return std::nullopt;
    if (owner) owners_[name].insert(*owner);
    // The lock is believed: what there is one of is meant.
    if (found->second.size() == 1) return found->second.front();
    demands_[name].push_back({owner, wish});
    if (const auto chosen = current_.find(name); chosen != current_.end()) return chosen->second;
    const auto settled = settled_.find(name);
    const auto choice =
        settled != settled_.end()
            ? settled->second
            : first_that_will_do(name, {{owner, wish}}).value_or(found->second.front());
    current_.emplace(name, choice);
    return choice;
}

std::vector<std::size_t> VersionChoice::revise() {
    std::vector<std::size_t> exchanged;
    for (const auto& [name, demands] : demands_) {
        const auto current = current_.at(name);
        questions_ += demands.size() * candidates_.at(name).size();
        const auto best = first_that_will_do(name, demands).value_or(current);
        if (best != current) exchanged.insert(exchanged.end(), {current, best});
        settled_[name] = best;
    }
    return exchanged;
}

std::vector<std::string> VersionChoice::unsatisfied() const {
    std::vector<std::string> names;
    for (const auto& [name, demands] : demands_)
        if (!first_that_will_do(name, demands)) names.push_back(name);
    return names;
}

std::vector<std::size_t> VersionChoice::walk_until_stable(const std::function<void()>& walk) {
    settled_.clear();
    std::vector<std::size_t> exchanged;
    for (int i = 0; i < kMaxRounds; ++i) {
        --walks_left_;
        demands_.clear();
        owners_.clear();
        current_.clear();
        walk();
        exchanged = revise();
        if (exchanged.empty() || questions_ > kMaxQuestions) break;
    }
    return exchanged;
}

std::vector<std::size_t> VersionChoice::replaceable_ancestors(const std::string& name) const {
    std::vector<std::size_t> result;
    std::set<std::string> seen = {name};
    std::deque<std::string> open = {name};
    while (!open.empty()) {
        const auto owners = owners_.find(open.front());
        open.pop_front();
        if (owners == owners_.end()) continue;
        for (const auto owner : owners->second) {
            const auto& own_name = name_of_.at(owner);
            const auto& all = candidates_.at(own_name);
            const bool has_other = std::any_of(all.begin(), all.end(), [&](std::size_t each) {
                return each != owner && !refused_.contains(each);
            });
            if (has_other && !refused_.contains(owner)) result.push_back(owner);
            if (seen.insert(own_name).second) open.push_back(own_name);
        }
    }
    return result;
}

std::vector<std::string> VersionChoice::settle(const std::function<void()>& walk) {
    walks_left_ = kMaxWalks;
    std::vector<Refused> open = {{}};
    std::set<Refused> tried;
    while (!open.empty() && walks_left_ > 0 && questions_ < kMaxQuestions) {
        refused_ = std::move(open.back());
        open.pop_back();
        auto culprits = walk_until_stable(walk);
        if (culprits.empty()) {
            const auto names = unsatisfied();
            if (names.empty()) return {};
            culprits = replaceable_ancestors(names.front());
        }
        for (auto each = culprits.rbegin(); each != culprits.rend(); ++each) {
            auto refused = refused_;
            refused.insert(*each);
            if (tried.insert(refused).second) open.push_back(std::move(refused));
        }
    }
    // Nothing helps: the first try tells best why.
    refused_.clear();
    questions_ = 0;
    const auto unstable = walk_until_stable(walk);
    auto names = unsatisfied();
    for (const auto each : unstable) names.push_back(name_of_.at(each));
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
}

}  // namespace pycontainer::resolve::internal
