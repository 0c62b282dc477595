#pragma once

// White space as Python has it – `\s` of its expressions, `str.strip`, `str.splitlines` –, for
// formats whose reference reader is written in Python. Texts are UTF-8.

#include <cstddef>
#include <string_view>

namespace pycontainer {

/// The bytes of the white space character at the start of `text`; 0 when there is none.
constexpr std::size_t python_space_length(std::string_view text) {
    if (text.empty()) return 0;
    const char c = text.front();
    if (c == ' ' || (c >= '\t' && c <= '\r') || (c >= '\x1c' && c <= '\x1f')) return 1;
    // U+0085, U+00A0, U+1680, U+2028, U+2029, U+202F, U+205F, U+3000
    for (const std::string_view space :
         {"\xC2\x85", "\xC2\xA0", "\xE1\x9A\x80", "\xE2\x80\xA8", "\xE2\x80\xA9", "\xE2\x80\xAF",
          "\xE2\x81\x9F", "\xE3\x80\x80"})
        if (text.starts_with(space)) return space.size();
    const bool is_general = text.size() >= 3 && text.starts_with("\xE2\x80") && text[2] >= '\x80' &&
                            text[2] <= '\x8A';  // U+2000 to U+200A
    return is_general ? 3 : 0;
}

constexpr std::string_view trim_python_space(std::string_view text) {
    while (const auto length = python_space_length(text)) text.remove_prefix(length);
    for (std::size_t length = 1; length <= 3 && length <= text.size();) {
        if (python_space_length(text.substr(text.size() - length)) == length) {
            text.remove_suffix(length);
            length = 1;
        } else {
            ++length;
        }
    }
    return text;
}

/// The bytes of the line end at the start of `text`; 0 when there is none.
constexpr std::size_t python_line_end_length(std::string_view text) {
    if (text.empty()) return 0;
    const char c = text.front();
    if (c == '\r') return text.substr(1).starts_with('\n') ? 2 : 1;
    if ((c >= '\n' && c <= '\f') || (c >= '\x1c' && c <= '\x1e')) return 1;
    for (const std::string_view end : {"\xC2\x85", "\xE2\x80\xA8", "\xE2\x80\xA9"})
        if (text.starts_with(end)) return end.size();  // U+0085, U+2028, U+2029
    return 0;
}

}  // namespace pycontainer
