#pragma once

// The settings of a build: what one source says (`Settings`), and what holds after all sources
// (`BuildConfig`).
//
// Every member is a key of schemas/pycontainer.schema.json; `load.hpp` reads them. What only the
// command line knows – pushing, the cache, dry runs – is not here.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace pycontainer::config {

inline constexpr std::uint64_t kDefaultBaseMaxAgeSeconds = 24 * 60 * 60;

/// One source's settings; nothing means that the source does not say.
struct Settings {
    std::optional<std::string> base_image, workdir, python, package, lock, bytecode, user,
        framework, registry_url, output, compression, conflicting_files;
    std::optional<std::vector<std::string>> tags, platforms, entrypoint, cmd, ports, include,
        exclude, writable, groups, extras, registry_mirrors, registry_insecure;
    std::optional<bool> include_deps, build_sdists, reproducible;
    std::optional<std::uint64_t> base_max_age_seconds;
    std::map<std::string, std::string> labels, env;
};

/// The settled values. What stays empty is detected from the project (base image, entrypoint, tags,
/// ports …) or not wanted.
struct BuildConfig {
    std::optional<std::string> base_image, python, package, lock, bytecode, user, framework,
        registry_url, output;
    std::string workdir = "/app";
    std::string compression = "gzip";
    std::string conflicting_files = "error";
    std::vector<std::string> tags;
    std::vector<std::string> platforms{"linux/amd64"};
    std::optional<std::vector<std::string>> entrypoint, cmd, ports;
    std::vector<std::string> include, exclude, writable, groups, extras;
    std::vector<std::string> registry_mirrors;   ///< `docker.io=mirror.example:5000/hub`
    std::vector<std::string> registry_insecure;  ///< hosts and networks
    bool include_deps = true;
    bool build_sdists = false;
    bool reproducible = true;
    std::uint64_t base_max_age_seconds = kDefaultBaseMaxAgeSeconds;
    std::map<std::string, std::string> labels, env;

    /// Who said so, by key, for every key: `build.base_image`, `build.env.PORT` → `default`,
    /// `pyproject.toml:12`, `pycontainer.toml:3`, `environment PYCONTAINER_BUILD_BASE_IMAGE` or
    /// `flag`.
    std::map<std::string, std::string> origins;
};

}  // namespace pycontainer::config
