#pragma once

// Who the project is: name, version and what labels and the dist-info directory say, from
// `pyproject.toml` and static files alone. No build backend is run.

#include "base/result.hpp"
#include "project/fact.hpp"
#include "project/layout.hpp"
#include "project/pyproject.hpp"
#include "project/scripts.hpp"
#include "project/vcs.hpp"
#include "project/warning.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace pycontainer::project {

struct Identity {
    Fact<std::string> name;       ///< as written, or the directory's
    std::string normalized_name;  ///< PEP 503; never empty
    std::optional<Fact<std::string>>
        version;  ///< PEP 440, normalised; a project with `[build-system]` or a dynamic version
                  ///< always has one
    std::optional<Fact<std::string>> description;
    std::optional<Fact<std::string>> license;  ///< an SPDX expression or a short text
    std::optional<Fact<std::string>> authors;  ///< "Ada <ada@example.com>, Grace"
    std::map<std::string, std::string>
        urls;  ///< label in lower case ("homepage", "documentation", "repository") → URL
    bool has_build_system = false;  ///< an installed distribution: gets a dist-info directory
    std::vector<Warning> warnings;
};

struct IdentityRequest {
    std::filesystem::path directory;  ///< its name is the last resort
    const Pyproject& pyproject;
    const SourceView& sources;
    const Layout& layout;
    const VcsFacts* vcs = nullptr;  ///< null: tags are not to be used
};

/// Version: `[project]` or `[tool.poetry]`, else the static attribute or file that the backend's
/// settings name, else the exact Git tag, else `0+unknown` with the warning
/// `project/unknown-version`.
///
/// Errors: `project/invalid-name`, `project/invalid-version` for values in `pyproject.toml` that
/// cannot be written into metadata.
Result<Identity> read_identity(const IdentityRequest& request);

/// `1.2` of the tags `v1.2`, `1.2`, `release-1.2`, `my-api-v1.2`, `my-api@1.2`; the project's name
/// is normalized.
std::optional<std::string> version_of_tag(std::string_view tag, std::string_view project_name);

/// The files of `<name>-<version>.dist-info` that a build backend would have written (core
/// metadata 2.4, entry points specification).
struct DistInfo {
    std::string directory;                    ///< "my_api-1.0.dist-info"
    std::string metadata;                     ///< METADATA
    std::optional<std::string> entry_points;  ///< entry_points.txt; nothing when there are none
};

/// For a project with a version. Dependencies come from `[project]`; Poetry's own tables are not
/// translated.
DistInfo make_dist_info(const Identity& identity, const Pyproject& pyproject,
                        const std::vector<ConsoleScript>& console_scripts);

}  // namespace pycontainer::project
