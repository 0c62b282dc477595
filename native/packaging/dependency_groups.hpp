#pragma once

// Dependency groups (PEP 735): lists of requirements in `[dependency-groups]` of pyproject.toml,
// which may include one another.

#include "base/json.hpp"
#include "base/result.hpp"
#include "packaging/requirement.hpp"

#include <string_view>
#include <vector>

namespace pycontainer::packaging {

/// The requirements of one group of `table`, those of included groups in the place where they are
/// included. Names of groups are compared in their normalized form.
///
/// Errors: `packaging/unknown-group`; `packaging/invalid-group` for names that are the same once
/// normalized, groups that include themselves, entries of other forms, and groups that unfold to
/// more than anybody writes.
Result<std::vector<Requirement>> resolve_dependency_group(const Json& table, std::string_view name);

}  // namespace pycontainer::packaging
