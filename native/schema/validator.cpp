#include "schema/validator.hpp"

#include "base/strings.hpp"
#include "schema/pattern.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace pycontainer::schema {
namespace {

constexpr std::size_t kMaxShown = 60;

std::string underscored(std::string_view key) {
    std::string text(key);
    std::replace(text.begin(), text.end(), '-', '_');
    return text;
}

std::string pointer_to(const std::string& parent, const std::string& key) {
    return parent + "/" + replace_all(replace_all(key, "~", "~0"), "/", "~1");
}

/// `a`, `b` or `c`.
std::string choices(const std::vector<std::string>& items) {
    std::string text;
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (i > 0) text += i + 1 == items.size() ? " or " : ", ";
        text += items[i];
    }
    return text;
}

std::string shown(const Json& value) {
    if (value.is_string()) return printable(value.get_ref<const std::string&>(), kMaxShown);
    return printable(dump_json(value), kMaxShown);
}

std::optional<std::string> expectation(const Json& schema) {
    const auto* extension = member(schema, "x-pycontainer");
    return extension ? string_member(*extension, "expects") : std::nullopt;
}

/// A pattern of a schema; compiled once, as a table may have thousands of keys.
const Pattern& compiled(const std::string& expression) {
    thread_local std::map<std::string, Pattern> known;
    const auto found = known.find(expression);
    if (found != known.end()) return found->second;
    auto pattern = Pattern::compile(expression);
    PYC_ASSERT(pattern.has_value());
    return known.emplace(expression, std::move(*pattern)).first->second;
}

/// One run over a value. Problems are reported at pointers; names in messages are short: `tags[1]`,
/// not `/build/tags/1`.
class Validation {
public:
    Validation(const Json& root, const ValidateOptions& options) : root_(root), options_(options) {}

    std::vector<Problem> take() && { return std::move(problems_); }

    void check(const Json& unresolved, const Json& value, const std::string& pointer,
               const std::string& name) {
        const Json& schema = resolve_reference(root_, unresolved);
        const auto outer = expects_;
        if (auto own = expectation(schema)) expects_ = std::move(*own);
        check_resolved(schema, value, pointer, name);
        expects_ = outer;
    }

private:
    // ---- reporting

    void report(Fault fault, const std::string& pointer, std::string message, std::string hint = {},
                bool at_key = false) {
        reported_ = problems_.size() < kMaxProblems;
        if (reported_)
            problems_.push_back(
                {fault, pointer, at_key, std::move(message), std::move(hint), nullptr});
    }

    /// What should stand in place of what was reported last.
    void suggest(Json replacement) {
        if (reported_) problems_.back().replacement = std::move(replacement);
    }

    void report_value(const Json& value, const std::string& pointer, const std::string& name,
                      std::string_view fallback) {
        const auto& expected = expects_.empty() ? std::string(fallback) : expects_;
        report(Fault::InvalidValue, pointer,
               fmt::format("`{}` must be {}, not `{}`", name, expected, shown(value)));
    }

    std::string type_name(std::string_view type) const {
        if (type == "object") return options_.notation == Notation::Toml ? "a table" : "an object";
        if (type == "null") return "null";
        return (type == "array" || type == "integer" ? "an " : "a ") + std::string(type);
    }

    std::string type_of(const Json& value) const {
        if (value.is_number_float()) return "a number";
        for (const auto* type : {"string", "integer", "boolean", "array", "object", "null"})
            if (has_type(value, type)) return type_name(type);
        return "something else";
    }

    /// The types a schema takes, as a phrase each: "a string", "an array of strings".
    void collect_types(const Json& unresolved, std::vector<std::string>& types) const {
        const Json& schema = resolve_reference(root_, unresolved);
        for (const auto* keyword : {"anyOf", "oneOf"})
            if (const auto* branches = member(schema, keyword))
                for (const auto& branch : *branches) collect_types(branch, types);
        const auto type = string_member(schema, "type");
        if (!type) return;
        auto phrase = type_name(*type);
        if (const auto* items = member(schema, "items"); items && *type == "array")
            if (const auto item = string_member(resolve_reference(root_, *items), "type"))
                phrase += " of " + *item + "s";
        if (std::find(types.begin(), types.end(), phrase) == types.end())
            types.push_back(std::move(phrase));
    }

