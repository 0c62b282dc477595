#include "resolve/wheel_choice.hpp"

#include "base/strings.hpp"
#include "packaging/specifier.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace pycontainer::resolve {
namespace {

constexpr std::size_t kMaxListed = 12;

std::string listing(const std::set<std::string>& words) {
    std::string text;
    std::size_t count = 0;
    for (const auto& word : words) {
        if (count++ == kMaxListed) return text + ", …";
        text += (text.empty() ? "" : ", ") + word;
    }
    return text;
}

/// `cp311` as people write it: `3.11`; `py3` and the like say nothing about a version.
std::optional<std::string> python_of(std::string_view tag) {
    if (tag.size() < 4 || !(tag.starts_with("cp") || tag.starts_with("py")) || tag[2] != '3')
        return std::nullopt;
    return "3." + std::string(tag.substr(3));
}

bool admits(const std::string& requires_python, const packaging::TargetEnvironment& target) {
    const auto specifiers = packaging::SpecifierSet::parse(requires_python);
    return !specifiers ||
           specifiers->contains(
               target
                   .python_release());  // what cannot be read keeps nobody out, as with installers
}

Failure no_wheel(const LockedPackage& package, const packaging::TargetEnvironment& target) {
    if (package.wheels.empty() && package.has_sdist)
        return fail("resolve/only-sdist",
                    "`{} {}` has no wheel, and the lock does not say where its source distribution "
                    "is",
                    package.name, package.version)
            .hint(
                "use a version that has wheels, or build one (`pip wheel {}=={}`) and put it on an "
                "index of yours",
                package.name, package.version);
    if (package.wheels.empty())
        return fail("resolve/no-wheel", "the lock names no file of `{} {}`", package.name,
                    package.version)
            .hint("lock again");
    return fail("resolve/no-wheel", "`{} {}` has no wheel for {}", package.name, package.version,
                target.describe())
        .hint("{}{}", describe_wheels(package),
              package.has_sdist
                  ? "; and a source distribution, of which the lock does not say where it is"
                  : "");
}

/// The best of the wheels, or null.
const Artifact* best_wheel(const LockedPackage& package, const packaging::TagSet& tags,
                           const packaging::TargetEnvironment& target) {
    const Artifact* best = nullptr;
    std::size_t best_rank = 0;
    std::string best_build;
    for (const auto& wheel : package.wheels) {
        const auto name = packaging::WheelName::parse(wheel.filename);
        const auto rank = name ? tags.rank(*name) : std::nullopt;
        if (!rank || !admits(wheel.requires_python, target)) continue;
        if (best && (*rank > best_rank ||
                     (*rank == best_rank && !packaging::build_tag_less(best_build, name->build))))
            continue;
        best = &wheel;
        best_rank = *rank;
        best_build = name->build;
    }
    return best;
}

}  // namespace

std::string describe_wheels(const LockedPackage& package) {
    if (package.wheels.empty()) return {};
    std::set<std::string> platforms;
    std::set<std::string> pythons;
    bool has_unknown_python = false;
    for (const auto& wheel : package.wheels) {
        const auto name = packaging::WheelName::parse(wheel.filename);
        if (!name) continue;
        platforms.insert(name->platform_tags.begin(), name->platform_tags.end());
        for (const auto& tag : name->python_tags) {
            if (const auto python = python_of(tag))
                pythons.insert(*python);
            else
                has_unknown_python = true;
        }
    }
    auto text = "wheels exist for: " + listing(platforms);
    if (!pythons.empty() && !has_unknown_python) text += "; Python " + listing(pythons);
    return text;
}

bool has_usable_wheel(const LockedPackage& package, const packaging::TagSet& tags,
                      const packaging::TargetEnvironment& target) {
    return best_wheel(package, tags, target) != nullptr;
}

Result<SelectedWheel> choose_wheel(const LockedPackage& package, const packaging::TagSet& tags,
                                   const packaging::TargetEnvironment& target) {
    const auto* best = best_wheel(package, tags, target);
    if (!best) return no_wheel(package, target);
    SelectedWheel wheel{package.name,     package.version, best->filename, best->url,
                        best->local_path, best->sha256,    best->size};
    wheel.index_url = package.index_url;
    return wheel;
}

Result<std::vector<SelectedWheel>> choose_wheels(std::span<const LockedPackage> packages,
                                                 const packaging::TargetEnvironment& target) {
    const packaging::TagSet tags(target);
    std::vector<SelectedWheel> wheels;
    std::vector<Error> errors;
    std::vector<Diagnostic> diagnostics;
    wheels.reserve(packages.size());
    for (const auto& package : packages) {
        auto wheel = choose_wheel(package, tags, target);
        if (wheel) {
            wheels.push_back(*std::move(wheel));
            continue;
        }
        errors.push_back(std::move(wheel).error());
        diagnostics.push_back({package.file, package.range, Severity::Error, errors.back().code,
                               errors.back().message, errors.back().hint});
    }
    if (!errors.empty()) {
        auto error = std::move(errors.front());
        if (errors.size() > 1)
            error.message += fmt::format(", and {} more {} none either", errors.size() - 1,
                                         errors.size() == 2 ? "package has" : "packages have");
        error.diagnostics = std::move(diagnostics);
        return fail(std::move(error));
    }
    std::sort(wheels.begin(), wheels.end(),
              [](const auto& a, const auto& b) { return a.name < b.name; });
    return wheels;
}

}  // namespace pycontainer::resolve
