#pragma once

// The schemas of the folder schemas/ that the program itself uses; they are part of it.

#include "base/json.hpp"

#include <string_view>

namespace pycontainer::schema {

/// Of pycontainer.toml and `[tool.pycontainer]`. Parsed at the first call; thread-safe.
const Json& configuration();
const Json& build_request();
const Json& push_request();

/// The file schemas/pycontainer.schema.json, byte for byte.
std::string_view configuration_text();

}  // namespace pycontainer::schema
