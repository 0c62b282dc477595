#include "resolve/poetry_constraint.hpp"

#include "base/strings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace pycontainer::resolve {
namespace {

using packaging::Version;

constexpr std::size_t kMaxBytes = 4096;
constexpr std::array<std::string_view, 11> kOperators = {
    "===", "==", "~=", "!=", ">=", "<=", "^", "~", ">", "<", "="};

/// A decimal number of any length, and one.
std::string increment(std::string digits) {
    for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit) {
        if (*digit != '9') {
            ++*digit;
            return digits;
        }
        *digit = '0';
    }
    return "1" + digits;
}

/// The release whose part `index` is one more, and which ends there; later parts are nil.
Version bumped(const Version& version, std::size_t index) {
    std::string text = version.epoch().is_zero() ? "" : version.epoch().to_string() + "!";
    const auto& release = version.release();
    for (std::size_t i = 0; i < index; ++i)
        text += (i < release.size() ? release[i].to_string() : "0") + ".";
    return *Version::from(
        text + increment(index < release.size() ? release[index].to_string() : std::string("0")));
}

/// PEP 440: `<2.0` keeps out the pre-releases of 2.0, unless it names one itself.
Version exclusive_maximum(const Version& version) {
    return version.is_prerelease() ? version : version.first_development_release();
}

/// `^0.2.3` ends before 0.3: the first part that is not nil, or the last one written.
std::size_t caret_index(const Version& version) {
    const auto& release = version.release();
    const auto last = std::min<std::size_t>(release.size() - 1, 2);
    for (std::size_t i = 0; i < last; ++i)
        if (!release[i].is_zero()) return i;
    return last;
}

Version without_post_release(const Version& version) {
    auto text = version.base_version().to_string();
    if (const auto& pre = version.pre()) {
        constexpr std::array<std::string_view, 3> kPhases = {"a", "b", "rc"};
        text +=
            std::string(kPhases[static_cast<std::size_t>(pre->phase)]) + pre->number.to_string();
    }
    return *Version::from(text);
}

bool is_separator(char c) {
    return c == ',' || c == ' ' || c == '\t';
}

/// `*`, `x.x`, `v*`: any version.
bool is_any_version(std::string_view text) {
    if (text.starts_with('v') || text.starts_with('V')) text.remove_prefix(1);
    if (text.empty()) return false;
    for (const auto part : split(text, '.'))
        if (part != "*" && part != "x" && part != "X") return false;
    return true;
}

}  // namespace

/// One alternative: clauses between commas or spaces.
class PoetryConstraint::Parser {
public:
    Parser(std::string_view text, bool is_python_marker)
        : text_(text), is_python_marker_(is_python_marker) {}

    Result<std::vector<Clause>> parse() {
        std::vector<Clause> clauses;
        for (;;) {
            while (at_ < text_.size() && is_separator(text_[at_])) ++at_;
            if (at_ == text_.size()) break;
            PYC_TRY_ASSIGN(auto clause, parse_clause());
            clauses.push_back(std::move(clause));
        }
        if (clauses.empty()) return fault(text_);
        return clauses;
    }

private:
    static Failure fault(std::string_view clause) {
        return fail("resolve/invalid-constraint", "`{}` is not a version constraint of Poetry",
                    printable(clause, 60))
            .hint("a constraint looks like `^1.2`, `>=1.2,<2.0` or `1.*`");
    }

    Result<Clause> parse_clause() {
        const auto begin = at_;
        std::string_view operation;
        for (const auto each : kOperators)
            if (text_.substr(at_).starts_with(each)) {
                operation = each;
                break;
            }
        at_ += operation.size();
        while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
        const auto version_begin = at_;
        while (at_ < text_.size() && !is_separator(text_[at_])) ++at_;
        auto version_text = text_.substr(version_begin, at_ - version_begin);
        const auto whole = text_.substr(begin, at_ - begin);
        if (operation.empty() && is_any_version(version_text)) return any();

        bool is_wildcard = false;
        while (version_text.ends_with(".*")) {
            is_wildcard = true;
            version_text.remove_suffix(2);
        }
        const auto version = Version::from(version_text);
        if (!version || operation == "===" ||
            (is_wildcard && (operation == "^" || operation == "~" || operation == "~=")))
            return fault(whole);
        return to_clause(operation, *version, is_wildcard);
    }

    static Clause any() { return {.exact = {}, .intervals = {Interval{}}}; }
    static Clause from(const Version& low, const Version& end) {
        return {
            .exact = {},
            .intervals = {{.low = Bound{low, true}, .high = Bound{exclusive_maximum(end), false}}}};
    }