    void report_type(const Json& schema, const Json& value, const std::string& pointer,
                     const std::string& name) {
        std::vector<std::string> types;
        collect_types(schema, types);
        std::string hint;
        const auto wants = [&](std::string_view start) {
            return std::any_of(types.begin(), types.end(),
                               [&](const auto& type) { return type.starts_with(start); });
        };
        if (value.is_primitive() && !value.is_string() && !value.is_null() && wants("a string"))
            hint = fmt::format("write it in quotes: `\"{}\"`", shown(value));
        else if (value.is_string() && wants("an array"))
            hint = fmt::format("write it in brackets: `[\"{}\"]`", shown(value));
        else if (value.is_string() && (wants("a boolean") || wants("an integer")))
            hint = "write it without quotes";
        report(Fault::WrongType, pointer,
               fmt::format("`{}` must be {}, not {}", name, choices(types), type_of(value)),
               std::move(hint));
        if (value.is_primitive() && !value.is_string() && !value.is_null() && wants("a string"))
            suggest(dump_json(value));
        else if (value.is_string() && wants("an array of strings"))
            suggest(Json::array({value}));
        else if (value == "true" || value == "false")
            suggest(value == "true");
    }

    // ---- keywords

    void check_resolved(const Json& schema, const Json& value, const std::string& pointer,
                        const std::string& name) {
        if (const auto type = string_member(schema, "type"); type && !has_type(value, *type))
            return report_type(schema, value, pointer, name);
        for (const auto* keyword : {"anyOf", "oneOf"})
            if (const auto* branches = member(schema, keyword))
                check_branches(schema, *branches, value, pointer, name);
        if (const auto* allowed = member(schema, "enum"))
            check_enum(*allowed, value, pointer, name);
        if (const auto* constant = member(schema, "const"); constant && *constant != value)
            report_value(value, pointer, name, fmt::format("`{}`", shown(*constant)));
        if (value.is_string())
            check_string(schema, value, pointer, name);
        else if (value.is_number())
            check_number(schema, value, pointer, name);
        else if (value.is_array())
            check_array(schema, value, pointer, name);
        else if (value.is_object())
            check_object(schema, value, pointer, name);
    }

    /// Reports the faults of the branch that the value was meant for: the one of its type, or the
    /// one with the fewest faults.
    void check_branches(const Json& schema, const Json& branches, const Json& value,
                        const std::string& pointer, const std::string& name) {
        std::optional<std::vector<Problem>> best;
        for (const auto& branch : branches) {
            const auto type = string_member(resolve_reference(root_, branch), "type");
            if (type && !has_type(value, *type)) continue;
            Validation attempt(root_, options_);
            attempt.expects_ = expects_;
            attempt.check(branch, value, pointer, name);
            if (!best || attempt.problems_.size() < best->size())
                best = std::move(attempt.problems_);
        }
        if (!best) return report_type(schema, value, pointer, name);
        for (auto& problem : *best) {
            report(problem.fault, problem.pointer, std::move(problem.message),
                   std::move(problem.hint), problem.at_key);
            suggest(std::move(problem.replacement));
        }
    }

    void check_enum(const Json& allowed, const Json& value, const std::string& pointer,
                    const std::string& name) {
        if (std::find(allowed.begin(), allowed.end(), value) != allowed.end()) return;
        std::vector<std::string> plain, quoted;
        for (const auto& item : allowed) {
            plain.push_back(shown(item));
            quoted.push_back("`" + plain.back() + "`");
        }
        auto message =
            fmt::format("`{}` must be {}, not `{}`", name, choices(quoted), shown(value));
        const auto near = value.is_string()
                              ? closest_match(value.get_ref<const std::string&>(), plain)
                              : std::nullopt;
        if (near) message += fmt::format("; did you mean `{}`?", *near);
        report(Fault::InvalidValue, pointer, std::move(message));
        if (near) suggest(*near);
    }

    void check_string(const Json& schema, const Json& value, const std::string& pointer,
                      const std::string& name) {
        const auto& text = value.get_ref<const std::string&>();
        if (text.size() < unsigned_member(schema, "minLength").value_or(0))
            return report(Fault::InvalidValue, pointer,
                          fmt::format("`{}` must not be empty", name));
        if (const auto expression = string_member(schema, "pattern")) {
            if (!compiled(*expression).matches(text))
                report_value(value, pointer, name, fmt::format("text like `{}`", *expression));
        }
    }

