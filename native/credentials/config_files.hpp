#pragma once

// Where container tools keep credentials. No file access.

#include "base/environment.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace pycontainer::credentials {

struct ConfigFile {
    std::filesystem::path path{};
    std::string origin;  ///< how messages name it
    /// The content itself, for what a variable holds instead of a file.
    std::optional<std::string> text{};
    /// A variable names it, or everybody expects it: worth saying that it does not exist.
    bool expected = false;
};

/// Docker's own: in `DOCKER_CONFIG`, else `$HOME/.docker/config.json`. Nothing without both.
std::optional<ConfigFile> docker_config_file(const Environment& environment);

/// All of them, the first to be asked first: `REGISTRY_AUTH_FILE`, `DOCKER_AUTH_CONFIG` (a text),
/// Docker's, and podman's `containers/auth.json` in `XDG_RUNTIME_DIR` (else `/run/containers/UID`)
/// and in `XDG_CONFIG_HOME` (else `$HOME/.config`).
std::vector<ConfigFile> config_files(const Environment& environment);

}  // namespace pycontainer::credentials
