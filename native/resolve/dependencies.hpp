#pragma once

// From a project to the wheels that go into its image: the lock is chosen and read, its packages
// are selected for the image's Python, and each gets its wheel.

#include "base/diagnostic.hpp"
#include "base/json.hpp"
#include "base/result.hpp"
#include "exec/context.hpp"
#include "index/index_client.hpp"
#include "packaging/target.hpp"
#include "resolve/backend.hpp"
#include "resolve/lock_choice.hpp"
#include "resolve/warning.hpp"
#include "resolve/wheel_choice.hpp"
#include "store/store.hpp"

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace pycontainer::resolve {

struct DependencyRequest {
    std::filesystem::path project_directory;
    Json pyproject;  ///< all of pyproject.toml; an empty object if there is none
    std::vector<std::string> groups;
    std::vector<std::string> extras;
    packaging::TargetEnvironment target;
    std::optional<NamedLock> lock;  ///< nothing: it is chosen by the rules of `choose_lock`
    AskBackend ask_backend{};       ///< when versions are resolved
};

struct Dependencies {
    LockChoice lock;
    std::vector<SelectedWheel> wheels;    ///< sorted by name
    std::vector<SourcePackage> sources;   ///< what has no usable wheel, sorted by name
    std::vector<Diagnostic> diagnostics;  ///< of the lock, none of them an error
    std::vector<Warning> warnings;
    /// Normalized names of workspace members and path dependencies that are needed, without the
    /// project itself. They are pure Python and are to be installed from their sources.
    std::vector<std::string> local_projects;
    std::map<std::string, std::filesystem::path> local_project_directories;  ///< by name
    /// Normalized names for which the project says another thing than those who need them
    /// (`[tool.uv] override-dependencies`).
    std::vector<std::string> overridden;
    /// What lies in a directory had a say, so the same lock may mean other files the next time.
    bool looks_into_directories = false;
};

/// The lock that `resolve_dependencies` reads. Errors: those of `take_lock`.
Result<LockChoice> find_lock(const DependencyRequest& request);

/// No development groups but those of the request. Without a lock the versions are resolved, and
/// remembered in `store` until something else is asked for.
///
/// Errors: `resolve/no-lock`, `resolve/lock-not-found`, `resolve/unknown-lock`,
/// `resolve/unsatisfiable`, `resolve/too-hard`, `resolve/invalid-lock`,
/// `resolve/unsupported-lock-version`, `resolve/python-mismatch`,
/// `resolve/unsupported-environment`, `resolve/unsupported-source`, `resolve/no-wheel`,
/// `resolve/only-sdist`, `resolve/unknown-extra`, `resolve/unknown-group`,
/// `resolve/conflicting-extras`, `resolve/no-root`, those of requirements_lock.hpp, `index/…`,
/// `net/…`, `file/…`, `cancelled`, those of `ask_backend`. Faults in the user's files are in the
/// error's diagnostics.
Result<Dependencies> resolve_dependencies(const exec::Context& ctx,
                                          const DependencyRequest& request,
                                          index::IndexClient& client, store::Store& store);

}  // namespace pycontainer::resolve
