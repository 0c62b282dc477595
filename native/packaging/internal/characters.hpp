#pragma once

// Character classes of the packaging grammars: ASCII whatever the locale. White space is the one of
// `base/python_text.hpp`.

#include <string_view>

namespace pycontainer::packaging::internal {

constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
constexpr char to_lower_ascii(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
constexpr bool is_letter(char c) {
    return to_lower_ascii(c) >= 'a' && to_lower_ascii(c) <= 'z';
}
constexpr bool is_alphanumeric(char c) {
    return is_digit(c) || is_letter(c);
}
constexpr bool is_name_character(char c) {
    return is_alphanumeric(c) || c == '-' || c == '_' || c == '.';
}

}  // namespace pycontainer::packaging::internal
