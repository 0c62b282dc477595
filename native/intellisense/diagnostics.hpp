#pragma once

// What is wrong in the text of a configuration file, as an editor shows it while it is written and
// as `check` prints it.
//
// Pure functions of the text: nothing is read, so what only a build can find – a missing entry
// point, an unreachable base – is not here. Syntax first; the schema only for valid TOML; the
// meaning of values only for what fits the schema.

#include "base/diagnostic.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace pycontainer::intellisense {

/// For pycontainer.toml. `file` is what the diagnostics call it.
std::vector<Diagnostic> diagnose_configuration(std::string_view text, const std::string& file);

/// For pyproject.toml: its syntax, and the table `[tool.pycontainer]`. Other tables belong to other
/// tools.
std::vector<Diagnostic> diagnose_pyproject(std::string_view text, const std::string& file);

}  // namespace pycontainer::intellisense
