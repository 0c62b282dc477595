#pragma once

// The names of a project's dependencies, for finding out what kind of application it is: quick,
// local and forgiving.

#include "base/json.hpp"
#include "resolve/lock_choice.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace pycontainer::resolve {

/// Normalized names, sorted, each once.
struct DependencyNames {
    std::vector<std::string> direct;  ///< what the project itself asks for
    std::vector<std::string>
        locked;  ///< everything the lock names, for whatever platform and group
};

/// Direct: `[project] dependencies`, `[tool.poetry.dependencies]`, and the lines of a chosen
/// `requirements.txt`, `[packages]` of the Pipfile beside its lock; all of a pylock.toml if nobody
/// else says anything. What cannot be read is left out; other code reports it.
DependencyNames dependency_names(const Json& pyproject, const LockChoice& choice);

/// The names of the packages in the text of a lock in TOML, without parsing it all.
std::vector<std::string> locked_names(std::string_view lock);

}  // namespace pycontainer::resolve
