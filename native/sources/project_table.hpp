#pragma once

// `[project]` of pyproject.toml (packaging specifications, "Declaring project metadata"), which all
// build backends read alike.

#include "base/json.hpp"
#include "base/result.hpp"
#include "sources/core_metadata.hpp"
#include "sources/tree.hpp"

namespace pycontainer::sources {

/// The static fields; license files only if `license-files` names them. Values of a wrong type are
/// left out: `project/pyproject_check.hpp` finds them.
///
/// Errors: `sources/invalid-metadata` for a name or version that cannot be one.
Result<CoreMetadata> read_project_table(const Tree& tree, const Json& pyproject);

/// The version as PEP 440 writes it. Errors: `sources/invalid-metadata`.
Result<std::string> normalize_version(std::string_view text);
/// Sets readme and its type from a file of the tree, by its name; nothing changes without the file.
void set_readme(CoreMetadata& metadata, const Tree& tree, const std::string& path,
                const std::string& type = {});

/// The value at an RFC 6901 pointer, or null.
const Json* value_at(const Json& document, std::string_view pointer);
std::optional<std::string> text_at(const Json& document, std::string_view pointer);
/// Text as a list of one; everything but texts is left out.
std::vector<std::string> texts_at(const Json& document, std::string_view pointer);
/// The texts of a list, or of one text.
std::vector<std::string> texts_of(const Json& value);

}  // namespace pycontainer::sources
