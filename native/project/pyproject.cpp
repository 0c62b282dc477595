#include "project/pyproject.hpp"

namespace pycontainer::project {

const Json* Pyproject::find(std::string_view pointer) const {
    const auto tokens = toml::pointer_tokens(pointer);
    if (!tokens) return nullptr;
    const Json* value = value_;
    for (const auto& token : *tokens) {
        value = member(*value, token);
        if (!value) return nullptr;
    }
    return value;
}

const Json* Pyproject::find_object(std::string_view pointer) const {
    const auto* value = find(pointer);
    return value && value->is_object() ? value : nullptr;
}

const Json* Pyproject::find_array(std::string_view pointer) const {
    const auto* value = find(pointer);
    return value && value->is_array() ? value : nullptr;
}

std::optional<std::string> Pyproject::find_string(std::string_view pointer) const {
    const auto* value = find(pointer);
    if (!value || !value->is_string()) return std::nullopt;
    return value->get<std::string>();
}

std::string Pyproject::evidence(std::string_view pointer, std::string_view what) const {
    if (document_)
        if (const auto range = document_->key_range(pointer))
            return fmt::format("pyproject.toml:{}: {}", range->start.line + 1, what);
    return fmt::format("pyproject.toml: {}", what);
}

}  // namespace pycontainer::project
