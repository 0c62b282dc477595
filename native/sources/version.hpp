#pragma once

// Versions that are written somewhere else than in pyproject.toml, read without running anything.

#include "sources/tree.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace pycontainer::sources {

/// What is known of a version from outside of the files.
struct VersionHints {
    std::string known;      ///< that of the PKG-INFO or the lock; empty: none
    std::string exact_tag;  ///< a tag of the very commit; empty: none
};

/// What the repository that a directory is in says of it.
VersionHints hints_of(const std::filesystem::path& directory);

/// `name = "1.2"` at the top level of the Python file `path`. `version = name = "1.2"` counts too.
std::optional<std::string> literal_in(const Tree& tree, const std::string& path,
                                      std::string_view name);

/// As literal_in, for the first line that begins with one of the names in any case: Hatch's and
/// PDM's pattern `^(__version__|VERSION) *= *(['"])v?(?P<version>.+?)\2`.
std::optional<std::string> version_line_in(const Tree& tree, const std::string& path);

/// That which Git tags give: the known one, else the tag's, else nothing.
std::optional<std::string> version_from_vcs(const VersionHints& hints,
                                            std::string_view project_name);

}  // namespace pycontainer::sources
