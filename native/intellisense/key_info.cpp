#include "intellisense/key_info.hpp"

#include "base/strings.hpp"
#include "intellisense/source.hpp"
#include "schema/schemas.hpp"
#include "schema/validator.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace pycontainer::intellisense {
namespace {

/// What people write most, first; the rest follows by name.
constexpr std::string_view kCommon[] = {
    "base_image", "tags",     "entrypoint", "platforms", "env",     "ports",
    "labels",     "python",   "groups",     "extras",    "include", "exclude",
    "user",       "writable", "build",      "registry",  "url"};

std::size_t rank(std::string_view key) {
    return static_cast<std::size_t>(std::find(std::begin(kCommon), std::end(kCommon), key) -
                                    std::begin(kCommon));
}

std::string plural(const std::string& type) {
    return type.starts_with("\"") ? type : type + "s";
}

}  // namespace

const Json* schema_of(const toml::KeyPath& own) {
    const auto& root = schema::configuration();
    const Json* current = &root;
    for (const auto& part : own) {
        const auto* properties = member(*current, "properties");
        const auto* next = properties ? member(*properties, part) : nullptr;
        if (!next) {
            next = member(*current, "additionalProperties");
            if (!next || !next->is_object()) return nullptr;
        }
        current = &schema::resolve_reference(root, *next);
    }
    return current;
}

bool is_table(const Json& schema) {
    return string_member(schema, "type") == "object";
}

bool is_open_table(const Json& schema) {
    const auto* more = member(schema, "additionalProperties");
    return is_table(schema) && more && more->is_object();
}

std::vector<std::string> keys_of(const toml::KeyPath& own) {
    const auto* schema = schema_of(own);
    if (!schema) return {};
    auto names = schema::property_names(schema::configuration(), *schema);
    std::erase_if(names, [&](const auto& name) {
        auto path = own;
        path.push_back(name);
        return bool_member(*schema_of(path), "deprecated").value_or(false);
    });
    std::stable_sort(names.begin(), names.end(),
                     [](const auto& a, const auto& b) { return rank(a) < rank(b); });
    return names;
}

std::string type_text(const Json& unresolved) {
    const auto& schema = schema::resolve_reference(schema::configuration(), unresolved);
    if (const auto* choices = member(schema, "enum")) {
        std::vector<std::string> texts;
        for (const auto& choice : *choices) texts.push_back(toml_text(choice));
        return join(texts, " or ");
    }
    if (const auto* branches = member(schema, "anyOf")) {
        std::vector<std::string> texts;
        for (const auto& branch : *branches) texts.push_back(type_text(branch));
        return join(texts, " or ");
    }
    const auto type = string_member(schema, "type").value_or("value");
    if (type == "array") {
        const auto* items = member(schema, "items");
        return items ? "array of " + plural(type_text(*items)) : type;
    }
    if (type == "object") return is_open_table(schema) ? "table of strings" : "table";
    return type;
}

std::string default_text(const Json& schema) {
    if (const auto* value = member(schema, "default")) return "`" + toml_text(*value) + "`";
    const auto* extension = member(schema, "x-pycontainer");
    return extension ? string_member(*extension, "default").value_or("") : "";
}

std::string toml_text(const Json& value) {
    if (value.is_string()) return toml_string(value.get_ref<const std::string&>());
    if (value.is_array()) {
        std::vector<std::string> items;
        for (const auto& item : value) items.push_back(toml_text(item));
        return "[" + join(items, ", ") + "]";
    }
    if (value.is_object()) {
        if (value.empty()) return "{}";
        std::vector<std::string> items;
        for (const auto& [key, item] : value.items())
            items.push_back(key + " = " + toml_text(item));
        return "{ " + join(items, ", ") + " }";
    }
    return dump_json(value);
}

std::string documentation(const toml::KeyPath& own) {
    const auto* schema = schema_of(own);
    if (!schema || own.empty()) return {};
    std::string text;
    const bool is_member = own.size() > 2;
    const auto* documented = is_member ? schema_of({own.begin(), own.begin() + 2}) : schema;
    if (const auto title = string_member(*documented, "title"))
        text += fmt::format("**{}** · `{}`\n\n", *title, join(own, "."));
    if (const auto description = string_member(*documented, "description"))
        text += *description + "\n\n";
    text += fmt::format("Type: {}  \n", type_text(*schema));
    if (const auto fallback = is_member ? std::string() : default_text(*schema); !fallback.empty())
        text += fmt::format("Default: {}\n", fallback);
    if (const auto* examples = member(*schema, "examples"); examples && !examples->empty())
        text += fmt::format("\n```toml\n{} = {}\n```\n", own.back(), toml_text(examples->front()));
    return text;
}

}  // namespace pycontainer::intellisense