    void check_number(const Json& schema, const Json& value, const std::string& pointer,
                      const std::string& name) {
        const auto number = value.get<double>();
        if (const auto* low = member(schema, "minimum"); low && !(number >= low->get<double>()))
            return report_value(value, pointer, name, fmt::format("at least {}", shown(*low)));
        if (const auto* high = member(schema, "maximum"); high && !(number <= high->get<double>()))
            report_value(value, pointer, name, fmt::format("at most {}", shown(*high)));
    }

    void check_array(const Json& schema, const Json& value, const std::string& pointer,
                     const std::string& name) {
        if (const auto low = unsigned_member(schema, "minItems"); low && value.size() < *low)
            return report(Fault::InvalidValue, pointer,
                          fmt::format("`{}` must have at least {}", name,
                                      *low == 1 ? "one item" : fmt::format("{} items", *low)));
        if (const auto high = unsigned_member(schema, "maxItems"); high && value.size() > *high)
            return report(Fault::InvalidValue, pointer,
                          fmt::format("`{}` can have only {}", name,
                                      *high == 1 ? "one item" : fmt::format("{} items", *high)));
        const auto* items = member(schema, "items");
        for (std::size_t i = 0; items && i < value.size() && problems_.size() < kMaxProblems; ++i)
            check(*items, value[i], fmt::format("{}/{}", pointer, i),
                  fmt::format("{}[{}]", name, i));
        if (bool_member(schema, "uniqueItems").value_or(false)) check_unique(value, pointer, name);
    }

    void check_unique(const Json& value, const std::string& pointer, const std::string& name) {
        std::vector<std::pair<const Json*, std::size_t>> sorted;
        for (std::size_t i = 0; i < value.size(); ++i) sorted.emplace_back(&value[i], i);
        std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
            return *a.first != *b.first ? *a.first < *b.first : a.second < b.second;
        });
        for (std::size_t i = 1; i < sorted.size(); ++i)
            if (*sorted[i].first == *sorted[i - 1].first)
                report(Fault::InvalidValue, fmt::format("{}/{}", pointer, sorted[i].second),
                       fmt::format("`{}` has `{}` twice", name, shown(*sorted[i].first)));
    }

    // ---- objects

    void check_object(const Json& schema, const Json& value, const std::string& pointer,
                      const std::string& name) {
        const auto* properties = member(schema, "properties");
        const auto* additional = member(schema, "additionalProperties");
        const auto* names = member(schema, "propertyNames");
        for (const auto& [key, item] : value.items()) {
            const auto at = pointer_to(pointer, key);
            const auto* property = properties ? member(*properties, key) : nullptr;
            if (!property && properties && options_.spelling == KeySpelling::DashOrUnderscore) {
                property = member(*properties, underscored(key));
                if (property && value.contains(underscored(key))) {
                    report(Fault::DuplicateKey, at,
                           fmt::format("`{}` and `{}` are the same key", key, underscored(key)),
                           "keep one of the two", true);
                    continue;
                }
            }
            if (names) check_name(*names, key, at);
            if (property) report_deprecated(resolve_reference(root_, *property), key, at);
            if (property)
                check(*property, item, at, key);
            else if (additional && additional->is_boolean() && !additional->get<bool>())
                report_unknown(schema, key, at);
            else if (additional && additional->is_object())
                check(*additional, item, at, printable(key, kMaxShown));
        }
        if (const auto* required = member(schema, "required"))
            for (const auto& key : *required)
                if (!find_member(value, key.get_ref<const std::string&>(), options_.spelling))
                    report(Fault::MissingKey, pointer,
                           name.empty() ? fmt::format("`{}` is missing", shown(key))
                                        : fmt::format("`{}` is missing in `{}`", shown(key), name));
    }

    void check_name(const Json& schema, const std::string& key, const std::string& pointer) {
        Validation attempt(root_, options_);
        attempt.check(schema, key, pointer, "name");
        for (auto& problem : attempt.problems_) {
            const auto expected = expectation(schema);
            auto message = expected
                               ? fmt::format("`{}` is not {}", printable(key, kMaxShown), *expected)
                               : std::string("a key must not be empty");
            report(problem.fault, pointer, std::move(message), {}, true);
        }
    }

    void report_deprecated(const Json& schema, const std::string& key, const std::string& pointer) {
        if (!bool_member(schema, "deprecated").value_or(false)) return;
        const auto* extension = member(schema, "x-pycontainer");
        const auto instead = extension ? string_member(*extension, "instead") : std::nullopt;
        report(Fault::DeprecatedKey, pointer, fmt::format("`{}` is deprecated", key),
               instead ? fmt::format("write `{}` instead", *instead) : "leave it out", true);
    }

    /// The property that people call so, by its `also_called`.
    std::optional<std::string> meant_by(const Json& schema, const std::string& key) const {
        const auto* properties = member(schema, "properties");
        if (!properties) return std::nullopt;
        for (const auto& [name, property] : properties->items()) {
            const auto* extension = member(resolve_reference(root_, property), "x-pycontainer");
            const auto* called = extension ? member(*extension, "also_called") : nullptr;
            if (called &&
                std::find(called->begin(), called->end(), underscored(key)) != called->end())
                return name;
        }
        return std::nullopt;
    }

    void report_unknown(const Json& schema, const std::string& key, const std::string& pointer) {
        const auto known = property_names(root_, schema);
        auto near = meant_by(schema, key);
        if (!near) near = closest_match(key, known);
        auto message = fmt::format("unknown key `{}`", printable(key, kMaxShown));
        std::string hint;
        if (const auto table = table_of(key))
            message += fmt::format("; it belongs to `{}`", *table);
        else if (near)
            message += fmt::format("; did you mean `{}`?", *near);
        else
            hint = fmt::format("known here: {}", known_list(known));
        report(Fault::UnknownKey, pointer, std::move(message), std::move(hint), true);
        if (!table_of(key) && near) suggest(*near);
    }

    static std::string known_list(const std::vector<std::string>& names) {
        std::vector<std::string> quoted;
        for (const auto& name : names) quoted.push_back("`" + name + "`");
        return join(quoted, ", ");
    }

    /// The table of the top level that has this very key, when another one was written.
    std::optional<std::string> table_of(const std::string& key) const {
        const auto* tables = member(root_, "properties");
        if (!tables) return std::nullopt;
        for (const auto& [name, table] : tables->items())
            for (const auto& property : property_names(root_, table))
                if (property == underscored(key)) return name;
        return std::nullopt;
    }

    const Json& root_;
    const ValidateOptions& options_;
    std::string expects_;
    bool reported_ = false;  ///< the last problem found was not one too many
    std::vector<Problem> problems_;
};

}  // namespace

