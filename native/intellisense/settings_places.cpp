#include "intellisense/settings_places.hpp"

#include "config/check.hpp"

#include <algorithm>

namespace pycontainer::intellisense {
namespace {

std::string underscored(std::string text) {
    std::replace(text.begin(), text.end(), '-', '_');
    return text;
}

/// The key of `table` that means `key`, as it is written.
std::optional<std::string> written_key(const Json& table, const std::string& key, bool exact) {
    if (!table.is_object()) return std::nullopt;
    if (table.contains(key)) return key;
    if (exact) return std::nullopt;
    for (const auto& [name, value] : table.items())
        if (underscored(name) == key) return name;
    return std::nullopt;
}

const Json* element(const Json& array, const std::string& index) {
    std::size_t number = 0;
    for (const char c : index) {
        if (c < '0' || c > '9') return nullptr;
        number = number * 10 + static_cast<std::size_t>(c - '0');
    }
    return !index.empty() && index.size() < 8 && number < array.size() ? &array[number] : nullptr;
}

}  // namespace

const Json* SettingsPlaces::own_tables(bool of_pyproject) const {
    if (!of_pyproject) return &loaded_->own_document.value;
    const auto* tool = member(loaded_->pyproject, "tool");
    return tool ? member(*tool, "pycontainer") : nullptr;
}

bool SettingsPlaces::has_settings() const {
    return loaded_->own_document.tree || own_tables(true);
}

std::optional<SettingPlace> SettingsPlaces::find_in(const toml::Document& document,
                                                    std::string_view base, const std::string& file,
                                                    const toml::KeyPath& own) const {
    const auto* value = own_tables(!base.empty());
    std::string pointer(base);
    std::string written = pointer;  // of the last part that has a place of its own
    for (std::size_t depth = 0; value && depth < own.size(); ++depth) {
        if (value->is_array()) {
            value = element(*value, own[depth]);
            pointer = toml::pointer_to(pointer, own[depth]);
        } else if (value->is_object()) {
            const auto key = written_key(*value, own[depth], depth >= 2);
            if (!key) return std::nullopt;
            pointer = toml::pointer_to(pointer, *key);
            value = &(*value)[*key];
        } else {
            break;  // a word of a command that was written as one string
        }
        written = pointer;
    }
    if (!value || own.empty()) return std::nullopt;
    const auto range = document.value_range(written);
    if (!range) return std::nullopt;
    return SettingPlace{file, document.key_range(written).value_or(*range), *range};
}

std::optional<SettingPlace> SettingsPlaces::find(const toml::KeyPath& own) const {
    if (auto place = find_in(loaded_->own_document, "", loaded_->own_path.string(), own))
        return place;
    return find_in(loaded_->pyproject_document, config::kPyprojectTable, pyproject_file(), own);
}

std::vector<SettingsPlaces::Both> SettingsPlaces::in_both_files() const {
    std::vector<Both> found;
    const auto* first = own_tables(true);
    const auto* second = own_tables(false);
    if (!first || !first->is_object() || !second->is_object()) return found;
    for (const auto& [table, content] : first->items()) {
        if (!content.is_object()) continue;
        for (const auto& [key, value] : content.items()) {
            // Labels and variables are merged by name.
            const toml::KeyPath own{underscored(table), underscored(key)};
            const auto here = find_in(loaded_->pyproject_document, config::kPyprojectTable,
                                      pyproject_file(), own);
            const auto there = find_in(loaded_->own_document, "", loaded_->own_path.string(), own);
            if (!here || !there || value.is_object()) continue;
            const auto name = written_key(*second, own[0], false);
            const auto inner = written_key((*second)[*name], own[1], false);
            if ((*second)[*name][*inner] != value)
                found.push_back({own[0] + "." + own[1], *there, *here});
        }
    }
    return found;
}

std::string SettingsPlaces::main_file() const {
    return loaded_->own_document.tree ? loaded_->own_path.string() : pyproject_file();
}

Range SettingsPlaces::main_range() const {
    if (loaded_->own_document.tree)
        return loaded_->own_document.value_range("/build").value_or(Range{});
    const auto& document = loaded_->pyproject_document;
    if (const auto range = document.value_range("/tool/pycontainer/build")) return *range;
    return document.range_or_start(config::kPyprojectTable);
}

std::string SettingsPlaces::text_of(const std::string& file, const Range& range) const {
    const auto& document = loaded_->own_document.tree && file == loaded_->own_path.string()
                               ? loaded_->own_document
                               : loaded_->pyproject_document;
    return document.text_of(range);
}

}  // namespace pycontainer::intellisense
