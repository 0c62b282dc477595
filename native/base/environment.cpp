#include "base/environment.hpp"

extern char** environ;  // NOLINT: POSIX

namespace pycontainer {

Environment Environment::of_process() {
    std::map<std::string, std::string, std::less<>> variables;
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
        const std::string_view text = *entry;
        if (const auto equals = text.find('='); equals != std::string_view::npos)
            variables.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
    return Environment(std::move(variables));
}

std::optional<std::string> Environment::find(std::string_view name) const {
    const auto found = variables_.find(name);
    if (found == variables_.end()) return std::nullopt;
    return found->second;
}

std::optional<std::string> Environment::find_nonempty(std::string_view name) const {
    auto value = find(name);
    if (value && value->empty()) return std::nullopt;
    return value;
}

}  // namespace pycontainer
