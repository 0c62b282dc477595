#pragma once

// `[project.scripts]` and `[tool.poetry.scripts]`: console scripts, and the commands that people
// write there though the standard has none.

#include "base/result.hpp"
#include "project/pyproject.hpp"
#include "project/warning.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pycontainer::project {

/// Made into `/opt/venv/bin/<name>`: calls `attr` of `module`.
struct ConsoleScript {
    std::string name;
    std::string module;
    std::string attr;  ///< may have dots
    friend bool operator==(const ConsoleScript&, const ConsoleScript&) = default;
};

/// What one entry of the table starts.
struct Script {
    std::string name;
    std::optional<ConsoleScript> console;  ///< nothing: `argv` is a command line
    std::vector<std::string> argv;         ///< `/opt/venv/bin/<name>` for a console script
    std::string evidence;
};

struct Scripts {
    std::vector<Script> scripts;                 ///< sorted by name
    std::vector<ConsoleScript> console_scripts;  ///< those of `gui-scripts` too, sorted by name
    std::vector<Warning> notes;                  ///< hints for `check`, not for a build
};

/// Errors: `project/invalid-script` for a name that is no plain file name or that the environment
/// needs itself, and for a value that is empty or has unbalanced quotes.
Result<Scripts> read_scripts(const Pyproject& pyproject);

/// `module:attr`, `module.sub:obj.attr [extra]` (entry points specification, "Data model"); nothing
/// for anything else.
std::optional<ConsoleScript> parse_object_reference(std::string_view name, std::string_view text);

}  // namespace pycontainer::project
