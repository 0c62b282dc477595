#pragma once

// What the readers of the tools' configurations have in common. Private to this module.

#include "base/json.hpp"
#include "index/index_configuration.hpp"

#include <optional>
#include <string>
#include <vector>

namespace pycontainer::index::internal {

/// What one tool says at one place; read in the order of precedence.
struct Contribution {
    std::vector<IndexLocation> indexes;  ///< in the tool's order; `is_default` as it says
    std::vector<IndexLocation> find_links;
    std::vector<IndexPin> pins;
    std::optional<bool> no_index;
    std::string no_index_origin;
    std::optional<std::string> keyring_provider;
    /// The built-in index is not asked although no other takes its place (Poetry's primary
    /// sources).
    bool drops_built_in = false;
};

/// Where a table was read, and how it is called in messages.
struct TableSource {
    const toml::Document* document = nullptr;
    std::string file;
    std::filesystem::path directory;
    Scope scope = Scope::Project;

    std::string at(const std::string& pointer) const;
};

/// uv's own: `[tool.uv]` of a pyproject.toml, or all of a uv.toml. `pointer` is where the table is.
/// Errors: `index/invalid-configuration`.
Result<Contribution> read_uv_table(const TableSource& source, const std::string& pointer);
/// `[[tool.poetry.source]]`, and the dependencies that name one.
Result<Contribution> read_poetry_sources(const TableSource& source);
/// `[[tool.pdm.source]]`; variables in addresses are expanded.
Result<Contribution> read_pdm_sources(const TableSource& source, const Environment& environment);
Contribution read_uv_variables(const Environment& environment);
/// pip's, in its precedence: variables and files each with their scope.
Result<std::vector<std::pair<Scope, Contribution>>> read_pip(
    const Environment& environment, const std::filesystem::path& root,
    std::vector<std::filesystem::path>& files);

/// A text at white space.
std::vector<std::string> words_of(std::string_view text);
/// `1`, `true`, `yes`, `on`, `t`, `y`.
bool is_true(std::string_view text);

}  // namespace pycontainer::index::internal
