#pragma once

// What the image starts, decided in the order of the documentation: configuration,
// `[project.scripts]`, framework, package with
// `__main__.py`, `app.py`, `main.py`, `__main__.py`.

#include "base/result.hpp"
#include "project/fact.hpp"
#include "project/frameworks.hpp"
#include "project/pyproject.hpp"
#include "project/scripts.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace pycontainer::project {

struct Entrypoint {
    std::vector<std::string> argv;
    std::string evidence;
    std::vector<ConsoleScript> console_scripts;  ///< all of the project, whichever starts it
    std::vector<Fact<unsigned>> ports;
    std::optional<Fact<std::string>> framework;
    std::map<std::string, std::string> environment;  ///< of the framework; the user's own wins
    std::string import_root;  ///< a directory that must be importable for this; usually one the
                              ///< layout has anyway
    std::vector<Warning> warnings;
    std::vector<Warning> notes;  ///< hints for `check`
};

struct EntrypointRequest {
    const Pyproject& pyproject;
    FrameworkRequest framework;                          ///< sources, layout, names
    std::optional<std::vector<std::string>> configured;  ///< `[build] entrypoint` or `--entrypoint`
};

/// Errors: `project/ambiguous-entrypoint`, `project/no-entrypoint`, and those of `read_scripts` and
/// `find_framework`.
Result<Entrypoint> find_entrypoint(const EntrypointRequest& request);

}  // namespace pycontainer::project
