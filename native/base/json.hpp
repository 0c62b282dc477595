#pragma once

// JSON from outside: parsed with limits and without exceptions, and small accessors that never
// throw.

#include "base/result.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pycontainer {

using Json = nlohmann::json;

/// Parses hostile text: nesting to 200 levels, no duplicate handling beyond "last wins". Errors:
/// `json/invalid` naming `what`.
Result<Json> parse_json(std::string_view text, std::string_view what);

/// Members of an object, or nothing when the value is no object, the key is missing or the type is
/// another one.
std::optional<std::string> string_member(const Json& object, std::string_view key);
std::optional<std::uint64_t> unsigned_member(const Json& object, std::string_view key);
std::optional<bool> bool_member(const Json& object, std::string_view key);
const Json* member(const Json& object, std::string_view key);

/// Compact text with invalid UTF-8 replaced, so that it never throws.
std::string dump_json(const Json& value);

}  // namespace pycontainer
