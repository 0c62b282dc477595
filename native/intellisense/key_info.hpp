#pragma once

// What the schema says about keys, for people: type, default, examples, documentation. The one
// place where completion, hover and hints look a key up.

#include "base/json.hpp"
#include "toml/syntax_place.hpp"

#include <optional>
#include <string>
#include <vector>

namespace pycontainer::intellisense {

/// The schema of an own path such as {"build", "ports"}, references resolved; that of a member of
/// an open table for {"build", "env", "PORT"}; null when there is no such key. The empty path is
/// the whole configuration.
const Json* schema_of(const toml::KeyPath& own);

bool is_table(const Json& schema);
/// A table whose names are free, such as labels.
bool is_open_table(const Json& schema);
/// The keys of a table in the schema's order of usefulness: common ones first.
std::vector<std::string> keys_of(const toml::KeyPath& own);

/// `string`, `array of strings`, `"gzip" or "zstd"`.
std::string type_text(const Json& schema);
/// The default in Markdown; empty where there is none.
std::string default_text(const Json& schema);
/// The value of an example or default, as TOML in one line.
std::string toml_text(const Json& value);

/// Title, description, type, default and an example, in Markdown.
std::string documentation(const toml::KeyPath& own);

}  // namespace pycontainer::intellisense