    Clause to_clause(std::string_view operation, const Version& version, bool is_wildcard) const {
        const auto parts = version.release().size();
        if (operation == "^") return from(version, bumped(version, caret_index(version)));
        if (operation == "~") return from(version, bumped(version, parts == 1 ? 0 : 1));
        if (operation == "~=") return from(version, bumped(version, parts == 1 ? 0 : parts - 2));
        if (operation == "<")
            return {.exact = {},
                    .intervals = {{.low = {}, .high = Bound{exclusive_maximum(version), false}}}};
        if (operation == "<=")
            return {.exact = {}, .intervals = {{.low = {}, .high = Bound{version, true}}}};
        if (operation == ">")
            return {.exact = {}, .intervals = {{.low = Bound{version, false}, .high = {}}}};
        if (operation == ">=")
            return {.exact = {}, .intervals = {{.low = Bound{version, true}, .high = {}}}};
        const bool is_short_python = is_python_marker_ && parts < 3 && operation != "!=";
        if (is_wildcard || is_short_python)
            return wildcard(version.base_version(), operation == "!=");
        return {.exact = version, .is_excluded = operation == "!=", .intervals = {}};
    }

    /// `1.2.*` reaches from the first development release of 1.2 up to that of 1.3.
    static Clause wildcard(const Version& version, bool is_excluded) {
        const auto low = version.first_development_release();
        const auto end = bumped(version, version.release().size() - 1).first_development_release();
        if (!is_excluded)
            return {.exact = {},
                    .intervals = {{.low = Bound{low, true}, .high = Bound{end, false}}}};
        return {.exact = {},
                .intervals = {{.low = {}, .high = Bound{low, false}},
                              {.low = Bound{end, true}, .high = {}}}};
    }

    std::string_view text_;
    bool is_python_marker_;
    std::size_t at_ = 0;
};

PoetryConstraint::PoetryConstraint() {
    alternatives_.push_back({Clause{.exact = {}, .intervals = {Interval{}}}});
}

Result<PoetryConstraint> PoetryConstraint::parse(std::string_view text) {
    return parse(text, false);
}

Result<PoetryConstraint> PoetryConstraint::parse_python_marker(std::string_view text) {
    return parse(text, true);
}

Result<PoetryConstraint> PoetryConstraint::parse(std::string_view text, bool is_python_marker) {
    if (text.size() > kMaxBytes)
        return fail("resolve/invalid-constraint",
                    "a version constraint has {} bytes, allowed are {}", text.size(), kMaxBytes)
            .hint("lock again");
    PoetryConstraint result;
    result.alternatives_.clear();
    // `|` alone separates, too.
    const auto alternatives = replace_all(std::string(text), "||", "|");
    for (const auto part : split(alternatives, '|')) {
        PYC_TRY_ASSIGN(auto clauses, Parser(trim(part), is_python_marker).parse());
        result.alternatives_.push_back(std::move(clauses));
    }
    result.text_ = trim(text);
    return result;
}

/// As Poetry compares: a bound without a local segment takes the versions with one for the same.
bool PoetryConstraint::Interval::allows(const Version& version) const {
    const auto comparable = [](const Version& bound, const Version& candidate) {
        return bound.has_local() || !candidate.has_local() ? candidate : candidate.public_version();
    };
    if (low) {
        auto candidate = version;
        // PEP 440: `>1.0` keeps out the post-releases of 1.0.
        if (!low->is_inclusive && !low->version.is_postrelease() && version.is_postrelease())
            candidate = without_post_release(version);
        candidate = comparable(low->version, candidate);
        if (candidate < low->version) return false;
        if (!low->is_inclusive && candidate == low->version) return false;
    }
    if (high) {
        const auto candidate = comparable(high->version, version);
        if (candidate > high->version) return false;
        if (!high->is_inclusive && candidate == high->version) return false;
    }
    return true;
}

bool PoetryConstraint::Clause::allows(const Version& version) const {
    if (exact) {
        const bool as_it_is = exact->has_local() || !version.has_local();
        return ((as_it_is ? version : version.public_version()) == *exact) != is_excluded;
    }
    return std::any_of(intervals.begin(), intervals.end(),
                       [&](const Interval& each) { return each.allows(version); });
}

bool PoetryConstraint::allows(const Version& version) const {
    return std::any_of(alternatives_.begin(), alternatives_.end(), [&](const auto& clauses) {
        return std::all_of(clauses.begin(), clauses.end(),
                           [&](const Clause& each) { return each.allows(version); });
    });
}

bool PoetryConstraint::is_any() const {
    return std::any_of(alternatives_.begin(), alternatives_.end(), [](const auto& clauses) {
        return std::all_of(clauses.begin(), clauses.end(), [](const Clause& clause) {
            return std::any_of(clause.intervals.begin(), clause.intervals.end(),
                               [](const Interval& each) { return !each.low && !each.high; });
        });
    });
}

}  // namespace pycontainer::resolve
