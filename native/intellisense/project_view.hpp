#pragma once

// What the editor's features and `check` know of the project around a text: its settings with their
// origins, its sources, groups, extras and lock, and what detection makes of them.
//
// Files are read, nothing is run and nothing is fetched. Made in the background when something has
// changed; every feature does without it until it is there.

#include "base/environment.hpp"
#include "base/json.hpp"
#include "base/result.hpp"
#include "config/load.hpp"
#include "exec/context.hpp"
#include "project/detect.hpp"
#include "project/source_tree.hpp"
#include "resolve/dependency_names.hpp"
#include "resolve/lock_choice.hpp"

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace pycontainer::intellisense {

/// A callable that could be started: `app.main:app`.
struct Callable {
    std::string module;
    std::string name;
    std::string file;   ///< relative to the project
    unsigned line = 0;  ///< one-based
    std::string reference() const { return module + ":" + name; }
};

/// Immutable; thread-safe.
struct ProjectView {
    std::filesystem::path directory;
    config::Loaded loaded;
    project::SourceTree sources;
    resolve::LockChoice lock;
    /// Why the lock that the settings name cannot be used.
    std::optional<Error> lock_fault;
    resolve::DependencyNames dependencies;
    std::optional<project::PythonChoice> python;
    /// What a build would find; when it would fail, why.
    Result<project::ProjectFacts> facts = fail("cancelled", "not looked at");
    /// What variables of the environment say, by key (`build.workdir`); variables and labels of the
    /// image are not among it, as they may be secrets.
    std::map<std::string, std::string> environment;
    std::vector<std::string> groups;  ///< as written
    std::vector<std::string> extras;
    /// Functions and objects at the top level of the project's own modules, up to some hundred.
    std::vector<Callable> callables;
};

struct ProjectQuestion {
    std::filesystem::path directory;
    /// Read instead of the project's pycontainer.toml.
    std::optional<std::filesystem::path> config_file;
    /// Texts that are not saved yet, by path: they count instead of the files.
    std::map<std::string, std::string> texts;
};

/// Errors: as `config::load` and `project::scan_sources`.
Result<std::shared_ptr<const ProjectView>> look_at_project(const exec::Context& ctx,
                                                           const ProjectQuestion& question);

/// The module of a Python file below the import roots: `src/app/main.py` is `app.main`.
std::optional<std::string> module_of(const std::string& path,
                                     const std::vector<std::string>& import_roots);
/// The file of a module, or nothing.
std::optional<std::string> file_of_module(const ProjectView& view, const std::string& module);

}  // namespace pycontainer::intellisense
