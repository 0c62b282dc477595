#include "resolve/internal/poetry_dependency.hpp"

#include "base/strings.hpp"
#include "packaging/names.hpp"
#include "resolve/internal/lock_parts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace pycontainer::resolve::internal {
namespace {

using Source = PoetryDependency::Source;

struct SourceKey {
    std::string_view key;
    Source source;
};
constexpr std::array<SourceKey, 7> kSourceKeys = {{
    {"git", Source::Repository},
    {"hg", Source::Repository},
    {"svn", Source::Repository},
    {"url", Source::Url},
    {"path", Source::Path},
    {"file", Source::Path},
    {"source", Source::Named},
}};

Failure invalid(std::string_view name, std::string_view why) {
    return fail("resolve/invalid-dependency", "the dependency `{}` cannot be read: {}",
                printable(name, 60), why)
        .hint("run `poetry check`");
}

/// `platform = "linux || darwin"`: Poetry's generic constraints, compared with `sys_platform`.
bool allows_platform(std::string_view text, std::string_view platform) {
    const auto alternatives = split(text, '|');
    return std::any_of(alternatives.begin(), alternatives.end(), [&](std::string_view alternative) {
        if (trim(alternative).empty()) return false;  // between the two of `||`
        const auto clauses = split(alternative, ',');
        return std::all_of(clauses.begin(), clauses.end(), [&](std::string_view clause) {
            clause = trim(clause);
            const bool is_excluded = clause.starts_with("!=");
            clause.remove_prefix(std::min(clause.find_first_not_of("!="), clause.size()));
            clause = trim(clause);
            return clause == "*" || (clause == platform) != is_excluded;
        });
    });
}

Result<PoetryDependency> read_one(std::string_view name, const Json& value) {
    PoetryDependency dependency;
    dependency.name = packaging::normalize_name(name);
    if (value.is_string()) {
        const auto& text = value.get_ref<const std::string&>();
        auto constraint = PoetryConstraint::parse(text);
        if (!constraint) return invalid(name, constraint.error().message);
        dependency.constraint = *std::move(constraint);
        dependency.text = fmt::format("{} {}", name, text);
        return dependency;
    }
    if (!value.is_object()) return invalid(name, "it is neither a text nor a table");
    dependency.text = name;
    for (const auto& [key, source] : kSourceKeys) {
        const auto found = string_member(value, key);
        if (!found) continue;
        dependency.source = source;
        if (source == Source::Named) dependency.source_name = *found;
        break;
    }
    // A version beside another source says nothing more.
    if (const auto version = string_member(value, "version");
        version && (dependency.source == Source::Any || dependency.source == Source::Named)) {
        auto constraint = PoetryConstraint::parse(*version);
        if (!constraint) return invalid(name, constraint.error().message);
        dependency.constraint = *std::move(constraint);
        dependency.text += " " + *version;
    }
    dependency.extras = names_member(value, "extras");
    dependency.is_optional = bool_member(value, "optional").value_or(false);
    if (const auto markers = string_member(value, "markers"); markers && !markers->empty()) {
        auto marker = packaging::Marker::parse(*markers);
        if (!marker) return invalid(name, marker.error().message);
        dependency.marker = *std::move(marker);
    }
    if (const auto python = string_member(value, "python")) {
        auto constraint = PoetryConstraint::parse_python_marker(*python);
        if (!constraint) return invalid(name, constraint.error().message);
        dependency.python = *std::move(constraint);
    }
    dependency.platform = string_member(value, "platform").value_or("");
    return dependency;
}

Source source_of(std::string_view url) {
    if (url.starts_with("git+") || url.starts_with("hg+") || url.starts_with("svn+") ||
        url.starts_with("git:"))
        return Source::Repository;
    return url.starts_with("http:") || url.starts_with("https:") ? Source::Url : Source::Path;
}

}  // namespace

bool PoetryDependency::applies(const packaging::TargetEnvironment& target,
                               const packaging::MarkerEnvironment& environment) const {
    return (!marker || marker->evaluate_leniently(environment)) &&
           (!python || python->allows(target.python_release())) &&
           (platform.empty() || allows_platform(platform, environment.sys_platform));
}

Result<std::vector<PoetryDependency>> read_poetry_dependencies(std::string_view name,
                                                               const Json& value) {
    std::vector<PoetryDependency> result;
    if (!value.is_array()) {
        PYC_TRY_ASSIGN(auto one, read_one(name, value));
        result.push_back(std::move(one));
        return result;
    }
    for (const auto& each : value) {
        PYC_TRY_ASSIGN(auto one, read_one(name, each));
        result.push_back(std::move(one));
    }
    return result;
}

Result<PoetryDependency> read_pep508_dependency(std::string_view text) {
    const auto requirement = packaging::Requirement::parse(text);
    if (!requirement) return invalid(text, requirement.error().message);
    PoetryDependency dependency;
    dependency.name = requirement->normalized_name();
    dependency.extras = requirement->normalized_extras();
    dependency.marker = requirement->marker;
    if (!requirement->url.empty()) dependency.source = source_of(requirement->url);
    if (!requirement->specifiers.empty()) {
        auto constraint = PoetryConstraint::parse(requirement->specifiers.to_string());
        if (!constraint) return invalid(text, constraint.error().message);
        dependency.constraint = *std::move(constraint);
    }
    dependency.text = fmt::format("{}{}", requirement->name, requirement->specifiers.to_string());
    return dependency;
}

}  // namespace pycontainer::resolve::internal