bool has_type(const Json& value, std::string_view type) {
    if (type == "string") return value.is_string();
    if (type == "integer") return value.is_number_integer();
    if (type == "number") return value.is_number();
    if (type == "boolean") return value.is_boolean();
    if (type == "array") return value.is_array();
    if (type == "object") return value.is_object();
    return type == "null" && value.is_null();
}

const Json& resolve_reference(const Json& root, const Json& schema) {
    constexpr std::string_view kDefinitions = "#/$defs/";
    const auto reference = string_member(schema, "$ref");
    if (!reference) return schema;
    PYC_ASSERT(reference->starts_with(kDefinitions));
    const auto* definitions = member(root, "$defs");
    const auto* target =
        definitions ? member(*definitions, reference->substr(kDefinitions.size())) : nullptr;
    PYC_ASSERT(target != nullptr);
    return *target;
}

std::vector<std::string> property_names(const Json& root, const Json& schema) {
    std::vector<std::string> names;
    if (const auto* properties = member(resolve_reference(root, schema), "properties"))
        for (const auto& [name, property] : properties->items()) names.push_back(name);
    return names;
}

const Json* property_schema(const Json& schema, const std::vector<std::string>& path) {
    const Json* current = &schema;
    for (const auto& part : path) {
        const auto* properties = member(*current, "properties");
        const auto* property = properties ? member(*properties, part) : nullptr;
        if (!property) return nullptr;
        current = &resolve_reference(schema, *property);
    }
    return current;
}

const Json* find_member(const Json& object, std::string_view key, KeySpelling spelling) {
    if (const auto* exact = member(object, key)) return exact;
    if (spelling == KeySpelling::Exact || !object.is_object()) return nullptr;
    for (const auto& [name, value] : object.items())
        if (underscored(name) == key) return &value;
    return nullptr;
}

std::vector<Problem> validate(const Json& schema, const Json& value,
                              const ValidateOptions& options) {
    Validation validation(schema, options);
    validation.check(schema, value, "", "");
    return std::move(validation).take();
}

}  // namespace pycontainer::schema
