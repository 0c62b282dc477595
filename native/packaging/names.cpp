#include "packaging/names.hpp"

#include "packaging/internal/characters.hpp"

#include <algorithm>

namespace pycontainer::packaging {

std::string normalize_name(std::string_view name) {
    std::string result;
    result.reserve(name.size());
    bool in_run = false;
    for (const char c : name) {
        const bool separates = c == '-' || c == '_' || c == '.';
        if (!separates)
            result += internal::to_lower_ascii(c);
        else if (!in_run)
            result += '-';
        in_run = separates;
    }
    return result;
}

bool is_valid_name(std::string_view name) {
    return !name.empty() && internal::is_alphanumeric(name.front()) &&
           internal::is_alphanumeric(name.back()) &&
           std::all_of(name.begin(), name.end(), internal::is_name_character);
}

}  // namespace pycontainer::packaging
