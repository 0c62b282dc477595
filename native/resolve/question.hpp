#pragma once

// What a project asks for where nothing is locked, and whom it wants to be asked: its requirements
// file if it has one, else what `pyproject.toml` or the Pipfile says.

#include "base/environment.hpp"
#include "base/result.hpp"
#include "index/index_client.hpp"
#include "resolve/wanted_requirements.hpp"

#include <filesystem>
#include <memory>
#include <optional>

namespace pycontainer::resolve {

struct Question {
    Wanted wanted;
    std::filesystem::path file;  ///< the requirements file; empty: the project's own files say it
    /// The indexes that the requirements file names; null: those that are configured.
    std::unique_ptr<index::IndexClient> own_client;

    index::IndexClient& client(index::IndexClient& configured) const {
        return own_client ? *own_client : configured;
    }
};

/// `pylock.toml` does not count, it is an answer. Errors: those of wanted_requirements.hpp and
/// requirements_file.hpp; `resolve/foreign-lock` for a requirements file with hashes, which is one;
/// `resolve/unknown-extra` and `resolve/unknown-group`, which a requirements file has none of.
Result<Question> read_question(const WantedRequest& request, const Environment& environment,
                               const index::IndexClient& configured);

}  // namespace pycontainer::resolve
