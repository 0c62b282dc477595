#pragma once

// Web frameworks: found from the dependencies, started by the first installed server of a list. The
// application object is looked for in the project's own sources, which are parsed and never run.
//
// A framework is one entry of a table in frameworks.cpp: one for those with an application object,
// one for those whose application is a script. Django, which is neither, has a finder of its own.

#include "base/result.hpp"
#include "project/layout.hpp"
#include "project/source_view.hpp"
#include "project/warning.hpp"

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace pycontainer::project {

struct FrameworkRequest {
    const SourceView& sources;
    const Layout& layout;
    std::string project_name;  ///< normalised; a package of this name is the conventional place
    std::span<const std::string> dependency_names;  ///< normalised
    std::span<const std::string>
        installed_names;  ///< normalised; empty: the dependencies are taken for it
    std::optional<std::string>
        framework;  ///< `[build] framework`: this one and no other; `none` for none
};

struct FrameworkMatch {
    std::string framework;    ///< "FastAPI"
    std::string application;  ///< "main:app", "shop.wsgi:application"
    std::string import_root;  ///< the directory the application is imported from; may be a new one
                              ///< for the layout
    std::string evidence;     ///< "main.py:3: app = FastAPI(…)"
    std::string server;       ///< "uvicorn"
    std::vector<std::string> argv;
    std::map<std::string, std::string> environment;  ///< what the server needs besides its flags
    unsigned port = 8000;
    std::vector<Warning> warnings;
};

/// Nothing when no known framework is among the dependencies or none of those has an application in
/// the sources.
///
/// Several applications are an error, unless one has a conventional name in the first of these
/// places that has any: `main.py`, `app.py`, `api.py`, `asgi.py`, `wsgi.py`, `server.py`,
/// `application.py` at an import root; the same in the package `app` or the one named like the
/// project; that package itself. Conventional are `app` and `application`. Functions that make an
/// application count where there is no object.
///
/// Errors: `project/ambiguous-application`, `project/no-application` (only for a configured
/// framework), `project/no-server`, `project/unknown-framework`.
Result<std::optional<FrameworkMatch>> find_framework(const FrameworkRequest& request);

/// The titles of the known frameworks among the dependencies, for messages.
std::vector<std::string> known_frameworks(std::span<const std::string> dependency_names);

}  // namespace pycontainer::project
