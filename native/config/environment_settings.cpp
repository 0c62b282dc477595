#include "config/environment_settings.hpp"

#include "base/json.hpp"
#include "base/strings.hpp"
#include "config/internal/problem_code.hpp"
#include "config/settings.hpp"
#include "schema/schemas.hpp"
#include "schema/validator.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace pycontainer::config {
namespace {

constexpr std::string_view kPrefix = "PYCONTAINER_";
constexpr const char* kFile = "environment";

/// Read elsewhere: credentials/, and whoever opens the store.
const std::vector<std::string>& other_variables() {
    static const std::vector<std::string> kNames{"PYCONTAINER_REGISTRY_USERNAME",
                                                 "PYCONTAINER_REGISTRY_PASSWORD",
                                                 "PYCONTAINER_CACHE_DIR", "PYCONTAINER_CACHE_SIZE"};
    return kNames;
}

/// A key of the configuration that a variable can set.
struct Variable {
    std::string table;
    std::string key;
    const Json* schema;
};

std::map<std::string, Variable> known_variables() {
    const auto& root = schema::configuration();
    std::map<std::string, Variable> variables;
    for (const auto& table : schema::property_names(root, root)) {
        for (const auto& key :
             schema::property_names(root, *schema::property_schema(root, {table}))) {
            const auto* property = schema::property_schema(root, {table, key});
            if (string_member(*property, "type") != "object")
                variables[fmt::format("{}{}_{}", kPrefix, to_upper(table), to_upper(key))] = {
                    table, key, property};
        }
    }
    return variables;
}

/// The text as the JSON that the schema wants, or the text when it cannot be that.
Json to_json(const Json& schema, const std::string& text) {
    const auto type = string_member(schema, "type");
    if (type == "boolean") {
        const auto lower = to_lower(trim(text));
        if (lower == "true" || lower == "1") return true;
        if (lower == "false" || lower == "0") return false;
    }
    if (type == "array") {
        Json list = Json::array();
        for (const auto part : split(text, ','))
            if (const auto item = trim(part); !item.empty()) list.push_back(item);
        return list;
    }
    return text;
}

void warn_unknown(const std::string& name, const std::map<std::string, Variable>& known,
                  std::vector<Diagnostic>& diagnostics) {
    auto candidates = other_variables();
    for (const auto& [candidate, variable] : known) candidates.push_back(candidate);
    const auto near = closest_match(name, candidates);
    auto message = fmt::format("the environment variable `{}` is no setting", printable(name));
    if (near) message += fmt::format("; did you mean `{}`?", *near);
    const bool of_table =
        name.starts_with("PYCONTAINER_BUILD_ENV") || name.starts_with("PYCONTAINER_BUILD_LABELS");
    diagnostics.push_back({kFile,
                           {},
                           Severity::Warning,
                           "config/unknown-variable",
                           std::move(message),
                           of_table ? "labels and environment variables of the image are set in "
                                      "the configuration, or with `--label` and `--env`"
                                    : "it has no effect"});
}

/// Puts the variable's name where a message has the key's: "`workdir` must be …", "`tags[1]` must
/// be …".
std::string renamed(std::string message, const std::string& key, const std::string& variable) {
    const auto start = "`" + key;
    if (!message.starts_with(start)) return fmt::format("`{}`: {}", variable, message);
    return "`" + variable + message.substr(start.size());
}

}  // namespace

EnvironmentSettings read_environment(const Environment& environment) {
    EnvironmentSettings result;
    const auto& variables = environment.variables();
    auto at = variables.lower_bound(kPrefix);
    if (at == variables.end() || !at->first.starts_with(kPrefix)) return result;

    const auto known = known_variables();
    Json configuration = Json::object();
    for (; at != variables.end() && at->first.starts_with(kPrefix); ++at) {
        const std::string& name =
            at->first;  // no structured binding: clang 14 cannot capture those
        const std::string& text = at->second;
        const auto& others = other_variables();
        if (std::find(others.begin(), others.end(), name) != others.end()) continue;
        const auto found = known.find(name);
        if (found == known.end()) {
            warn_unknown(name, known, result.diagnostics);
            continue;
        }
        if (text.empty()) continue;
        const auto& variable = found->second;
        Json single = Json::object();
        single[variable.table][variable.key] = to_json(*variable.schema, text);
        const auto problems = schema::validate(
            schema::configuration(), single, {schema::KeySpelling::Exact, schema::Notation::Toml});
        const auto report = [&](const char* code, const std::string& message,
                                const std::string& hint) {
            result.diagnostics.push_back(
                {kFile, {}, Severity::Error, code, renamed(message, variable.key, name), hint});
        };
        for (const auto& problem : problems) {
            const bool boolean = problem.fault == schema::Fault::WrongType;
            report(problem_code(problem.fault),
                   boolean ? fmt::format("`{}` must be `true` or `false`, not `{}`", variable.key,
                                         printable(text, 60))
                           : problem.message,
                   boolean ? "" : problem.hint);
        }
        if (!problems.empty()) continue;
        for (const auto& fault : read_settings(single).faults)
            report("config/invalid-value", fault.message, fault.hint);
        configuration[variable.table][variable.key] =
            std::move(single[variable.table][variable.key]);
        result.variables[variable.table + "." + variable.key] = name;
    }
    result.settings = read_settings(configuration).settings;
    return result;
}

}  // namespace pycontainer::config
