#pragma once

// What `pyproject.toml` asks for, as Poetry reads it (poetry-core's factory.py).

#include "base/json.hpp"
#include "base/result.hpp"
#include "resolve/internal/poetry_dependency.hpp"

#include <map>
#include <string>
#include <vector>

namespace pycontainer::resolve::internal {

/// Requirements by group, normalized; `main` is the project's own.
struct PoetryProject {
    std::map<std::string, std::vector<PoetryDependency>> groups;
    /// There is a `[project]` or a `[tool.poetry]`.
    bool is_declared = false;
};

/// Errors: `resolve/invalid-dependency`, also for groups that include themselves or one that does
/// not exist.
Result<PoetryProject> read_poetry_project(const Json& pyproject);

/// The text that Poetry hashes: with the dependency groups of PEP 735 since Poetry 2.3.
std::string poetry_content_hash(const Json& pyproject, bool with_dependency_groups);

}  // namespace pycontainer::resolve::internal
