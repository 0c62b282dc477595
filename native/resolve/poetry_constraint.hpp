#pragma once

// Version constraints as Poetry writes them: PEP 440's clauses and `^1.2`, `~1.2`, `1.*`, a bare
// version for "exactly", alternatives between `||`. Only whether a version is allowed is answered;
// what two constraints have in common is asked of each version.

#include "base/result.hpp"
#include "packaging/version.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pycontainer::resolve {

/// Alternatives of clauses that must all hold; a value, valid from construction on.
class PoetryConstraint {
public:
    /// Allows every version.
    PoetryConstraint();
    /// Errors: `resolve/invalid-constraint` naming the clause.
    static Result<PoetryConstraint> parse(std::string_view text);
    /// As `parse`, for `python = "3.8"` beside a dependency, which Poetry turns into a marker on
    /// `python_version`: a bare version of less than three parts means every release of it.
    static Result<PoetryConstraint> parse_python_marker(std::string_view text);

    /// Pre-releases are versions like others.
    bool allows(const packaging::Version& version) const;
    bool is_any() const;
    /// As it was written.
    const std::string& to_string() const { return text_; }

private:
    struct Bound {
        packaging::Version version;
        bool is_inclusive = false;
    };
    /// Between two bounds; both missing: everything.
    struct Interval {
        std::optional<Bound> low;
        std::optional<Bound> high;
        bool allows(const packaging::Version& version) const;
    };
    /// One version, or all others, or intervals of which one must hold.
    struct Clause {
        std::optional<packaging::Version> exact;
        bool is_excluded = false;
        std::vector<Interval> intervals;
        bool allows(const packaging::Version& version) const;
    };
    class Parser;

    static Result<PoetryConstraint> parse(std::string_view text, bool is_python_marker);

    std::vector<std::vector<Clause>> alternatives_;
    std::string text_ = "*";
};

}  // namespace pycontainer::resolve
