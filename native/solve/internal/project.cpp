#include "solve/internal/project.hpp"

#include "packaging/names.hpp"
#include "packaging/wheel_name.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>

namespace pycontainer::solve::internal {
namespace {

constexpr std::size_t kMaxListed = 6;

bool is_wheel(const index::IndexFile& file) {
    return file.filename.ends_with(".whl");
}

/// The version as the file's name has it; empty for other files. Wheels are by far the most, so
/// their names are not taken apart further than this needs.
std::string version_text(const std::string& name, const index::IndexFile& file) {
    const std::string_view filename = file.filename;
    if (!is_wheel(file)) {
        const auto source = packaging::SourceName::parse(filename);
        return source && source->name == name ? source->version : std::string();
    }
    const auto first = filename.find('-');
    const auto second = first == filename.npos ? first : filename.find('-', first + 1);
    if (second == filename.npos || packaging::normalize_name(filename.substr(0, first)) != name)
        return {};
    return std::string(filename.substr(first + 1, second - first - 1));
}

bool admits_python(const std::string& requires_python, const packaging::TargetEnvironment& target) {
    if (requires_python.empty()) return true;
    const auto specifiers = packaging::SpecifierSet::parse(requires_python);
    // What cannot be read keeps nobody out, as with installers.
    return !specifiers || specifiers->contains(target.python_release());
}

}  // namespace

std::shared_ptr<const Project> Project::from_page(const std::string& name,
                                                  std::shared_ptr<const index::IndexPage> page) {
    auto project = std::make_shared<Project>();
    std::map<std::string, std::size_t, std::less<>> known;  // by text
    for (const auto& file : page->files) {
        auto text = version_text(name, file);
        if (text.empty()) continue;
        auto found = known.find(text);
        if (found == known.end()) {
            auto version = packaging::Version::from(text);
            const auto place = version ? project->candidates_.size() : std::string::npos;
            if (version) project->candidates_.push_back({*std::move(version), text, {}});
            found = known.emplace(std::move(text), place).first;
        }
        if (found->second != std::string::npos)
            project->candidates_[found->second].files.push_back(&file);
    }
    auto& all = project->candidates_;
    std::stable_sort(all.begin(), all.end(),
                     [](const auto& a, const auto& b) { return a.version > b.version; });
    // `1.0` and `1.0.0` are one version.
    std::vector<Candidate> merged;
    for (auto& each : all) {
        if (!merged.empty() && merged.back().version == each.version)
            merged.back().files.insert(merged.back().files.end(), each.files.begin(),
                                       each.files.end());
        else
            merged.push_back(std::move(each));
    }
    all = std::move(merged);
    project->only_prereleases_ = std::all_of(
        all.begin(), all.end(), [](const auto& each) { return each.version.is_prerelease(); });
    project->page_ = std::move(page);
    return project;
}

std::shared_ptr<const Project> Project::single(packaging::Version version, std::string text) {
    auto project = std::make_shared<Project>();
    project->only_prereleases_ = true;  // there is nothing else
    project->candidates_.push_back({std::move(version), std::move(text), {}});
    return project;
}

WheelChoice choose_wheel(const Candidate& candidate, const packaging::TagSet& tags,
                         const packaging::TargetEnvironment& target) {
    WheelChoice choice{.fault = WheelFault::OnlySource};
    std::size_t best_rank = 0;
    std::string best_build;
    for (const auto* file : candidate.files) {
        if (!is_wheel(*file)) {
            const bool is_better = !choice.sdist || file->filename.ends_with(".tar.gz");
            if (is_better && admits_python(file->requires_python, target)) choice.sdist = file;
            continue;
        }
        if (choice.fault == WheelFault::OnlySource) choice.fault = WheelFault::Platform;
        const auto name = packaging::WheelName::parse(file->filename);
        const auto rank = name ? tags.rank(*name) : std::nullopt;
        if (!rank) continue;
        if (!admits_python(file->requires_python, target)) {
            if (!choice.wheel) choice.fault = WheelFault::Python;
            continue;
        }
        if (choice.wheel &&
            (*rank > best_rank ||
             (*rank == best_rank && !packaging::build_tag_less(best_build, name->build))))
            continue;
        choice.wheel = file;
        choice.fault = WheelFault::None;
        best_rank = *rank;
        best_build = name->build;
    }
    return choice;
}

bool is_yanked(const Candidate& candidate) {
    return !candidate.files.empty() && std::all_of(candidate.files.begin(), candidate.files.end(),
                                                   [](const auto* file) { return file->yanked; });
}

std::string describe_platforms(const Candidate& candidate) {
    std::set<std::string> platforms;
    for (const auto* file : candidate.files)
        if (const auto name = packaging::WheelName::parse(file->filename))
            platforms.insert(name->platform_tags.begin(), name->platform_tags.end());
    std::string text;
    std::size_t count = 0;
    for (const auto& platform : platforms) {
        if (count++ == kMaxListed) return text + ", …";
        text.append(text.empty() ? "" : ", ").append(platform);
    }
    return text;
}

pubgrub::CandidateSet matching(const Project& project, const packaging::SpecifierSet& specifiers) {
    const auto& candidates = project.candidates();
    if (specifiers.empty()) return pubgrub::CandidateSet::all(candidates.size());
    auto set = pubgrub::CandidateSet::none(candidates.size());
    for (std::size_t i = 0; i < candidates.size(); ++i) {
        const auto& clauses = specifiers.clauses();
        if (std::all_of(clauses.begin(), clauses.end(), [&](const auto& clause) {
                return clause.contains(candidates[i].version, candidates[i].text);
            }))
            set.insert(i);
    }
    return set;
}

}  // namespace pycontainer::solve::internal
