#pragma once

// The registries that the user has logged in to, by name alone: what is proposed where an image may
// go. Nobody is asked and no secret is read.

#include "base/environment.hpp"
#include "base/result.hpp"

#include <string>
#include <vector>

namespace pycontainer::credentials {

/// Those that the files of container tools (config_files.hpp) name, sorted. No file is no registry.
/// Errors: `credentials/invalid-config`, `file/…`.
Result<std::vector<std::string>> known_registries(const Environment& environment);

}  // namespace pycontainer::credentials
