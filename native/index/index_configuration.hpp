#pragma once

// Indexes as people configure them for uv, pip, Poetry and PDM, in one order (docs/indexes.md):
// flags, a requirements file's options, the environment, the project's files, the user's, the
// system's, the built-in index. Within one of these uv's word comes before pip's.

#include "base/environment.hpp"
#include "base/result.hpp"
#include "index/index_options.hpp"
#include "toml/document.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace pycontainer::index {

struct ConfigurationRequest {
    std::filesystem::path project_directory;
    const toml::Document* pyproject = nullptr;  ///< null if there is none
    IndexArguments flags{};
    std::filesystem::path root = "/";  ///< above the system's files
};

/// Reads `uv.toml` (project, workspace, user, system; `UV_CONFIG_FILE` instead of them,
/// `UV_NO_CONFIG` none), `pip.conf` (system, user, `PIP_CONFIG_FILE`), the project's `[tool.uv]`,
/// `[[tool.poetry.source]]` and `[[tool.pdm.source]]`, and the variables of uv and pip. Lists add
/// up within uv; of one option of pip the nearest value counts.
///
/// Errors: `index/invalid-configuration` naming the file; `file/not-found` for one that
/// `UV_CONFIG_FILE` or `PIP_CONFIG_FILE` names.
Result<IndexOptions> read_index_options(const Environment& environment,
                                        const ConfigurationRequest& request);

}  // namespace pycontainer::index
