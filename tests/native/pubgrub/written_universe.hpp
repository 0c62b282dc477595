#pragma once

// A universe of packages written down: one line for each version, the newest first or in any order.
//
//     root: a>=1 b
//     a 2: c>=2
//     a 1:
//     b 1! is broken
//
// Versions are whole numbers; requirements are a name and any of `>=1`, `<=1`, `==1`, `!=1`, `>1`,
// `<1`, joined by commas. `?name` ranks the package before all others.

#include "base/strings.hpp"
#include "pubgrub/explanation.hpp"
#include "pubgrub/solver.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace pycontainer::testing {

class WrittenUniverse final : public pubgrub::Universe, public pubgrub::Vocabulary {
public:
    using Set = pubgrub::CandidateSet;

    explicit WrittenUniverse(std::string_view text, std::size_t max_steps = 100'000)
        : steps_left_(max_steps) {
        id_of("root");
        for (const auto line : split_lines(text)) {
            const auto colon = line.find_first_of(":!");
            if (colon == std::string_view::npos) continue;
            const auto head = trim(line.substr(0, colon));
            const auto space = head.find(' ');
            const std::string name(head.substr(0, space));
            Version version;
            version.number =
                space == std::string_view::npos ? 1 : std::stoi(std::string(head.substr(space)));
            const auto rest = trim(line.substr(colon + 1));
            if (line[colon] == '!')
                version.unusable = rest;
            else
                for (const auto word : split(rest, ' '))
                    if (!trim(word).empty()) version.needs.emplace_back(trim(word));
            versions_[id_of(name)].push_back(version);
        }
        for (auto& [id, versions] : versions_)
            std::sort(versions.begin(), versions.end(),
                      [](const auto& a, const auto& b) { return a.number > b.number; });
    }

    Result<pubgrub::Requirements> requirements(pubgrub::PackageId package,
                                               std::size_t candidate) override {
        ++asked;
        const auto& version = versions_[package].at(candidate);
        pubgrub::Requirements result;
        if (!version.unusable.empty()) {
            result.unusable = {reason(version.unusable),
                               Set::only(versions_[package].size(), candidate)};
            return result;
        }
        for (const auto& need : version.needs) {
            const auto end = need.find_first_of("<>=!");
            const auto name = need.substr(0, end);
            result.needs.push_back(
                {id_of(name), matching(id_of(name), need.substr(name.size())), reason(need)});
        }
        return result;
    }
    std::size_t choose(pubgrub::PackageId, const Set& allowed) override { return *allowed.first(); }
    std::uint32_t rank(pubgrub::PackageId package) const override {
        return first_.contains(names_.at(package)) ? 0 : 1;
    }
    Result<void> step() override {
        if (steps_left_-- == 0) return fail("test/steps", "too many steps");
        return {};
    }

    std::string candidates(pubgrub::PackageId package, const Set& set) const override {
        if (package == 0) return "the project";
        std::vector<std::string> numbers;
        for (auto i = set.first(); i; i = set.first(*i + 1))
            numbers.push_back(std::to_string(versions_.at(package).at(*i).number));
        return names_.at(package) + " " + fmt::format("{}", fmt::join(numbers, "|"));
    }
    std::string need(std::uint32_t reason) const override { return reasons_.at(reason); }
    std::string unusable(std::uint32_t reason) const override { return reasons_.at(reason); }

    /// `a 2, b 1`; or the explanation, a line each.
    std::string solve() {
        const auto outcome = pubgrub::solve(*this);
        if (!outcome) return outcome.error().code;
        if (const auto* conflict = std::get_if<pubgrub::Conflict>(&*outcome))
            return fmt::format("{}", fmt::join(pubgrub::explain(*conflict, *this), "\n"));
        std::vector<std::string> chosen;
        for (const auto& [package, candidate] : std::get<pubgrub::Solution>(*outcome))
            if (package != 0)
                chosen.push_back(
                    fmt::format("{} {}", names_[package], versions_[package].at(candidate).number));
        std::sort(chosen.begin(), chosen.end());
        return fmt::format("{}", fmt::join(chosen, ", "));
    }

    void rank_first(const std::string& name) { first_.insert(name); }
    std::size_t steps_left() const { return steps_left_; }
    std::size_t package_count() const { return names_.size(); }
    std::size_t version_count(pubgrub::PackageId package) { return versions_[package].size(); }
    std::size_t asked = 0;

private:
    struct Version {
        int number = 1;
        std::vector<std::string> needs;
        std::string unusable;
    };

    pubgrub::PackageId id_of(const std::string& name) {
        const auto found = std::find(names_.begin(), names_.end(), name);
        if (found == names_.end()) {
            names_.push_back(name);
            return static_cast<pubgrub::PackageId>(names_.size() - 1);
        }
        return static_cast<pubgrub::PackageId>(found - names_.begin());
    }
    std::uint32_t reason(const std::string& text) {
        const auto found = std::find(reasons_.begin(), reasons_.end(), text);
        if (found != reasons_.end()) return static_cast<std::uint32_t>(found - reasons_.begin());
        reasons_.push_back(text);
        return static_cast<std::uint32_t>(reasons_.size() - 1);
    }
    Set matching(pubgrub::PackageId package, const std::string& clauses) {
        const auto& versions = versions_[package];
        auto set = Set::none(versions.size());
        for (std::size_t i = 0; i < versions.size(); ++i)
            if (matches(versions[i].number, clauses)) set.insert(i);
        return set;
    }
    static bool matches(int number, const std::string& clauses) {
        for (const auto clause : split(clauses, ',')) {
            if (clause.empty()) continue;
            const auto digits = clause.find_first_of("0123456789");
            const auto sign = clause.substr(0, digits);
            const int bound = std::stoi(std::string(clause.substr(digits)));
            const bool holds = sign == ">="   ? number >= bound
                               : sign == "<=" ? number <= bound
                               : sign == "==" ? number == bound
                               : sign == "!=" ? number != bound
                               : sign == ">"  ? number > bound
                                              : number < bound;
            if (!holds) return false;
        }
        return true;
    }

    std::vector<std::string> names_;
    std::map<pubgrub::PackageId, std::vector<Version>> versions_;
    std::vector<std::string> reasons_;
    std::set<std::string> first_;
    std::size_t steps_left_;
};

}  // namespace pycontainer::testing
