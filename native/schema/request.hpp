#pragma once

// The gate for requests in JSON: `--request`, the language server.

#include "base/json.hpp"
#include "base/result.hpp"

namespace pycontainer::schema {

/// Holds a request against its schema. Errors: `request/invalid` with the first problem, where it
/// is, and how many there are.
Result<void> check_request(const Json& schema, const Json& request);

}  // namespace pycontainer::schema
