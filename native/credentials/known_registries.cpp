#include "credentials/known_registries.hpp"

#include "base/file.hpp"
#include "credentials/config_files.hpp"
#include "credentials/docker_config.hpp"

#include <set>

namespace pycontainer::credentials {

Result<std::vector<std::string>> known_registries(const Environment& environment) {
    constexpr std::uint64_t kMaxConfig = 4U << 20U;
    std::set<std::string> names;
    for (const auto& file : config_files(environment)) {
        auto text = file.text ? Result<std::string>(*file.text) : read_file(file.path, kMaxConfig);
        if (!text && text.error().code == "file/not-found") continue;
        if (!text) return fail(std::move(text).error());
        PYC_TRY_ASSIGN(const auto config, DockerConfig::parse(*text, file.origin));
        for (auto& name : config.registries()) names.insert(std::move(name));
    }
    return std::vector<std::string>(names.begin(), names.end());
}

}  // namespace pycontainer::credentials
