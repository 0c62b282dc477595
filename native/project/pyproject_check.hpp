#pragma once

// Faults in the `[project]` table that would otherwise be taken for absent values: a wrong type, a
// requirement or a specifier that cannot be read. What other tools own is not looked at.

#include "base/diagnostic.hpp"
#include "toml/document.hpp"

#include <string>
#include <vector>

namespace pycontainer::project {

/// For a pyproject.toml that is valid TOML; `file` is what the diagnostics call it. Also the hint
/// that a command in
/// `[project.scripts]` belongs elsewhere. Pure.
std::vector<Diagnostic> check_pyproject(const toml::Document& document, const std::string& file);

}  // namespace pycontainer::project
