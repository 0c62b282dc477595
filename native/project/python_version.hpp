#pragma once

// Which Python the image gets: `[build] python`, else `.python-version`, else the oldest supported
// release that fits `requires-python` – of the project, or else of its lock.

#include "base/result.hpp"
#include "packaging/specifier.hpp"
#include "project/fact.hpp"
#include "project/warning.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pycontainer::project {

struct PythonChoice {
    std::string minor;  ///< "3.11"
    std::string evidence;
    std::vector<std::string> candidates;  ///< all that would do, best first; with a lock the caller
                                          ///< takes the first that has all wheels
    std::vector<Warning> warnings;
};

enum class ConstraintSyntax {
    Pep440,
    Poetry,  ///< `^3.9`, `~3.9`, `3.9 || 3.11`, in [tool.poetry.dependencies]
};

/// What somebody requires of the Python version, and where.
struct PythonConstraint {
    Fact<std::string> fact;
    ConstraintSyntax syntax = ConstraintSyntax::Pep440;
    friend bool operator==(const PythonConstraint&, const PythonConstraint&) = default;
};

struct PythonRequest {
    std::filesystem::path directory;            ///< where `.python-version` may be
    std::optional<std::string> configured;      ///< `[build] python`
    std::optional<Fact<std::string>> required;  ///< the text of `requires-python`
    ConstraintSyntax syntax = ConstraintSyntax::Pep440;
};

/// Errors: `project/invalid-python` for a configured value that is no version,
/// `packaging/invalid-specifier`, `project/no-python` when no release fits, `file/…` when
/// `.python-version` exists but cannot be read.
Result<PythonChoice> choose_python(const PythonRequest& request);

/// Whether any release of Python that is known fits.
bool some_release_fits(const packaging::SpecifierSet& specifiers);

/// `3.12` of `3.12`, `3.12.4`, `v3.12`, `cpython-3.12.4-linux-x86_64-gnu`, `python3.12`, `3.13t`;
/// nothing for PyPy, `system` and names of environments.
std::optional<std::string> python_minor_of(std::string_view text);

/// Poetry's constraint as alternatives of PEP 440 specifiers: `^3.9` is `>=3.9,<4`, `~3.9` is
/// `>=3.9,<3.10`, `3.9 || ^3.11` two of them.
std::vector<std::string> specifiers_of_poetry_constraint(std::string_view constraint);

}  // namespace pycontainer::project
