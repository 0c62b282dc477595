#include "project/scripts.hpp"

#include "base/strings.hpp"
#include "project/layout.hpp"

#include <algorithm>

namespace pycontainer::project {
namespace {

constexpr std::string_view kScripts = "/opt/venv/bin/";

bool is_dotted_name(std::string_view text) {
    const auto parts = split(text, '.');
    return std::all_of(parts.begin(), parts.end(), is_identifier);
}

/// A file of this name goes into the environment's `bin`: no path, nothing hidden, none of the
/// interpreter's own names.
bool is_script_name(std::string_view name) {
    const auto is_allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_' || c == '.' || c == '+';
    };
    if (name.empty() || name.size() > 128 || name.front() == '.' || name.front() == '-' ||
        !std::all_of(name.begin(), name.end(), is_allowed))
        return false;
    const bool is_interpreter =
        name.starts_with("python") &&
        name.find_first_not_of("0123456789.tw", 6) == std::string_view::npos;
    return !is_interpreter;
}

/// Poetry also has `{reference = "a:b", type = "console"}` and the older `{callable = "a:b"}`.
std::optional<std::string> script_value(const Json& value) {
    if (value.is_string()) return value.get<std::string>();
    if (const auto type = string_member(value, "type"); type && *type != "console")
        return std::nullopt;
    if (auto reference = string_member(value, "reference")) return reference;
    return string_member(value, "callable");
}

Result<Script> read_script(const std::string& name, const std::string& value,
                           std::string evidence) {
    Script script;
    script.name = name;
    script.evidence = std::move(evidence);
    script.console = parse_object_reference(name, value);
    if (script.console) {
        if (!is_script_name(name))
            return fail("project/invalid-script", "`{}` cannot be the name of a script ({})",
                        printable(name, 60), script.evidence)
                .hint(
                    "use letters, digits, `-`, `_` and `.`; `python` and its variants belong to "
                    "the environment");
        script.argv = {std::string(kScripts) + name};
        return script;
    }
    const auto words = split_shell_words(value);
    if (!words || words->empty())
        return fail("project/invalid-script", "the value of `{}` is {} ({})", printable(name, 60),
                    words ? "empty" : "a command with unbalanced quotes", script.evidence)
            .hint("write an object reference such as `app:main`, or set `[build] entrypoint`");
    script.argv = *words;
    return script;
}

}  // namespace

std::optional<ConsoleScript> parse_object_reference(std::string_view name, std::string_view text) {
    text = trim(text);
    if (const auto extras = text.find('['); extras != std::string_view::npos && text.ends_with(']'))
        text = trim(text.substr(0, extras));
    const auto colon = text.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const auto module = trim(text.substr(0, colon));
    const auto attr = trim(text.substr(colon + 1));
    if (!is_dotted_name(module) || !is_dotted_name(attr)) return std::nullopt;
    return ConsoleScript{std::string(name), std::string(module), std::string(attr)};
}

Result<Scripts> read_scripts(const Pyproject& pyproject) {
    Scripts result;
    std::string pointer = "/project/scripts";
    std::string title = "[project.scripts]";
    const auto* table = pyproject.find_object(pointer);
    if (!table) {
        pointer = "/tool/poetry/scripts";
        title = "[tool.poetry.scripts]";
        table = pyproject.find_object(pointer);
    }
    if (table) {
        for (const auto& [name, json] : table->items()) {
            const auto value = script_value(json);
            if (!value) continue;
            PYC_TRY_ASSIGN(auto script,
                           read_script(name, *value,
                                       pyproject.evidence(toml::pointer_to(pointer, name),
                                                          title + " " + printable(name, 60))));
            if (script.console)
                result.console_scripts.push_back(*script.console);
            else
                result.notes.push_back(
                    {"project/script-is-command",
                     fmt::format("the value of `{}` is a command, not an object reference ({})",
                                 name, script.evidence),
                     "other tools reject it; `[build] entrypoint` is the place for a command"});
            result.scripts.push_back(std::move(script));
        }
    }
    if (const auto* gui = pyproject.find_object("/project/gui-scripts")) {
        for (const auto& [name, json] : gui->items()) {
            const auto reference = json.is_string()
                                       ? parse_object_reference(name, json.get<std::string>())
                                       : std::nullopt;
            if (reference && is_script_name(name)) result.console_scripts.push_back(*reference);
        }
    }
    const auto by_name = [](const auto& a, const auto& b) { return a.name < b.name; };
    std::sort(result.scripts.begin(), result.scripts.end(), by_name);
    std::sort(result.console_scripts.begin(), result.console_scripts.end(), by_name);
    return result;
}

}  // namespace pycontainer::project
