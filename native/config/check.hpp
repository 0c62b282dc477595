#pragma once

// The faults of a configuration's text, with their places: what `load`, `check` and the editor
// report.

#include "base/diagnostic.hpp"
#include "config/build_config.hpp"
#include "toml/document.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace pycontainer::config {

/// Where the configuration's tables are in pyproject.toml; in pycontainer.toml they are at the
/// root, the empty pointer.
inline constexpr std::string_view kPyprojectTable = "/tool/pycontainer";

struct CheckedDocument {
    /// What the text says; empty when a diagnostic is an error of syntax or schema.
    Settings settings;
    /// Where each key of `settings` was written: `build.ports` → its range.
    std::vector<std::pair<std::string, Range>> places;
    /// `toml/…`, then, if the text is TOML, those of the schema, then, if it fits that, those of
    /// the meaning.
    std::vector<Diagnostic> diagnostics;
};

/// Checks the configuration below `table` of `document`. `file` is what the diagnostics call it.
CheckedDocument check_document(const toml::Document& document, std::string_view table,
                               const std::string& file);

}  // namespace pycontainer::config
