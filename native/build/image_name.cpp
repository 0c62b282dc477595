#include "build/image_name.hpp"

#include <filesystem>

namespace pycontainer::build {

std::string with_prefix(const std::string& text) {
    std::error_code ignored;
    const auto path = text.substr(0, text.find(':'));
    for (const auto& candidate : {text, path}) {
        if (candidate.empty()) continue;
        if (std::filesystem::is_directory(candidate, ignored)) return "oci:" + text;
        if (std::filesystem::is_regular_file(candidate, ignored)) return "oci-archive:" + text;
    }
    return text;
}

bool is_on_this_machine(std::string_view name) {
    return name.starts_with("oci:") || name.starts_with("oci-archive:") ||
           name.starts_with("docker-archive:");
}

}  // namespace pycontainer::build
