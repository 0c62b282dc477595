#include "resolve/internal/pdm_project.hpp"

#include "base/digest.hpp"
#include "base/strings.hpp"
#include "packaging/names.hpp"
#include "resolve/internal/lock_parts.hpp"
#include "resolve/python_json.hpp"

#include <fmt/format.h>

namespace pycontainer::resolve::internal {
namespace {

/// A group as it is written: its own requirements, and the groups it takes in.
struct Group {
    std::vector<PdmRequirement> requirements;
    std::vector<std::string> includes;
};

class Reader {
public:
    explicit Reader(const Json& pyproject) : pyproject_(pyproject) {}

    Result<PdmProject> read() {
        PdmProject result;
        const auto* project = value_at(pyproject_, {"project"});
        const auto* groups = value_at(pyproject_, {"dependency-groups"});
        const auto* dev = value_at(pyproject_, {"tool", "pdm", "dev-dependencies"});
        result.is_declared = project || groups || dev;
        groups_["default"];
        if (project) {
            name_ = packaging::normalize_name(string_member(*project, "name").value_or(""));
            result.requires_python = string_member(*project, "requires-python").value_or("");
            if (const auto* list = member(*project, "dependencies"))
                PYC_TRY(read_list(*list, groups_["default"]));
            if (const auto* extras = member(*project, "optional-dependencies"))
                PYC_TRY(read_table(*extras, &result.extras));
        }
        for (const auto* table : {groups, dev})
            if (table) PYC_TRY(read_table(*table, nullptr));
        read_resolution(result);
        for (const auto& [name, group] : groups_) {
            PYC_TRY_ASSIGN(result.groups[name], with_included(name));
        }
        return result;
    }

private:
    Result<void> read_table(const Json& table, std::set<std::string>* names) {
        if (!table.is_object()) return {};
        for (const auto& [name, list] : table.items()) {
            const auto normalized = packaging::normalize_name(name);
            if (names) names->insert(normalized);
            PYC_TRY(read_list(list, groups_[normalized]));
        }
        return {};
    }

    Result<void> read_list(const Json& list, Group& group) const {
        if (!list.is_array()) return {};
        for (const auto& item : list) {
            if (const auto included = string_member(item, "include-group"))
                group.includes.push_back(packaging::normalize_name(*included));
            if (!item.is_string()) continue;
            PYC_TRY_ASSIGN(auto requirement,
                           read_pdm_requirement(item.get_ref<const std::string&>()));
            // `app[cli]` among the requirements of `app` means its extra.
            if (!name_.empty() && requirement.name == name_)
                group.includes.insert(group.includes.end(), requirement.extras.begin(),
                                      requirement.extras.end());
            else
                group.requirements.push_back(std::move(requirement));
        }
        return {};
    }

    void read_resolution(PdmProject& result) const {
        const auto* resolution = value_at(pyproject_, {"tool", "pdm", "resolution"});
        if (!resolution) return;
        for (auto& each : names_member(*resolution, "excludes"))
            result.excludes.insert(std::move(each));
        if (const auto* overrides = member(*resolution, "overrides");
            overrides && overrides->is_object())
            for (const auto& [name, value] : overrides->items())
                if (value.is_string())
                    result.overrides.emplace(packaging::normalize_name(name),
                                             overriding(value.get_ref<const std::string&>()));
    }

    /// A URL, specifiers, or a version, which is meant exactly.
    static PdmRequirement overriding(const std::string& value) {
        PdmRequirement result;
        if (value.find("://") != std::string::npos) {
            result.location = value;
            return result;
        }
        auto specifiers = packaging::SpecifierSet::parse(value);
        if (!specifiers) specifiers = packaging::SpecifierSet::parse("==" + value);
        if (specifiers) result.specifiers = *std::move(specifiers);
        return result;
    }

    Result<std::vector<PdmRequirement>> with_included(const std::string& name) const {
        const auto includes_of = [&](const std::string& group) {
            const auto found = groups_.find(group);
            return found == groups_.end() ? nullptr : &found->second.includes;
        };
        PYC_TRY_ASSIGN(const auto names,
                       included_groups(name, includes_of,
                                       "add it to `pyproject.toml`, or remove what names it"));
        std::vector<PdmRequirement> result;
        for (const auto& each : names) {
            const auto& own = groups_.at(each).requirements;
            result.insert(result.end(), own.begin(), own.end());
        }
        return result;
    }

    const Json& pyproject_;
    std::string name_;
    std::map<std::string, Group> groups_;
};

Json value_or(const Json& pyproject, std::initializer_list<std::string_view> keys, Json otherwise) {
    const auto* value = value_at(pyproject, keys);
    return value ? *value : std::move(otherwise);
}

/// The groups of PEP 735 and those of PDM as one table, names normalized.
Json development_groups(const Json& pyproject) {
    Json result = Json::object();
    for (const auto& table :
         {value_or(pyproject, {"dependency-groups"}, Json::object()),
          value_or(pyproject, {"tool", "pdm", "dev-dependencies"}, Json::object())}) {
        if (!table.is_object()) continue;
        for (const auto& [name, list] : table.items()) {
            auto& group = result[packaging::normalize_name(name)];
            if (group.is_null()) group = Json::array();
            if (list.is_array()) group.insert(group.end(), list.begin(), list.end());
        }
    }
    return result;
}

}  // namespace

Result<PdmProject> read_pdm_project(const Json& pyproject) {
    return Reader(pyproject).read();
}

/// PDM's project/project_file.py, content_hash; before 2.8 overrides were all of the resolution,
/// before 2.20 there was only one kind of groups.
std::vector<std::string> pdm_content_hashes(const Json& pyproject) {
    Json content = {
        {"sources", value_or(pyproject, {"tool", "pdm", "source"}, Json::array())},
        {"dependencies", value_or(pyproject, {"project", "dependencies"}, Json::array())},
        {"dev-dependencies", development_groups(pyproject)},
        {"optional-dependencies",
         value_or(pyproject, {"project", "optional-dependencies"}, Json::object())},
        {"requires-python", value_or(pyproject, {"project", "requires-python"}, "")},
        {"resolution", value_or(pyproject, {"tool", "pdm", "resolution"}, Json::object())},
    };
    const auto hash = [&] { return Digest::of(to_python_json(content)).hex(); };
    const auto dev = value_or(pyproject, {"tool", "pdm", "dev-dependencies"}, Json::object());
    std::vector<std::string> result = {hash()};
    content["dev-dependencies"] = dev;
    result.push_back(hash());
    content.erase("resolution");
    content["overrides"] =
        value_or(pyproject, {"tool", "pdm", "resolution", "overrides"}, Json::object());
    result.push_back(hash());
    return result;
}

}  // namespace pycontainer::resolve::internal
