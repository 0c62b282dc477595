#pragma once

// Whether a lock was made from the dependencies that pyproject.toml has now.

#include "base/json.hpp"
#include "resolve/selection.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace pycontainer::resolve {

/// What differs between `pyproject.toml` and the metadata of uv.lock's root, for people; nothing
/// when they agree or one of them is unknown. `[project.dependencies]` and what is wanted of extras
/// and groups is compared, by names, extras and versions; markers are not: uv rewrites them.
std::optional<std::string> find_staleness(const Json& pyproject, const Json& lock_metadata,
                                          const std::vector<std::string>& extras = {},
                                          const std::vector<std::string>& groups = {});

/// For locks that do not keep what was asked for: the requirements of `pyproject.toml` – its own,
/// those of the wanted extras and groups – that the selected versions (by normalized name; empty:
/// not known) do not meet in the request's environment.
std::optional<std::string> find_unsatisfied(const SelectionRequest& request,
                                            const std::map<std::string, std::string>& versions);

}  // namespace pycontainer::resolve
