#pragma once

// A requirement as Poetry writes it, in `pyproject.toml` and in its lock: `"^1.2"`, or a table with
// version, extras, markers and sources.

#include "base/json.hpp"
#include "base/result.hpp"
#include "packaging/marker.hpp"
#include "packaging/requirement.hpp"
#include "packaging/target.hpp"
#include "resolve/poetry_constraint.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pycontainer::resolve::internal {

struct PoetryDependency {
    enum class Source { Any, Named, Repository, Url, Path };
    std::string name;  ///< normalized
    PoetryConstraint constraint;
    std::vector<std::string> extras;  ///< normalized
    std::optional<packaging::Marker> marker;
    std::optional<PoetryConstraint> python;  ///< `python = "…"`
    std::string platform;                    ///< `platform = "…"`
    bool is_optional = false;
    /// Extras of the project of which one must be chosen; for its own dependencies only.
    std::vector<std::string> in_extras;
    Source source = Source::Any;
    std::string source_name;  ///< of a `Named` one
    std::string text;         ///< for people

    /// Marker, Python and platform hold, with these extras on.
    bool applies(const packaging::TargetEnvironment& target,
                 const packaging::MarkerEnvironment& environment) const;
};

/// The value of one key of a table of dependencies: a text, a table, or an array of these. Errors:
/// `resolve/invalid-dependency`.
Result<std::vector<PoetryDependency>> read_poetry_dependencies(std::string_view name,
                                                               const Json& value);
/// A requirement in the form of PEP 508. Errors: `resolve/invalid-dependency`.
Result<PoetryDependency> read_pep508_dependency(std::string_view text);

}  // namespace pycontainer::resolve::internal
