#include "packaging/specifier.hpp"

#include "base/python_text.hpp"
#include "base/strings.hpp"
#include "packaging/internal/characters.hpp"

#include <algorithm>
#include <array>

namespace pycontainer::packaging {
namespace {

using Operator = Specifier::Operator;

struct OperatorText {
    std::string_view text;
    Operator operation;
};

/// Longer ones before their beginnings.
constexpr std::array<OperatorText, 8> kOperators = {{
    {"===", Operator::Arbitrary},
    {"==", Operator::Equal},
    {"~=", Operator::Compatible},
    {"!=", Operator::NotEqual},
    {"<=", Operator::LessOrEqual},
    {">=", Operator::GreaterOrEqual},
    {"<", Operator::Less},
    {">", Operator::Greater},
}};

const OperatorText* find_operator(std::string_view text) {
    const auto found = std::find_if(kOperators.begin(), kOperators.end(),
                                    [&](const auto& each) { return text.starts_with(each.text); });
    return found == kOperators.end() ? nullptr : &*found;
}

bool is_release_only(const Version& version) {
    return !version.pre() && !version.post() && !version.dev() && !version.has_local();
}

struct Clause {
    Operator operation = Operator::Equal;
    std::string_view version_text;
    std::optional<Version> version;
    bool is_wildcard = false;
    std::size_t length = 0;
};

/// PEP 440's expression for one clause: which forms of version each operator takes.
std::optional<Clause> scan_clause(std::string_view text) {
    const auto* found = find_operator(text);
    if (!found) return std::nullopt;
    Clause clause{.operation = found->operation};
    auto start = found->text.size();
    while (const auto length = python_space_length(text.substr(start))) start += length;
    auto end = start;

    if (clause.operation == Operator::Arbitrary) {
        while (end < text.size() && python_space_length(text.substr(end)) == 0 &&
               text[end] != ';' && text[end] != ')')
            ++end;
    } else {
        auto version = Version::scan(text.substr(start));
        if (!version) return std::nullopt;
        end = start + version->second;
        const bool takes_all =
            clause.operation == Operator::Equal || clause.operation == Operator::NotEqual;
        if (!takes_all && version->first.has_local()) return std::nullopt;
        if (clause.operation == Operator::Compatible && version->first.release().size() < 2)
            return std::nullopt;
        if (takes_all && is_release_only(version->first) && text.substr(end).starts_with(".*")) {
            clause.is_wildcard = true;
            end += 2;
        }
        clause.version = std::move(version->first);
    }
    clause.version_text = text.substr(start, end - start);
    clause.length = end;
    return clause;
}

/// PEP 440, "Exclusive ordered comparison": `<1.0` keeps out the pre-releases of 1.0 unless it
/// names one.
bool is_less(const Version& version, const Version& bound) {
    if (!(version < bound)) return false;
    return !version.is_prerelease() || bound.is_prerelease() ||
           version < bound.first_development_release();
}

/// … and `>1.0` keeps out its post-releases and local versions.
bool is_greater(const Version& version, const Version& bound) {
    if (!(version > bound)) return false;
    const bool is_post_of_bound = version.is_postrelease() && !bound.is_postrelease() &&
                                  !bound.dev() && version.pre() == bound.pre() &&
                                  version.base_version() == bound.base_version();
    return !is_post_of_bound && !(version.has_local() && version.public_version() == bound);
}

/// `==` ignores the local segment unless it is asked for.
bool is_equal(const Version& version, const Version& wanted) {
    return wanted.has_local() || !version.has_local() ? version == wanted
                                                      : version.public_version() == wanted;
}

}  // namespace

std::optional<Specifier> Specifier::from(std::string_view text) {
    const auto trimmed = trim_python_space(text);
    auto clause = scan_clause(trimmed);
    if (!clause || clause->length != trimmed.size()) return std::nullopt;
    Specifier result;
    result.operator_ = clause->operation;
    result.is_wildcard_ = clause->is_wildcard;
    result.version_text_ = clause->version_text;
    result.version_ = std::move(clause->version);
    return result;
}

std::size_t Specifier::scan(std::string_view text) {
    const auto clause = scan_clause(text);
    return clause ? clause->length : 0;
}

bool Specifier::is_pin() const {
    return operator_ == Operator::Arbitrary || (operator_ == Operator::Equal && !is_wildcard_);
}

bool Specifier::names_prerelease() const {
    if (operator_ == Operator::NotEqual) return false;
    if (version_) return version_->is_prerelease();
    const auto version = Version::from(version_text_);
    return version && version->is_prerelease();
}

bool Specifier::means_the_same(const Specifier& other) const {
    if (operator_ != other.operator_ || is_wildcard_ != other.is_wildcard_) return false;
    if (!version_ || is_wildcard_) return version_text_ == other.version_text_;
    // `~=1.0` and `~=1.0.0` allow different versions.
    return *version_ == *other.version_ &&
           (operator_ != Operator::Compatible ||
            version_->release().size() == other.version_->release().size());
}

bool Specifier::contains_text(std::string_view text) const {
    return operator_ == Operator::Arbitrary && to_lower(text) == to_lower(version_text_);
}

bool Specifier::contains(const Version& version, std::string_view text) const {
    if (operator_ == Operator::Arbitrary) return contains_text(text);
    const auto& bound = *version_;
    switch (operator_) {
        case Operator::Equal:
            return is_wildcard_ ? same_release_prefix(version, bound, bound.release().size())
                                : is_equal(version, bound);
        case Operator::NotEqual:
            return is_wildcard_ ? !same_release_prefix(version, bound, bound.release().size())
                                : !is_equal(version, bound);
        case Operator::Compatible:  // `~=1.4.2` is `>=1.4.2, ==1.4.*`
            return version.public_version() >= bound &&
                   same_release_prefix(version, bound, bound.release().size() - 1);
        case Operator::LessOrEqual: return version.public_version() <= bound;
        case Operator::GreaterOrEqual: return version.public_version() >= bound;
        case Operator::Less: return is_less(version, bound);
        case Operator::Greater: return is_greater(version, bound);
        case Operator::Arbitrary: break;
    }
    return false;
}

std::string Specifier::to_string() const {
    const auto found = std::find_if(kOperators.begin(), kOperators.end(),
                                    [&](const auto& each) { return each.operation == operator_; });
    return std::string(found->text) + version_text_;
}

Result<SpecifierSet> SpecifierSet::parse(std::string_view text) {
    SpecifierSet result;
    for (const auto part : split(text, ',')) {
        const auto trimmed = trim_python_space(part);
        if (trimmed.empty()) continue;
        auto clause = Specifier::from(trimmed);
        if (!clause)
            return fail("packaging/invalid-specifier", "`{}` is not a version specifier",
                        printable(trimmed, 80))
                .hint(
                    "a specifier is an operator and a version, such as `>=1.4` or `==2.*` (PEP "
                    "440)");
        auto& kept = result.clauses_;
        const auto same = std::find_if(kept.begin(), kept.end(), [&](const Specifier& each) {
            return each.means_the_same(*clause);
        });
        // Of several spellings the one that sorts first stays, so that their order does not count.
        if (same == kept.end())
            kept.push_back(*std::move(clause));
        else if (clause->to_string() < same->to_string())
            *same = *std::move(clause);
    }
    return result;
}

bool SpecifierSet::contains(const Version& version, Prereleases prereleases) const {
    if (prereleases == Prereleases::Exclude && version.is_prerelease()) return false;
    return std::all_of(clauses_.begin(), clauses_.end(),
                       [&](const Specifier& clause) { return clause.contains(version); });
}

bool SpecifierSet::contains(std::string_view text, Prereleases prereleases) const {
    const auto version = Version::from(text);
    if (!version)
        return !clauses_.empty() &&
               std::all_of(clauses_.begin(), clauses_.end(),
                           [&](const Specifier& clause) { return clause.contains_text(text); });
    if (prereleases == Prereleases::Exclude && version->is_prerelease()) return false;
    return std::all_of(clauses_.begin(), clauses_.end(),
                       [&](const Specifier& clause) { return clause.contains(*version, text); });
}

bool SpecifierSet::names_prerelease() const {
    return std::any_of(clauses_.begin(), clauses_.end(),
                       [](const Specifier& clause) { return clause.names_prerelease(); });
}

std::optional<std::string> SpecifierSet::pinned_version() const {
    const auto found = std::find_if(clauses_.begin(), clauses_.end(),
                                    [](const Specifier& clause) { return clause.is_pin(); });
    if (found == clauses_.end()) return std::nullopt;
    return found->version_text();
}

std::string SpecifierSet::to_string() const {
    std::vector<std::string> texts;
    for (const auto& clause : clauses_) texts.push_back(clause.to_string());
    std::sort(texts.begin(), texts.end());
    return join(texts, ",");
}

}  // namespace pycontainer::packaging
