#pragma once

// Files that several wheels would install to the same path (docs/decisions/0004).

#include "install/scheme.hpp"
#include "install/wheels.hpp"

#include <span>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace pycontainer::install {

/// What files of several wheels with different contents are: `Error`, unless they are of a kind
/// that does no harm, or always a warning.
enum class ConflictPolicy { Error, Warn };

/// Wheels that share layers, or one that has its own.
struct WheelGroup {
    std::vector<std::size_t> wheels;  ///< indexes, lowest first
    bool alone = false;               ///< one wheel, in its own layers

    friend bool operator==(const WheelGroup&, const WheelGroup&) = default;
};

struct FileConflicts {
    /// For each wheel the paths that are left out of its group's layer, since a later wheel of the
    /// same group has them too. Views of `wheels`.
    std::vector<std::unordered_set<std::string_view>> dropped;
    std::vector<resolve::Warning> warnings;
};

/// True for files that may differ between wheels without harm: what packaging mistakes put beside
/// the packages (`tests/`, `LICENSE`), documentation, and commands. `path` is one in the image.
bool is_harmless_conflict(std::string_view path, const Scheme& scheme);

/// Pure. Files with the same content are no conflict; of others the one of the topmost group
/// counts, and the last wheel within a group.
///
/// Errors: `install/conflicting-files` naming all pairs of wheels, also when a path is a file in
/// one wheel and a directory in another.
Result<FileConflicts> find_conflicts(std::span<const PreparedWheel> wheels,
                                     std::span<const WheelGroup> groups, const Scheme& scheme,
                                     ConflictPolicy policy);

/// `fastapi 0.115.0`.
std::string wheel_label(const PreparedWheel& wheel);

}  // namespace pycontainer::install
