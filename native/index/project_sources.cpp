// The sources of packages in the tables of Poetry and PDM.

#include "base/strings.hpp"
#include "base/version.hpp"
#include "index/internal/configuration_parts.hpp"
#include "packaging/names.hpp"

#include <algorithm>

namespace pycontainer::index::internal {
namespace {

using toml::pointer_to;

const Json* table_at(const TableSource& source, const char* pointer) {
    const auto path = Json::json_pointer(pointer);
    return source.document->value.contains(path) ? &source.document->value.at(path) : nullptr;
}

Failure wrong(const TableSource& source, const std::string& pointer, std::string_view what) {
    return fail("index/invalid-configuration", "{}: {}", source.at(pointer), what)
        .hint("correct the source, or remove it");
}

/// `{name = {source = "x"}}`, and lists of such tables.
void add_poetry_pins(const TableSource& source, const std::string& pointer, Contribution& result) {
    const auto* table = table_at(source, pointer.c_str());
    if (!table || !table->is_object()) return;
    for (const auto& [name, value] : table->items()) {
        const auto list = value.is_array() ? value : Json::array({value});
        for (const auto& item : list) {
            const auto index = string_member(item, "source");
            if (!index) continue;
            result.pins.push_back({.package = packaging::normalize_name(name),
                                   .index = *index,
                                   .origin = source.at(pointer_to(pointer, name)),
                                   .marker = string_member(item, "markers").value_or("")});
        }
    }
}

/// `${NAME}`; what is not set stays.
std::string expand(std::string text, const Environment& environment) {
    for (std::size_t at = 0; (at = text.find("${", at)) != std::string::npos;) {
        const auto end = text.find('}', at);
        if (end == std::string::npos) break;
        const auto value = environment.find(text.substr(at + 2, end - at - 2));
        if (value) text.replace(at, end - at + 1, *value);
        at = value ? at + value->size() : end;
    }
    return text;
}

std::vector<std::string> texts(const Json& table, const char* key) {
    std::vector<std::string> result;
    if (const auto* list = member(table, key); list && list->is_array())
        for (const auto& item : *list)
            if (item.is_string()) result.push_back(item.get<std::string>());
    return result;
}

}  // namespace

Result<Contribution> read_poetry_sources(const TableSource& source) {
    Contribution result;
    constexpr const char* kSources = "/tool/poetry/source";
    std::vector<IndexLocation> supplemental;
    bool names_built_in = false;
    if (const auto* list = table_at(source, kSources)) {
        if (!list->is_array()) return wrong(source, kSources, "`source` is not a list of tables");
        for (std::size_t i = 0; i < list->size(); ++i) {
            const auto& item = (*list)[i];
            const auto place = pointer_to(kSources, i);
            const auto name = string_member(item, "name");
            if (!name) return wrong(source, place, "a source has no `name`");
            const bool is_built_in = to_lower(*name) == "pypi" && !string_member(item, "url");
            const auto url = string_member(item, "url");
            if (!url && !is_built_in) return wrong(source, place, "a source has no `url`");
            auto location =
                parse_location(url.value_or(std::string(kDefaultIndex)), source.directory);
            if (!location) return wrong(source, place, "the `url` of a source is empty");
            location->name = *name;
            location->origin = source.at(place);
            location->scope = source.scope;
            auto priority = to_lower(string_member(item, "priority").value_or("primary"));
            if (bool_member(item, "secondary").value_or(false)) priority = "supplemental";
            location->is_explicit = priority == "explicit";
            names_built_in = names_built_in || is_built_in;
            const bool is_later = priority == "supplemental" || priority == "secondary";
            if (!is_later && !location->is_explicit && !is_built_in) result.drops_built_in = true;
            (is_later ? supplemental : result.indexes).push_back(*std::move(location));
        }
    }
    if (names_built_in) result.drops_built_in = true;  // it is where the project has put it
    std::move(supplemental.begin(), supplemental.end(), std::back_inserter(result.indexes));
    add_poetry_pins(source, "/tool/poetry/dependencies", result);
    add_poetry_pins(source, "/tool/poetry/dev-dependencies", result);
    if (const auto* groups = table_at(source, "/tool/poetry/group"); groups && groups->is_object())
        for (const auto& [name, group] : groups->items())
            add_poetry_pins(
                source, pointer_to(pointer_to("/tool/poetry/group", name), "dependencies"), result);
    return result;
}

Result<Contribution> read_pdm_sources(const TableSource& source, const Environment& environment) {
    Contribution result;
    constexpr const char* kSources = "/tool/pdm/source";
    const auto* list = table_at(source, kSources);
    if (!list) return result;
    if (!list->is_array()) return wrong(source, kSources, "`source` is not a list of tables");
    for (std::size_t i = 0; i < list->size(); ++i) {
        const auto& item = (*list)[i];
        const auto place = pointer_to(kSources, i);
        const auto url = string_member(item, "url");
        auto location = parse_location(expand(url.value_or(""), environment), source.directory);
        if (!location) return wrong(source, place, "a source has no `url`");
        location->name = string_member(item, "name").value_or("");
        location->origin = source.at(place);
        location->scope = source.scope;
        location->include_packages = texts(item, "include_packages");
        location->exclude_packages = texts(item, "exclude_packages");
        // The source of that name stands for the index that PDM has built in.
        location->is_default = location->name == "pypi";
        if (string_member(item, "type") == "find_links") {
            location->format = IndexLocation::Format::Flat;
            result.find_links.push_back(*std::move(location));
        } else {
            result.indexes.push_back(*std::move(location));
        }
    }
    return result;
}

}  // namespace pycontainer::index::internal
