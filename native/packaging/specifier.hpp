#pragma once

// Version specifiers (PEP 440, "Version specifiers"): `>=1.4,<2`, and which versions they admit.

#include "base/result.hpp"
#include "packaging/version.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pycontainer::packaging {

/// One clause, such as `!=1.4.*`.
class Specifier {
public:
    enum class Operator {
        Compatible,
        Equal,
        NotEqual,
        LessOrEqual,
        GreaterOrEqual,
        Less,
        Greater,
        Arbitrary
    };

    /// The clause that is the whole of `text`, white space around allowed; nothing when it is none.
    static std::optional<Specifier> from(std::string_view text);
    /// The length of the clause at the start of `text`, 0 when there is none.
    static std::size_t scan(std::string_view text);

    Operator operation() const { return operator_; }
    /// `==1.4.*`: everything under the prefix.
    bool is_wildcard() const { return is_wildcard_; }
    /// What stands after the operator, as written.
    const std::string& version_text() const { return version_text_; }
    /// Nothing after `===`, which compares texts; without `.*` in a wildcard.
    const std::optional<Version>& version() const { return version_; }
    /// `==` with a full version, or `===`.
    bool is_pin() const;
    /// Names a pre-release itself, which admits pre-releases (PEP 440, "Handling of pre-releases").
    bool names_prerelease() const;

    /// Pre-releases included.
    bool contains(const Version& version) const { return contains(version, version.to_string()); }
    /// `text` is how the version was written; only `===` looks at it.
    bool contains(const Version& version, std::string_view text) const;
    /// For `text` that is no version.
    bool contains_text(std::string_view text) const;
    /// Equal but for the spelling of the version: `==1.0` and `== 1.0.0`.
    bool means_the_same(const Specifier& other) const;
    std::string to_string() const;

private:
    Specifier() = default;

    Operator operator_ = Operator::Equal;
    bool is_wildcard_ = false;
    std::string version_text_;
    std::optional<Version> version_;
};

enum class Prereleases { Allow, Exclude };

/// Clauses of which all must hold; none admits everything. A value.
class SpecifierSet {
public:
    SpecifierSet() = default;
    /// Clauses separated by commas. Errors: `packaging/invalid-specifier` naming the clause.
    static Result<SpecifierSet> parse(std::string_view text);

    bool empty() const { return clauses_.empty(); }
    /// In the order of the text; of those that mean the same, one.
    const std::vector<Specifier>& clauses() const { return clauses_; }
    bool contains(const Version& version, Prereleases prereleases = Prereleases::Allow) const;
    /// As above for a version's text; `===` compares it as it is, and a text that is no version is
    /// only in `===`.
    bool contains(std::string_view text, Prereleases prereleases = Prereleases::Allow) const;
    bool names_prerelease() const;
    /// The version text of the `==` or `===` clause, if one pins exactly.
    std::optional<std::string> pinned_version() const;
    /// Clauses sorted as text, which makes equal sets print the same.
    std::string to_string() const;

private:
    std::vector<Specifier> clauses_;
};

}  // namespace pycontainer::packaging
