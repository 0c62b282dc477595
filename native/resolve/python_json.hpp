#pragma once

// JSON text byte for byte as Python's `json.dumps(value, sort_keys=True)` writes it: Poetry and PDM
// hash such texts to notice that `pyproject.toml` has changed since it was locked.

#include "base/json.hpp"

#include <string>

namespace pycontainer::resolve {

/// Invalid UTF-8 becomes U+FFFD. Values come from the TOML reader, which limits their depth.
std::string to_python_json(const Json& value);

}  // namespace pycontainer::resolve
