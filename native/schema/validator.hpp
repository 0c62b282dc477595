#pragma once

// Holds a value against a JSON Schema and says what is wrong in a person's words.
//
// The keywords are those that our schemas use: type, properties, additionalProperties,
// propertyNames, required, enum, const, pattern, minLength, items, minItems, maxItems, uniqueItems,
// minimum, maximum, anyOf, oneOf, deprecated and $ref to `#/$defs/…`. Of `x-pycontainer`, `expects`
// completes the sentence "`key` must be …", `also_called` lists names that people try for a key,
// and `instead` is the path of the key that took a deprecated one's place (`registry.url`). Pure;
// hostile values are fine, schemas are ours.

#include "base/json.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pycontainer::schema {

enum class Fault { UnknownKey, DuplicateKey, DeprecatedKey, MissingKey, WrongType, InvalidValue };

struct Problem {
    Fault fault = Fault::InvalidValue;
    /// RFC 6901, keys spelled as in the value.
    std::string pointer;
    /// The key is wrong, not its value.
    bool at_key = false;
    std::string message;
    std::string hint;
    /// What was probably meant in place of the key or of the value, as JSON; null when that is not
    /// known.
    Json replacement;
};

/// Whether `base-image` is `base_image`.
enum class KeySpelling { Exact, DashOrUnderscore };
/// Whose words are used: TOML has tables, JSON has objects and null.
enum class Notation { Toml, Json };

struct ValidateOptions {
    KeySpelling spelling = KeySpelling::Exact;
    Notation notation = Notation::Json;
};

inline constexpr std::size_t kMaxProblems = 100;

/// All problems, up to `kMaxProblems`, in the order of the value.
std::vector<Problem> validate(const Json& schema, const Json& value,
                              const ValidateOptions& options);

/// The member that means `key` under that spelling, whose keys have underscores; null when there is
/// none.
const Json* find_member(const Json& object, std::string_view key, KeySpelling spelling);

/// The schema of a property path such as {"build", "base_image"}, references resolved; null when
/// there is none.
const Json* property_schema(const Json& schema, const std::vector<std::string>& path);
/// `schema` itself, or what its `$ref` means in `root`.
const Json& resolve_reference(const Json& root, const Json& schema);
/// The names of the `properties`.
std::vector<std::string> property_names(const Json& root, const Json& schema);

/// Whether `value` is of a schema's JSON type: `integer` takes no fractions, `number` both.
bool has_type(const Json& value, std::string_view type);

}  // namespace pycontainer::schema
