#include "resolve/internal/poetry_project.hpp"

#include "base/digest.hpp"
#include "base/strings.hpp"
#include "packaging/names.hpp"
#include "resolve/internal/lock_parts.hpp"
#include "resolve/python_json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

namespace pycontainer::resolve::internal {
namespace {

constexpr std::string_view kMain = "main";
constexpr std::array<std::string_view, 4> kLegacyKeys = {"dependencies", "source", "extras",
                                                         "dev-dependencies"};
constexpr std::array<std::string_view, 3> kProjectKeys = {"requires-python", "dependencies",
                                                          "optional-dependencies"};

using Dependencies = std::vector<PoetryDependency>;

/// A group in its two spellings: requirements of PEP 508, and Poetry's tables, which add sources
/// and conditions to them or stand alone.
struct Group {
    Dependencies standard;
    Dependencies tables;
    std::vector<std::string> includes;
};

class Reader {
public:
    explicit Reader(const Json& pyproject) : pyproject_(pyproject) {}

    Result<PoetryProject> read() {
        PoetryProject result;
        const auto* project = value_at(pyproject_, {"project"});
        poetry_ = value_at(pyproject_, {"tool", "poetry"});
        result.is_declared = project || poetry_;
        PYC_TRY(read_main(project));
        PYC_TRY(read_standard_groups());
        PYC_TRY(read_poetry_groups());
        if (const auto* dev = value_at(pyproject_, {"tool", "poetry", "dev-dependencies"}))
            PYC_TRY(read_table(dev, groups_["dev"]));
        for (const auto& [name, group] : groups_) {
            PYC_TRY_ASSIGN(result.groups[name], with_included(name));
        }
        return result;
    }

private:
    Result<void> read_main(const Json* project) {
        auto& main = groups_[std::string(kMain)];
        if (project) {
            const auto dynamic = strings_member(*project, "dynamic");
            is_mixed_ = std::any_of(dynamic.begin(), dynamic.end(), [](const auto& each) {
                return each == "dependencies" || each == "optional-dependencies";
            });
            PYC_TRY(read_list(member(*project, "dependencies"), {}, main.standard));
            if (const auto* extras = member(*project, "optional-dependencies");
                extras && extras->is_object())
                for (const auto& [name, list] : extras->items())
                    PYC_TRY(read_list(&list, packaging::normalize_name(name), main.standard));
        }
        if (!poetry_) return {};
        PYC_TRY(read_table(member(*poetry_, "dependencies"), main));
        if (!main.standard.empty()) return {};
        // `[tool.poetry.extras]` names optional dependencies.
        if (const auto* extras = member(*poetry_, "extras"); extras && extras->is_object())
            for (const auto& [extra, names] : extras->items())
                for (const auto& name : names_member(*extras, extra))
                    for (auto& dependency : main.tables)
                        if (dependency.name == name)
                            dependency.in_extras.push_back(packaging::normalize_name(extra));
        return {};
    }

    static Result<void> read_list(const Json* list, const std::string& extra,
                                  Dependencies& dependencies) {
        if (!list || !list->is_array()) return {};
        for (const auto& text : *list) {
            if (!text.is_string()) continue;
            PYC_TRY_ASSIGN(auto dependency,
                           read_pep508_dependency(text.get_ref<const std::string&>()));
            if (!extra.empty()) {
                dependency.is_optional = true;
                dependency.in_extras = {extra};
            }
            dependencies.push_back(std::move(dependency));
        }
        return {};
    }

    static Result<void> read_table(const Json* table, Group& group) {
        if (!table || !table->is_object()) return {};
        for (const auto& [name, value] : table->items()) {
            if (to_lower(name) == "python") continue;
            PYC_TRY_ASSIGN(auto dependencies, read_poetry_dependencies(name, value));
            for (auto& each : dependencies) group.tables.push_back(std::move(each));
        }
        return {};
    }

    Result<void> read_standard_groups() {
        const auto* groups = member(pyproject_, "dependency-groups");
        if (!groups || !groups->is_object()) return {};
        for (const auto& [name, list] : groups->items()) {
            auto& group = groups_[packaging::normalize_name(name)];
            PYC_TRY(read_list(&list, {}, group.standard));
            if (!list.is_array()) continue;
            for (const auto& item : list)
                if (const auto included = string_member(item, "include-group"))
                    group.includes.push_back(packaging::normalize_name(*included));
        }
        return {};
    }

