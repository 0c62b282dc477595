#include "sources/poetry_requirement.hpp"

#include "base/strings.hpp"
#include "packaging/version.hpp"
#include "sources/backend.hpp"
#include "sources/project_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace pycontainer::sources {
namespace {

/// Numbers of a release: `1.2.3rc1` has three.
std::vector<unsigned long> release_of(std::string_view version) {
    std::vector<unsigned long> numbers;
    for (const auto part : split(version, '.')) {
        unsigned long number = 0;
        const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), number);
        if (error != std::errc()) break;
        numbers.push_back(number);
        if (end != part.data() + part.size()) break;
    }
    return numbers;
}

/// The release with the number at `index` one higher and zeros after it.
std::string next_release(std::vector<unsigned long> numbers, std::size_t index) {
    numbers.resize(std::max(numbers.size(), index + 1));
    ++numbers[index];
    std::fill(numbers.begin() + static_cast<std::ptrdiff_t>(index) + 1, numbers.end(), 0);
    std::string text;
    for (const auto number : numbers) text += (text.empty() ? "" : ".") + std::to_string(number);
    return text;
}

Result<std::string> clause_to_specifiers(std::string_view clause) {
    clause = trim(clause);
    if (clause == "*" || clause.empty()) return std::string();
    const auto start = std::min(clause.find_first_not_of("^~=!<> "), clause.size());
    const auto operation = trim(clause.substr(0, start));
    auto version = trim(clause.substr(start));
    if (version.starts_with('v')) version.remove_prefix(1);
    const auto numbers = release_of(version);
    if (numbers.empty())
        return fail("sources/invalid-metadata", "`{}` is not a version constraint",
                    printable(clause, 60))
            .hint("run `poetry check`");
    if (operation == "^") {
        std::size_t index = 0;
        while (index + 1 < numbers.size() && numbers[index] == 0) ++index;
        return fmt::format(">={},<{}", version, next_release(numbers, index));
    }
    if (operation == "~")
        return fmt::format(">={},<{}", version, next_release(numbers, numbers.size() > 1 ? 1 : 0));
    if (operation.empty() || operation == "=" || operation == "==")
        return fmt::format("=={}", version);
    return fmt::format("{}{}", operation, version);
}

/// `python = "^3.8"` beside a dependency.
Result<std::string> python_marker(std::string_view constraint) {
    PYC_TRY_ASSIGN(const auto specifiers, to_specifiers(constraint));
    std::vector<std::string> conditions;
    for (const auto specifier : split(specifiers, ',')) {
        if (specifier.empty()) continue;
        const auto start = std::min(specifier.find_first_not_of("=!<>~"), specifier.size());
        const auto version = specifier.substr(start);
        conditions.push_back(
            fmt::format("{} {} \"{}\"",
                        release_of(version).size() > 2 ? "python_full_version" : "python_version",
                        specifier.substr(0, start), version));
    }
    return join(conditions, " and ");
}

Result<std::string> one_requirement(std::string_view name, const Json& value) {
    std::string text(name);
    if (const auto extras = texts_at(value, "/extras"); !extras.empty())
        text += "[" + join(extras, ",") + "]";
    if (const auto git = string_member(value, "git")) {
        text += fmt::format(" @ {}{}",
                            git->find("://") == std::string::npos ? "git+ssh://" : "git+", *git);
        for (const char* key : {"rev", "tag", "branch"})
            if (const auto revision = string_member(value, key)) {
                text += "@" + *revision;
                break;
            }
        if (const auto directory = string_member(value, "subdirectory"))
            text += "#subdirectory=" + *directory;
    } else if (const auto url = string_member(value, "url")) {
        text += " @ " + *url;
    } else if (!value.contains("path")) {
        PYC_TRY_ASSIGN(
            const auto specifiers,
            to_specifiers(value.is_string() ? value.get<std::string>()
                                            : string_member(value, "version").value_or("*")));
        if (!specifiers.empty()) text += fmt::format(" ({})", specifiers);
    }
    std::vector<std::string> conditions;
    if (const auto markers = string_member(value, "markers"); markers && !markers->empty())
        conditions.push_back(*markers);
    if (const auto python = string_member(value, "python")) {
        PYC_TRY_ASSIGN(auto marker, python_marker(*python));
        if (!marker.empty()) conditions.push_back(std::move(marker));
    }
    if (const auto platform = string_member(value, "platform"))
        conditions.push_back(fmt::format("sys_platform == \"{}\"", *platform));
    if (conditions.size() > 1)
        for (auto& condition : conditions) condition = "(" + condition + ")";
    return conditions.empty() ? text : fmt::format("{} ; {}", text, join(conditions, " and "));
}

}  // namespace

Result<std::string> to_specifiers(std::string_view constraint) {
    if (constraint.find('|') != std::string_view::npos)
        return needs_build(fmt::format("`{}` has alternatives, which only Poetry writes",
                                       printable(constraint, 60)));
    // Clauses are separated by commas, or by blanks that do not follow an operator.
    std::string text;
    for (const auto c : trim(constraint)) {
        const bool after_operator = !text.empty() && std::string_view("^~=!<>,").find(
                                                         text.back()) != std::string_view::npos;
        if (c != ' ')
            text += c;
        else if (!after_operator)
            text += ',';
    }
    std::vector<std::string> specifiers;
    for (const auto clause : split(text, ',')) {
        PYC_TRY_ASSIGN(auto each, clause_to_specifiers(clause));
        if (!each.empty()) specifiers.push_back(std::move(each));
    }
    return join(specifiers, ",");
}

Result<std::vector<std::string>> to_requirements(std::string_view name, const Json& value) {
    std::vector<std::string> requirements;
    if (!value.is_array()) {
        PYC_TRY_ASSIGN(auto one, one_requirement(name, value));
        requirements.push_back(std::move(one));
        return requirements;
    }
    for (const auto& each : value) {
        PYC_TRY_ASSIGN(auto one, one_requirement(name, each));
        requirements.push_back(std::move(one));
    }
    return requirements;
}

}  // namespace pycontainer::sources
