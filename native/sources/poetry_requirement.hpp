#pragma once

// Dependencies in Poetry's own notation as the requirements of PEP 508 that poetry-core writes into
// METADATA.

#include "base/json.hpp"
#include "base/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace pycontainer::sources {

/// `^1.2` is `>=1.2,<2.0`, `~1.2` is `>=1.2,<1.3`, `*` is nothing, a bare version `==`. Errors:
/// `sources/needs-build` for alternatives (`||`), which have no form in PEP 440.
Result<std::string> to_specifiers(std::string_view constraint);

/// One requirement for each way that the value of a key gives; those from paths have no version.
/// Errors: as above, `sources/invalid-metadata`.
Result<std::vector<std::string>> to_requirements(std::string_view name, const Json& value);

}  // namespace pycontainer::sources
