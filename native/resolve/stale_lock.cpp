#include "resolve/stale_lock.hpp"

#include "base/strings.hpp"
#include "packaging/names.hpp"
#include "packaging/requirement.hpp"

#include <algorithm>
#include <set>

namespace pycontainer::resolve {
namespace {

constexpr std::size_t kMaxListed = 4;
constexpr const char* kOtherSources[] = {"git", "url", "path", "directory", "editable", "virtual"};

/// A requirement in one spelling: `name[extra]>=1,<2`, versions normalized and clauses sorted.
std::string canonical(const std::string& name, std::vector<std::string> extras,
                      const packaging::SpecifierSet& specifiers) {
    std::vector<std::string> clauses;
    for (const auto& clause : specifiers.clauses()) {
        auto text = clause.to_string();
        const auto& version = clause.version();
        if (version)
            text = text.substr(0, text.size() - clause.version_text().size()) +
                   version->to_string() + (clause.is_wildcard() ? ".*" : "");
        clauses.push_back(std::move(text));
    }
    std::sort(clauses.begin(), clauses.end());
    std::sort(extras.begin(), extras.end());
    return name + (extras.empty() ? "" : "[" + join(extras, ",") + "]") + join(clauses, ",");
}

/// Requirements by their spelling; those from a source other than an index by their name alone, as
/// the lock knows no versions of them.
struct Requirements {
    std::set<std::string> canonical;
    std::set<std::string> names_from_sources;
};

std::optional<Requirements> locked_requirements(const Json& metadata) {
    if (!metadata.is_object()) return std::nullopt;
    Requirements result;
    const auto* list = member(metadata, "requires-dist");
    for (const auto& entry : list && list->is_array() ? *list : Json::array()) {
        const auto name = string_member(entry, "name");
        const auto marker = string_member(entry, "marker").value_or("");
        if (!name || marker.find("extra ==") != std::string::npos) continue;
        const bool is_from_source =
            std::any_of(std::begin(kOtherSources), std::end(kOtherSources),
                        [&](const char* key) { return member(entry, key) != nullptr; });
        if (is_from_source) {
            result.names_from_sources.insert(*name);
            continue;
        }
        const auto specifiers =
            packaging::SpecifierSet::parse(string_member(entry, "specifier").value_or(""));
        if (!specifiers) return std::nullopt;
        std::vector<std::string> extras;
        if (const auto* given = member(entry, "extras"); given && given->is_array())
            for (const auto& extra : *given)
                if (extra.is_string())
                    extras.push_back(
                        packaging::normalize_name(extra.get_ref<const std::string&>()));
        result.canonical.insert(canonical(*name, std::move(extras), *specifiers));
    }
    return result;
}

std::string listing(const std::vector<std::string>& texts, std::string_view what) {
    std::string text;
    for (std::size_t i = 0; i < texts.size() && i < kMaxListed; ++i)
        text += (i == 0 ? "`" : ", `") + texts[i] + "`";
    if (texts.size() > kMaxListed)
        text += " and " + std::to_string(texts.size() - kMaxListed) + " more";
    return text + (texts.size() == 1 ? " is" : " are") + std::string(what);
}

}  // namespace

std::optional<std::string> find_staleness(const Json& pyproject, const Json& lock_metadata) {
    const auto* project = member(pyproject, "project");
    const auto* dependencies = project ? member(*project, "dependencies") : nullptr;
    if (dependencies && !dependencies->is_array()) return std::nullopt;
    if (!dependencies && (!project || member(*project, "dynamic"))) return std::nullopt;
    auto locked = locked_requirements(lock_metadata);
    if (!locked) return std::nullopt;
    std::vector<std::string> missing;
    for (const auto& text : dependencies ? *dependencies : Json::array()) {
        if (!text.is_string()) return std::nullopt;
        const auto requirement = packaging::Requirement::parse(text.get_ref<const std::string&>());
        if (!requirement) return std::nullopt;  // said elsewhere
        const auto name = requirement->normalized_name();
        if (locked->names_from_sources.erase(name) > 0) continue;
        const auto wanted =
            canonical(name, requirement->normalized_extras(), requirement->specifiers);
        if (locked->canonical.erase(wanted) == 0) missing.push_back(wanted);
    }
    std::vector<std::string> left(locked->canonical.begin(), locked->canonical.end());
    left.insert(left.end(), locked->names_from_sources.begin(), locked->names_from_sources.end());
    if (missing.empty() && left.empty()) return std::nullopt;
    std::string text = missing.empty() ? "" : listing(missing, " only in `pyproject.toml`");
    if (!left.empty()) text += (text.empty() ? "" : ", ") + listing(left, " only in the lock");
    return text;
}

}  // namespace pycontainer::resolve
