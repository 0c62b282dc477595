#pragma once

// Which Python a lock was made for, for projects that say it nowhere else: a Pipfile, a pylock.toml
// that stands alone, a workspace without a project at its root.

#include "project/python_version.hpp"
#include "resolve/lock_choice.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace pycontainer::resolve {

/// The constraint in the lock's text, with its place as evidence; `file` is what that calls it.
/// Nothing when the lock says nothing, or nothing that can be read: its reader reports that.
std::optional<project::PythonConstraint> locked_python(std::string_view kind, std::string_view text,
                                                       const std::string& file);

/// The same for the file that was chosen.
std::optional<project::PythonConstraint> locked_python(const LockChoice& choice);

}  // namespace pycontainer::resolve