    Result<void> read_poetry_groups() {
        const auto* groups = poetry_ ? member(*poetry_, "group") : nullptr;
        if (!groups || !groups->is_object()) return {};
        for (const auto& [name, table] : groups->items()) {
            auto& group = groups_[packaging::normalize_name(name)];
            PYC_TRY(read_table(member(table, "dependencies"), group));
            for (auto& each : names_member(table, "include-groups"))
                group.includes.push_back(std::move(each));
        }
        return {};
    }

    /// The two spellings of one group as Poetry locks them (dependency_group.py,
    /// dependencies_for_locking): requirements count, and a table of the same name adds to them.
    Dependencies merged(const std::string& name, const Group& group) const {
        if (group.standard.empty()) return group.tables;
        if (group.tables.empty()) return group.standard;
        Dependencies result;
        for (const auto& dependency : group.standard) {
            bool is_enriched = false;
            for (const auto& table : group.tables) {
                if (table.name != dependency.name) continue;
                is_enriched = true;
                result.push_back(enriched(dependency, table));
            }
            if (!is_enriched) result.push_back(dependency);
        }
        if (name != kMain || !is_mixed_) return result;
        // What is dynamic stands in the tables only: the dependencies, or the optional ones.
        const auto is_optional = [](const auto& each) { return each.is_optional; };
        const bool all = std::all_of(group.standard.begin(), group.standard.end(), is_optional);
        const bool none = std::none_of(group.standard.begin(), group.standard.end(), is_optional);
        if (all || none)
            for (const auto& table : group.tables)
                if (table.is_optional == none) result.push_back(table);
        return result;
    }

    static PoetryDependency enriched(PoetryDependency dependency, const PoetryDependency& table) {
        if (dependency.source == PoetryDependency::Source::Any) {
            dependency.source = table.source;
            dependency.source_name = table.source_name;
        }
        // Of two markers, the table's is the narrower one: it says to which part of the
        // requirement the source belongs.
        if (table.marker) {
            dependency.marker =
                dependency.marker
                    ? *packaging::Marker::parse("(" + dependency.marker->to_string() + ") and (" +
                                                table.marker->to_string() + ")")
                    : *table.marker;
        }
        dependency.python = table.python;
        dependency.platform = table.platform;
        return dependency;
    }

    Result<Dependencies> with_included(const std::string& name) const {
        const auto includes_of = [&](const std::string& group) {
            const auto found = groups_.find(group);
            return found == groups_.end() ? nullptr : &found->second.includes;
        };
        PYC_TRY_ASSIGN(const auto names, included_groups(name, includes_of, "run `poetry check`"));
        Dependencies result;
        for (const auto& each : names) {
            const auto own = merged(each, groups_.at(each));
            result.insert(result.end(), own.begin(), own.end());
        }
        return result;
    }

    const Json& pyproject_;
    const Json* poetry_ = nullptr;
    bool is_mixed_ = false;
    std::map<std::string, Group> groups_;
};

}  // namespace

Result<PoetryProject> read_poetry_project(const Json& pyproject) {
    return Reader(pyproject).read();
}

/// Poetry's packages/locker.py, _get_content_hash.
std::string poetry_content_hash(const Json& pyproject, bool with_dependency_groups) {
    Json project = Json::object();
    for (const auto key : kProjectKeys)
        if (const auto* value = value_at(pyproject, {"project", key}))
            project[std::string(key)] = *value;
    const auto* groups =
        with_dependency_groups ? value_at(pyproject, {"dependency-groups"}) : nullptr;
    const bool has_groups = groups && !groups->empty();
    const bool is_standard = !project.empty() || has_groups;
    Json poetry = Json::object();
    // Missing keys are null where there is nothing else, as they always were.
    for (const auto key : kLegacyKeys) {
        const auto* value = value_at(pyproject, {"tool", "poetry", key});
        if (value || !is_standard) poetry[std::string(key)] = value ? *value : Json();
    }
    if (const auto* value = value_at(pyproject, {"tool", "poetry", "group"}))
        poetry["group"] = *value;
    if (!is_standard) return Digest::of(to_python_json(poetry)).hex();
    Json content = Json::object();
    if (!project.empty()) content["project"] = std::move(project);
    if (has_groups) content["dependency-groups"] = *groups;
    content["tool"]["poetry"] = std::move(poetry);
    return Digest::of(to_python_json(content)).hex();
}

}  // namespace pycontainer::resolve::internal
