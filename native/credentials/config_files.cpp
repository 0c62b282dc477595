#include "credentials/config_files.hpp"

#include <fmt/format.h>

#include <unistd.h>

namespace pycontainer::credentials {

std::optional<ConfigFile> docker_config_file(const Environment& environment) {
    if (const auto directory = environment.find_nonempty("DOCKER_CONFIG")) {
        const auto path = std::filesystem::path(*directory) / "config.json";
        return ConfigFile{.path = path,
                          .origin = fmt::format("DOCKER_CONFIG ({})", path.string()),
                          .expected = true};
    }
    const auto home = environment.find_nonempty("HOME");
    if (!home) return std::nullopt;
    const auto path = std::filesystem::path(*home) / ".docker" / "config.json";
    return ConfigFile{.path = path, .origin = path.string(), .expected = true};
}

std::vector<ConfigFile> config_files(const Environment& environment) {
    std::vector<ConfigFile> files;
    const auto add = [&](const std::filesystem::path& path) {
        files.push_back({.path = path, .origin = path.string()});
    };
    if (const auto file = environment.find_nonempty("REGISTRY_AUTH_FILE"))
        files.push_back({.path = *file,
                         .origin = fmt::format("REGISTRY_AUTH_FILE ({})", *file),
                         .expected = true});
    if (auto text = environment.find_nonempty("DOCKER_AUTH_CONFIG"))
        files.push_back({.origin = "DOCKER_AUTH_CONFIG", .text = std::move(text)});
    if (auto file = docker_config_file(environment)) files.push_back(std::move(*file));
    const std::filesystem::path auth = "containers/auth.json";
    if (const auto runtime = environment.find_nonempty("XDG_RUNTIME_DIR"))
        add(*runtime / auth);
    else
        add(fmt::format("/run/containers/{}/auth.json", ::getuid()));
    if (const auto config = environment.find_nonempty("XDG_CONFIG_HOME"))
        add(*config / auth);
    else if (const auto home = environment.find_nonempty("HOME"))
        add(std::filesystem::path(*home) / ".config" / auth);
    return files;
}

}  // namespace pycontainer::credentials
