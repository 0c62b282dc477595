#pragma once

// Small text functions that everybody needs. ASCII only; the results of `split` and `trim` are
// views into the argument.

#include <concepts>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pycontainer {

std::vector<std::string_view> split(std::string_view text, char separator);
/// Lines without their `\n` or `\r\n`; a final line end makes no empty last line.
std::vector<std::string_view> split_lines(std::string_view text);
std::string_view trim(std::string_view text);
// Views into a temporary would dangle.
template <std::same_as<std::string> Temporary>
std::vector<std::string_view> split(Temporary&& text, char separator) = delete;
template <std::same_as<std::string> Temporary>
std::vector<std::string_view> split_lines(Temporary&& text) = delete;
template <std::same_as<std::string> Temporary>
std::string_view trim(Temporary&& text) = delete;
std::string to_lower(std::string_view text);
std::string to_upper(std::string_view text);
std::string join(std::span<const std::string> parts, std::string_view separator);
std::string replace_all(std::string text, std::string_view from, std::string_view to);

/// For messages: control characters and invalid UTF-8 escaped, cut after `limit` bytes with `…`.
std::string printable(std::string_view text, std::size_t limit = 200);
bool is_valid_utf8(std::string_view text);

/// The candidate nearest to `text` by edit distance (transpositions count one, `_` and `-` are
/// equal), if near enough to be meant.
std::optional<std::string> closest_match(std::string_view text,
                                         std::span<const std::string> candidates);

/// `12.3 MB`, decimal units, as image builders print sizes.
std::string format_size(unsigned long long bytes);
/// `8 ms`, `1.2 s`, `2 min 5 s`.
std::string format_milliseconds(double milliseconds);

/// Splits like a POSIX shell, without expanding anything: quotes and backslashes only. Nothing:
/// unbalanced quotes.
std::optional<std::vector<std::string>> split_shell_words(std::string_view text);

}  // namespace pycontainer
