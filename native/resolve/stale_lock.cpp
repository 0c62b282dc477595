#include "resolve/stale_lock.hpp"

#include "base/strings.hpp"
#include "packaging/dependency_groups.hpp"
#include "packaging/names.hpp"
#include "packaging/requirement.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace pycontainer::resolve {
namespace {

constexpr std::size_t kMaxListed = 4;
constexpr const char* kOtherSources[] = {"git", "url", "path", "directory", "editable", "virtual"};

/// What a list of requirements belongs to: the project itself, an extra or a group.
struct Section {
    enum class Kind { Project, Extra, Group };
    Kind kind = Kind::Project;
    std::string name;  ///< normalized
    friend auto operator<=>(const Section&, const Section&) = default;
};

std::string suffix(const Section& section) {
    if (section.kind == Section::Kind::Project) return {};
    return fmt::format(" of the {} `{}`", section.kind == Section::Kind::Extra ? "extra" : "group",
                       section.name);
}

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

using Wanted = std::map<Section, std::vector<packaging::Requirement>>;

/// What `pyproject.toml` asks for; nothing when that cannot be known.
class WantedReader {
public:
    explicit WantedReader(const Json& pyproject)
        : pyproject_(pyproject), project_(member(pyproject, "project")) {}

    std::optional<Wanted> read(const std::vector<std::string>& extras,
                               const std::vector<std::string>& groups) {
        if (!project_ || is_dynamic("dependencies")) return std::nullopt;
        const auto* dependencies = member(*project_, "dependencies");
        if (!add({}, dependencies ? *dependencies : Json::array())) return std::nullopt;
        for (const auto& extra : extras) open_extras_.push_back(packaging::normalize_name(extra));
        while (!open_extras_.empty()) {
            const auto extra = std::move(open_extras_.back());
            open_extras_.pop_back();
            if (!add_extra(extra)) return std::nullopt;
        }
        for (const auto& group : groups)
            if (!add_group(packaging::normalize_name(group))) return std::nullopt;
        return std::move(wanted_);
    }

    /// Normalized; empty if the project has none.
    std::string own_name() const {
        return project_ ? packaging::normalize_name(string_member(*project_, "name").value_or(""))
                        : "";
    }

private:
    bool is_dynamic(std::string_view key) const {
        const auto* list = member(*project_, "dynamic");
        return list && list->is_array() &&
               std::find(list->begin(), list->end(), key) != list->end();
    }

    bool add(const Section& section, const Json& list) {
        if (!list.is_array()) return false;
        auto& requirements = wanted_[section];
        for (const auto& text : list) {
            if (!text.is_string()) return false;
            auto requirement = packaging::Requirement::parse(text.get_ref<const std::string&>());
            if (!requirement) return false;  // said elsewhere
            // An extra may ask for others of the project itself.
            if (requirement->normalized_name() == own_name())
                for (const auto& extra : requirement->normalized_extras())
                    open_extras_.push_back(extra);
            requirements.push_back(*std::move(requirement));
        }
        return true;
    }

    bool add_extra(const std::string& extra) {
        const Section section{Section::Kind::Extra, extra};
        const auto* table = member(*project_, "optional-dependencies");
        if (wanted_.contains(section) || !table || !table->is_object()) return true;
        for (const auto& [name, list] : table->items())
            if (packaging::normalize_name(name) == extra) return add(section, list);
        return true;
    }

    bool add_group(const std::string& group) {
        const Section section{Section::Kind::Group, group};
        const auto* table = member(pyproject_, "dependency-groups");
        const Json::json_pointer legacy("/tool/uv/dev-dependencies");
        const bool has_legacy = group == "dev" && pyproject_.contains(legacy);
        auto requirements =
            packaging::resolve_dependency_group(table ? *table : Json::object(), group);
        if (!requirements && requirements.error().code != "packaging/unknown-group") return false;
        if (requirements) wanted_[section] = *std::move(requirements);
        return !has_legacy || add(section, pyproject_[legacy]);
    }

