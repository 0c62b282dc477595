#pragma once

// Where the project's importable code lies.

#include "project/pyproject.hpp"
#include "project/source_view.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace pycontainer::project {

enum class LayoutKind { Flat, Src };

struct Layout {
    LayoutKind kind = LayoutKind::Flat;
    std::vector<std::string> import_roots{
        ""};  ///< relative directories for the `.pth`; the project itself (empty) is always first
    std::string evidence;

    bool has_root(std::string_view root) const;
    void add_root(std::string root);
};

/// What the build backend's settings say (setuptools, Poetry, Hatch, PDM), else `src/` if it holds
/// Python and is no package itself.
Layout find_layout(const SourceView& sources, const Pyproject& pyproject);

/// Package and module names below the import roots, such as `app` for `src/app/__init__.py`.
struct TopLevelPackage {
    std::string root;
    std::string name;
    std::string path() const { return join_path(root, name); }
};
std::vector<TopLevelPackage> top_level_packages(const SourceView& sources, const Layout& layout);

/// Not the application's own code: tests, documentation, examples.
bool is_aside(std::string_view path);

/// ASCII identifiers and non-ASCII letters, no keyword check.
bool is_identifier(std::string_view text);

}  // namespace pycontainer::project
