#pragma once

// Where a build's settings come from: defaults < `[tool.pycontainer]` in pyproject.toml <
// pycontainer.toml < `PYCONTAINER_*` < the caller's own (flags, a request). A later source replaces
// a key; labels and environment variables are merged by name. The files of a workspace come before
// those of the project in it that is built.

#include "base/diagnostic.hpp"
#include "base/environment.hpp"
#include "base/json.hpp"
#include "base/result.hpp"
#include "config/build_config.hpp"
#include "toml/document.hpp"

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace pycontainer::config {

struct LoadRequest {
    std::filesystem::path project_directory;
    /// Read instead of the project's pycontainer.toml, and must exist.
    std::optional<std::filesystem::path> config_file;
    Settings overrides;
    /// Where the project was named from (`[build] package`), if that is another directory.
    std::optional<std::filesystem::path> workspace_directory = {};
    /// Texts that count instead of files, by path as it is written in diagnostics: what an editor
    /// has not saved yet.
    std::map<std::string, std::string> texts = {};
};

struct Loaded {
    BuildConfig config;
    /// Everything wrong in the files and the environment; `config` is complete only when none of
    /// them is an error.
    std::vector<Diagnostic> diagnostics;
    /// The whole pyproject.toml, an empty object if there is none or it is broken.
    Json pyproject = Json::object();
    toml::Document pyproject_document;
    toml::Document own_document;  ///< pycontainer.toml; empty if there is none
    std::filesystem::path own_path;
    /// Read or looked for: whoever remembers a result has to look at them again.
    std::vector<std::filesystem::path> files_considered;
};

/// Errors: `project/not-found` for a directory that is no Python project, `file/…` for what cannot
/// be read, `request/invalid` for overrides that no source could say. Faults in files and in the
/// environment are diagnostics.
Result<Loaded> load(const Environment& environment, const LoadRequest& request);

}  // namespace pycontainer::config
