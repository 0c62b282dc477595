#pragma once

// All that can be found out about a project without running it, each fact with its evidence: what
// `plan` shows and a build starts from.

#include "base/json.hpp"
#include "base/result.hpp"
#include "project/entrypoint.hpp"
#include "project/fact.hpp"
#include "project/layout.hpp"
#include "project/metadata.hpp"
#include "project/python_version.hpp"
#include "project/source_tree.hpp"
#include "project/vcs.hpp"
#include "toml/document.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace pycontainer::project {

/// Everything is borrowed for the call.
struct DetectRequest {
    std::filesystem::path directory;
    const Json& pyproject;                               ///< an empty object if there is none
    const toml::Document* pyproject_document = nullptr;  ///< for lines in evidence
    const SourceTree& sources;
    std::vector<std::string> dependency_names;  ///< normalised: direct and locked ones
    std::vector<std::string>
        installed_names;            ///< normalised: what the image will have; empty: not known yet
    const VcsFacts* vcs = nullptr;  ///< null: `--no-vcs` or no repository
    std::optional<std::vector<std::string>> entrypoint;  ///< settings, where given
    std::optional<std::string> python;
    std::optional<std::string> framework;
    std::optional<PythonConstraint> locked_python;  ///< for a project that says none itself
};

struct ProjectFacts {
    Identity identity;
    PythonChoice python;
    Layout layout;
    Entrypoint entrypoint;
    std::vector<Warning> warnings;  ///< of all of the above, and of the scan
};

/// `pyproject.toml` must be valid TOML; whether its values make sense is checked here as far as
/// they are used. Errors: those of the parts.
Result<ProjectFacts> detect(const DetectRequest& request);

/// The part that is needed before dependencies can be resolved: no sources, no entry point.
/// `locked` counts where `pyproject.toml` says nothing.
Result<PythonChoice> detect_python(const std::filesystem::path& directory,
                                   const Pyproject& pyproject,
                                   std::optional<std::string> configured,
                                   const std::optional<PythonConstraint>& locked = {});

/// For `plan --json`: facts with value and evidence, candidates, layout, console scripts.
Json to_json(const ProjectFacts& facts);

}  // namespace pycontainer::project
