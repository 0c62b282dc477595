#include "config/check.hpp"

#include "config/internal/problem_code.hpp"
#include "config/settings.hpp"
#include "schema/schemas.hpp"
#include "schema/validator.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace pycontainer::config {
namespace {

constexpr std::size_t kMaxEntriesWithPlaces = 1000;
constexpr schema::ValidateOptions kOptions{schema::KeySpelling::DashOrUnderscore,
                                           schema::Notation::Toml};

/// The pointer of a path whose keys have underscores, spelled as in `value`: tables and keys may
/// have dashes, names may not.
std::string written_pointer(const Json& value, std::string_view base,
                            const std::vector<std::string>& path) {
    std::string pointer(base);
    const Json* current = &value;
    for (std::size_t depth = 0; depth < path.size(); ++depth) {
        auto key = path[depth];
        if (depth < 2 && current && current->is_object() && !current->contains(key)) {
            for (const auto& [name, item] : current->items()) {
                auto underscored = name;
                std::replace(underscored.begin(), underscored.end(), '-', '_');
                if (underscored == key) key = name;
            }
        }
        current = current ? member(*current, key) : nullptr;
        pointer = toml::pointer_to(pointer, key);
    }
    return pointer;
}

std::optional<Range> place_of(const toml::Document& document, const std::string& pointer,
                              bool at_key) {
    return at_key ? document.key_range(pointer) : document.value_range(pointer);
}

/// The nearest place that was written: an item of a command written as text has none of its own.
Range nearest_place(const toml::Document& document, std::string pointer, bool at_key) {
    for (;; at_key = false) {
        if (const auto range = place_of(document, pointer, at_key)) return *range;
        const auto slash = pointer.rfind('/');
        if (slash == std::string::npos) return {};
        pointer.erase(slash);
    }
}

/// In pycontainer.toml the tables have no prefix; whoever copied them from pyproject.toml gets
/// told.
void explain_copied_prefix(std::vector<Diagnostic>& diagnostics, std::string_view table,
                           const Json& value) {
    if (!table.empty() || !value.is_object() || !value.contains("tool")) return;
    for (auto& diagnostic : diagnostics)
        if (diagnostic.message.starts_with("unknown key `tool`"))
            diagnostic.hint =
                "here tables are written without the prefix: `[build]`, not "
                "`[tool.pycontainer.build]`";
}

/// JSON's notation of text, booleans and lists of text is TOML's.
std::vector<Fix> fixes_of(const schema::Problem& problem, const Range& range) {
    if (problem.replacement.is_null()) return {};
    const auto text = problem.at_key && problem.replacement.is_string()
                          ? problem.replacement.get<std::string>()
                          : dump_json(problem.replacement);
    return {{fmt::format("Change to `{}`", text), range, text}};
}

void collect_places(const toml::Document& document, std::string_view base, const Json& value,
                    std::vector<std::pair<std::string, Range>>& places) {
    if (!value.is_object()) return;
    for (const auto& [table, content] : value.items()) {
        if (!content.is_object()) continue;
        for (const auto& [key, item] : content.items()) {
            const auto pointer = toml::pointer_to(toml::pointer_to(base, table), key);
            auto name = table + "." + key;
            std::replace(name.begin(), name.end(), '-', '_');
            if (const auto range = document.key_range(pointer)) places.emplace_back(name, *range);
            // Finding a place takes time proportional to its line: no more than that for entries of
            // a table nobody wrote by hand.
            if (!item.is_object() || item.size() > kMaxEntriesWithPlaces) continue;
            for (const auto& [entry, ignored] : item.items())
                if (const auto range = document.key_range(toml::pointer_to(pointer, entry)))
                    places.emplace_back(name + "." + entry, *range);
        }
    }
}

}  // namespace

CheckedDocument check_document(const toml::Document& document, std::string_view table,
                               const std::string& file) {
    CheckedDocument result;
    result.diagnostics = document.diagnostics;
    if (!result.diagnostics.empty()) return result;
    const Json* value = &document.value;
    for (const auto& token : toml::pointer_tokens(table).value_or(std::vector<std::string>())) {
        value = member(*value, token);
        if (!value) return result;
    }
    for (auto& problem : schema::validate(schema::configuration(), *value, kOptions)) {
        const auto pointer = std::string(table) + problem.pointer;
        if (problem.pointer.empty())
            problem.message = fmt::format("`tool.pycontainer` must be a table");
        const auto range = nearest_place(document, pointer, problem.at_key);
        auto fixes = fixes_of(problem, range);
        const bool is_warning = problem.fault == schema::Fault::DeprecatedKey;
        result.diagnostics.push_back({file,
                                      range,
                                      is_warning ? Severity::Warning : Severity::Error,
                                      problem_code(problem.fault),
                                      std::move(problem.message),
                                      std::move(problem.hint),
                                      {},
                                      std::move(fixes)});
    }
    explain_copied_prefix(result.diagnostics, table, *value);
    std::stable_sort(result.diagnostics.begin(), result.diagnostics.end(),
                     [](const auto& a, const auto& b) { return a.range < b.range; });
    if (has_errors(result.diagnostics)) return result;

    auto read = read_settings(*value);
    for (auto& fault : read.faults) {
        const auto range =
            nearest_place(document, written_pointer(*value, table, fault.path), fault.at_key);
        result.diagnostics.push_back({file, range, Severity::Error, "config/invalid-value",
                                      std::move(fault.message), std::move(fault.hint)});
    }
    std::stable_sort(result.diagnostics.begin(), result.diagnostics.end(),
                     [](const auto& a, const auto& b) { return a.range < b.range; });
    collect_places(document, table, *value, result.places);
    result.settings = std::move(read.settings);
    return result;
}

}  // namespace pycontainer::config