    const Json& pyproject_;
    const Json* project_;
    std::vector<std::string> open_extras_;
    Wanted wanted_;
};

/// Requirements by their spelling, each with its name; those from a source other than an index by
/// their name alone, as the lock knows no versions of them.
struct Locked {
    std::map<std::string, std::string> canonical;  // name by spelling
    std::set<std::string> names_from_sources;
};

bool add_locked(const Json& entry, Locked& locked) {
    const auto name = string_member(entry, "name");
    if (!name) return true;
    const bool is_from_source =
        std::any_of(std::begin(kOtherSources), std::end(kOtherSources),
                    [&](const char* key) { return member(entry, key) != nullptr; });
    if (is_from_source) {
        locked.names_from_sources.insert(*name);
        return true;
    }
    const auto specifiers =
        packaging::SpecifierSet::parse(string_member(entry, "specifier").value_or(""));
    if (!specifiers) return false;
    std::vector<std::string> extras;
    if (const auto* given = member(entry, "extras"); given && given->is_array())
        for (const auto& extra : *given)
            if (extra.is_string())
                extras.push_back(packaging::normalize_name(extra.get_ref<const std::string&>()));
    locked.canonical.emplace(canonical(*name, std::move(extras), *specifiers), *name);
    return true;
}

/// The extras that a marker of `requires-dist` names: `extra == 'x'`.
std::vector<std::string> extras_of(std::string_view marker) {
    static constexpr std::string_view kComparison = "extra == ";
    std::vector<std::string> result;
    for (auto at = marker.find(kComparison); at != std::string_view::npos;
         at = marker.find(kComparison, at)) {
        at += kComparison.size();
        const auto end = at < marker.size() ? marker.find(marker[at], at + 1) : marker.size();
        if (end >= marker.size()) break;
        result.push_back(packaging::normalize_name(marker.substr(at + 1, end - at - 1)));
    }
    return result;
}

std::optional<std::map<Section, Locked>> locked_requirements(const Json& metadata) {
    if (!metadata.is_object()) return std::nullopt;
    std::map<Section, Locked> result;
    const auto* list = member(metadata, "requires-dist");
    for (const auto& entry : list && list->is_array() ? *list : Json::array()) {
        const auto extras = extras_of(string_member(entry, "marker").value_or(""));
        if (extras.empty() && !add_locked(entry, result[{}])) return std::nullopt;
        for (const auto& extra : extras)
            if (!add_locked(entry, result[{Section::Kind::Extra, extra}])) return std::nullopt;
    }
    const auto* groups = member(metadata, "requires-dev");
    if (!groups || !groups->is_object()) return result;
    for (const auto& [name, entries] : groups->items())
        for (const auto& entry : entries.is_array() ? entries : Json::array())
            if (!add_locked(entry, result[{Section::Kind::Group, name}])) return std::nullopt;
    return result;
}

/// `first, second and 3 more`; nothing is quoted here.
std::string listing(const std::vector<std::string>& texts) {
    std::string text;
    for (std::size_t i = 0; i < texts.size() && i < kMaxListed; ++i)
        text += (i == 0 ? "" : ", ") + texts[i];
    if (texts.size() > kMaxListed) text += fmt::format(" and {} more", texts.size() - kMaxListed);
    return text;
}

/// What is in one section of either side only.
void compare(const Section& section, const std::vector<packaging::Requirement>& wanted,
             const Locked& locked, std::vector<std::string>& missing,
             std::vector<std::string>& left) {
    std::set<std::string> seen;
    std::set<std::string> seen_names;
    for (const auto& requirement : wanted) {
        const auto name = requirement.normalized_name();
        seen_names.insert(name);
        auto text = canonical(name, requirement.normalized_extras(), requirement.specifiers);
        const bool is_locked =
            locked.names_from_sources.contains(name) || locked.canonical.contains(text);
        if (!seen.insert(text).second || is_locked) continue;
        missing.push_back("`" + text + "`" + suffix(section));
    }
    for (const auto& [text, name] : locked.canonical) {
        // A source may be for some platforms only, the index for the others.
        if (locked.names_from_sources.contains(name) && seen_names.contains(name)) continue;
        if (!seen.contains(text)) left.push_back("`" + text + "`" + suffix(section));
    }
    for (const auto& name : locked.names_from_sources)
        if (!seen_names.contains(name)) left.push_back("`" + name + "`" + suffix(section));
}

}  // namespace

std::optional<std::string> find_staleness(const Json& pyproject, const Json& lock_metadata,
                                          const std::vector<std::string>& extras,
                                          const std::vector<std::string>& groups) {
    const auto wanted = WantedReader(pyproject).read(extras, groups);
    if (!wanted) return std::nullopt;
    auto locked = locked_requirements(lock_metadata);
    if (!locked) return std::nullopt;
    std::vector<std::string> missing;
    std::vector<std::string> left;
    for (const auto& [section, requirements] : *wanted)
        compare(section, requirements, (*locked)[section], missing, left);
    if (missing.empty() && left.empty()) return std::nullopt;
    const auto verb = [](const std::vector<std::string>& list) {
        return list.size() == 1 ? " is" : " are";
    };
    std::string text;
    if (!missing.empty()) text = listing(missing) + verb(missing) + " only in `pyproject.toml`";
    if (!left.empty())
        text += (text.empty() ? "" : ", ") + listing(left) + verb(left) + " only in the lock";
    return text;
}

std::optional<std::string> find_unsatisfied(const SelectionRequest& request,
                                            const std::map<std::string, std::string>& versions) {
    WantedReader reader(*request.pyproject);
    const auto wanted = reader.read(request.extras, request.groups);
    if (!wanted) return std::nullopt;
    const auto environment = request.target.marker_environment();
    std::set<std::string> texts;
    for (const auto& [section, requirements] : *wanted) {
        for (const auto& requirement : requirements) {
            const auto name = requirement.normalized_name();
            if (name == reader.own_name()) continue;
            if (requirement.marker && !requirement.marker->evaluate_leniently(environment))
                continue;
            const auto found = versions.find(name);
            if (found != versions.end() && (found->second.empty() || !requirement.url.empty() ||
                                            requirement.specifiers.contains(found->second)))
                continue;
            texts.insert(fmt::format(
                "`{}`{} (it has {})",
                canonical(name, requirement.normalized_extras(), requirement.specifiers),
                suffix(section), found == versions.end() ? "none" : found->second));
        }
    }
    if (texts.empty()) return std::nullopt;
    return listing({texts.begin(), texts.end()});
}

}  // namespace pycontainer::resolve
