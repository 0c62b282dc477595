#pragma once

// Which file says what is installed.

#include "base/environment.hpp"
#include "base/json.hpp"
#include "base/result.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace pycontainer::resolve {

struct LockChoice {
    /// "uv.lock", "pylock.toml" (also for `pylock.NAME.toml`), "poetry.lock", "pdm.lock",
    /// "Pipfile.lock", "requirements.txt", "resolved" (there is none, so the versions were
    /// resolved) or "none".
    std::string kind = "none";
    std::filesystem::path file;  ///< empty for "resolved" and "none"
    std::string reason;          ///< for people: why this one, and what it won over
    bool is_ambiguous = false;   ///< there are locks, but none is chosen
    /// Everything the choice and the content depend on: files that were looked for, too, whether
    /// they exist or not.
    std::vector<std::filesystem::path> files;
};

/// A look at the directory, without network; one file is chosen, never several. The uv workspace
/// that the project is a member of comes first, then the lock of the tool whose table is in
/// `pyproject.toml` (`[tool.uv]`, `[tool.poetry]`, `[tool.pdm]`), then `uv.lock`, `pylock.toml`,
/// `poetry.lock`, `pdm.lock`, `Pipfile.lock`, `requirements.txt`. `pylock.NAME.toml` counts when it
/// is the only lock. `reason` says what the chosen one won over.
LockChoice choose_lock(const std::filesystem::path& project_directory, const Json& pyproject);

/// A lock that somebody named instead of leaving the choice to the rules.
struct NamedLock {
    std::filesystem::path file;  ///< absolute
    std::string origin;          ///< who: `pycontainer.toml:3`, `--lock`
};

/// The kind is told from the file's name: those above, `pylock.NAME.toml`, and any `.txt` or `.in`
/// for a requirements file.
///
/// Errors: `resolve/lock-not-found`, `resolve/unknown-lock`.
Result<LockChoice> take_lock(const std::filesystem::path& project_directory,
                             const NamedLock& named);

/// The project declares dependencies, in any of the ways that are known; also when a build backend
/// computes them.
bool declares_dependencies(const Json& pyproject);

}  // namespace pycontainer::resolve
