#include "pubgrub/explanation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <map>
#include <set>

namespace pycontainer::pubgrub {
namespace {

constexpr PackageId kRoot = 0;

std::string joined(const std::vector<std::string>& words, std::string_view conjunction) {
    std::string text;
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (i > 0) text += i + 1 == words.size() ? fmt::format(" {} ", conjunction) : ", ";
        text += words[i];
    }
    return text;
}

class Narrator {
public:
    Narrator(const Conflict& conflict, const Vocabulary& vocabulary)
        : all_(conflict.incompatibilities), vocabulary_(vocabulary) {
        count_uses(conflict.root);
        tell(conflict.root);
    }

    std::vector<std::string> lines() { return std::move(lines_); }

private:
    using Id = IncompatibilityId;

    bool is_derived(Id id) const { return all_[id].kind == Incompatibility::Kind::Derived; }

    void count_uses(Id root) {
        std::vector<Id> open = {root};
        while (!open.empty()) {
            const auto id = open.back();
            open.pop_back();
            if (++uses_[id] > 1 || !is_derived(id)) continue;
            open.push_back(all_[id].causes.first);
            open.push_back(all_[id].causes.second);
        }
    }

    std::string sentence(const Incompatibility& each) const {
        const auto subject = [&] {
            return vocabulary_.candidates(each.package, each.find(each.package)->set);
        };
        switch (each.kind) {
            case Incompatibility::Kind::Need:
                return subject() + " needs " + vocabulary_.need(each.reason);
            case Incompatibility::Kind::Unusable:
                return subject() + " " + vocabulary_.unusable(each.reason);
            case Incompatibility::Kind::Derived: break;
        }
        return conclusion(each);
    }

    /// What is impossible or needed, told without the root wherever that is understood.
    std::string conclusion(const Incompatibility& each) const {
        std::vector<std::string> chosen, missing;
        bool has_root = false;
        for (const auto& [package, term] : each.terms) {
            if (package == kRoot) {
                has_root = true;
                continue;
            }
            (term.is_positive ? chosen : missing)
                .push_back(vocabulary_.candidates(package, term.set));
        }
        if (chosen.empty() && missing.empty()) return "there is no solution";
        if (missing.empty())
            return chosen.size() == 1 ? chosen.front() + " cannot be used"
                                      : joined(chosen, "and") + " cannot be used together";
        if (chosen.empty())
            return has_root ? fmt::format("{} needs {}",
                                          vocabulary_.candidates(kRoot, CandidateSet::all(1)),
                                          joined(missing, "or"))
                            : joined(missing, "or") + " is needed";
        return fmt::format("{} {} {}", joined(chosen, "and"),
                           chosen.size() == 1 ? "needs" : "together need", joined(missing, "or"));
    }

    std::string referred(Id id) const {
        const auto number = numbers_.find(id);
        return sentence(all_[id]) +
               (number == numbers_.end() ? "" : fmt::format(" ({})", number->second));
    }

    void say(std::string text, Id id) {
        text += sentence(all_[id]);
        if (uses_[id] > 1 || must_number_.contains(id)) number(id);
        if (const auto found = numbers_.find(id); found != numbers_.end())
            text += fmt::format(" ({})", found->second);
        lines_.push_back(std::move(text));
    }
    void number(Id id) { numbers_.emplace(id, numbers_.size() + 1); }

    void because(Id a, Id b, Id id) {
        say(fmt::format("Because {} and {}, ", referred(a), referred(b)), id);
    }
    void and_because(const std::string& reason, Id id) {
        say(fmt::format("And because {}, ", reason), id);
    }

    bool is_simple(Id id) const {
        return is_derived(id) && !is_derived(all_[id].causes.first) &&
               !is_derived(all_[id].causes.second);
    }

    // A tree may be as deep as the search was long; its depth is nearly all in chains of
    // derivations with one external cause each, which are told in a loop.
    void tell(Id id) {
        if (told_.contains(id)) return;
        auto [a, b] = all_[id].causes;
        if (!is_derived(id))
            return lines_.push_back(
                fmt::format("Because {}, there is no solution", sentence(all_[id])));
        if (is_derived(a) && is_derived(b)) {
            tell_two(a, b, id);
        } else if (is_derived(a) || is_derived(b)) {
            tell_chain(id);
        } else {
            because(a, b, id);
        }
        told_.insert(id);
    }

    void tell_two(Id a, Id b, Id id) {
        const bool a_told = numbers_.contains(a), b_told = numbers_.contains(b);
        if (a_told && b_told) return because(a, b, id);
        if (a_told || b_told) {
            tell(a_told ? b : a);
            return and_because(referred(a_told ? a : b), id);
        }
        if (is_simple(a) || is_simple(b)) {
            tell(is_simple(a) ? b : a);
            tell(is_simple(a) ? a : b);
            return say("Thus, ", id);
        }
        must_number_.insert(a);
        tell(a);
        tell(b);
        and_because(referred(a), id);
    }

    /// `id` has one derived and one external cause, and perhaps so has the derived one, and so on.
    void tell_chain(Id id) {
        std::vector<std::pair<Id, Id>> chain;  // conclusion and its external cause, last one first
        auto current = id;
        for (;;) {
            const auto [a, b] = all_[current].causes;
            if (is_derived(a) == is_derived(b) || numbers_.contains(current)) break;
            chain.emplace_back(current, is_derived(a) ? b : a);
            current = is_derived(a) ? a : b;
        }
        std::reverse(chain.begin(), chain.end());
        std::size_t next = 0;
        if (numbers_.contains(current)) {
            because(chain[0].second, current, chain[0].first);
            next = 1;
        } else {
            tell(current);
        }
        // Two steps a sentence, unless the conclusion between them is needed elsewhere.
        while (next < chain.size()) {
            const auto& [id_of, cause] = chain[next];
            if (next + 1 < chain.size() && uses_[id_of] == 1 && !must_number_.contains(id_of)) {
                and_because(
                    fmt::format("{} and {}", referred(cause), referred(chain[next + 1].second)),
                    chain[next + 1].first);
                next += 2;
            } else {
                and_because(referred(cause), id_of);
                ++next;
            }
        }
    }

    const std::vector<Incompatibility>& all_;
    const Vocabulary& vocabulary_;
    std::map<Id, unsigned> uses_;
    std::map<Id, std::size_t> numbers_;
    std::set<Id> must_number_, told_;
    std::vector<std::string> lines_;
};

}  // namespace

std::vector<std::string> explain(const Conflict& conflict, const Vocabulary& vocabulary) {
    return Narrator(conflict, vocabulary).lines();
}

Reasons reasons_of(const Conflict& conflict) {
    Reasons result;
    std::set<IncompatibilityId> seen = {conflict.root};
    std::deque<IncompatibilityId> open = {conflict.root};
    const auto note = [](std::vector<std::uint32_t>& list, std::uint32_t reason) {
        if (std::find(list.begin(), list.end(), reason) == list.end()) list.push_back(reason);
    };
    while (!open.empty()) {
        const auto& each = conflict.incompatibilities[open.front()];
        open.pop_front();
        if (each.kind == Incompatibility::Kind::Need && each.find(each.package) &&
            each.find(each.package)->is_positive)
            note(result.needs, each.reason);
        if (each.kind == Incompatibility::Kind::Unusable) note(result.unusable, each.reason);
        if (each.kind != Incompatibility::Kind::Derived) continue;
        for (const auto id : {each.causes.first, each.causes.second})
            if (seen.insert(id).second) open.push_back(id);
    }
    return result;
}

}  // namespace pycontainer::pubgrub
