#include "toml/internal/scalar_form.hpp"

#include "base/strings.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cstdint>

namespace pycontainer::toml {
namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

int two_digits(std::string_view text, std::size_t at) {
    if (at + 2 > text.size() || !is_digit(text[at]) || !is_digit(text[at + 1])) return -1;
    return (text[at] - '0') * 10 + (text[at + 1] - '0');
}

/// Digits with single underscores between them (TOML 1.0, "Integer"); the bytes used, 0 if none.
std::size_t digits_with_underscores(std::string_view text, bool (*is_wanted)(char)) {
    std::size_t i = 0;
    bool was_digit = false;
    for (; i < text.size(); ++i) {
        if (is_wanted(text[i])) {
            was_digit = true;
        } else if (text[i] == '_' && was_digit && i + 1 < text.size() && is_wanted(text[i + 1])) {
            was_digit = false;
        } else {
            break;
        }
    }
    return i;
}

/// `07:32:00` with a fraction or without; the bytes used, 0 if it is no time.
std::size_t time_length(std::string_view text) {
    const int hour = two_digits(text, 0), minute = two_digits(text, 3),
              second = two_digits(text, 6);
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60) return 0;
    if (text[2] != ':' || text[5] != ':') return 0;
    if (second == 60) return 0;  // leap seconds have no place in the values
    std::size_t i = 8;
    if (i < text.size() && text[i] == '.') {
        const auto start = ++i;
        while (i < text.size() && is_digit(text[i])) ++i;
        if (i == start) return 0;
    }
    return i;
}

bool is_offset(std::string_view text) {
    if (text == "Z" || text == "z") return true;
    if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') return false;
    const int hour = two_digits(text, 1), minute = two_digits(text, 4);
    return hour >= 0 && hour <= 23 && minute >= 0 && minute <= 59;
}

bool is_date_or_time(std::string_view word) {
    if (const auto used = time_length(word); used > 0) return used == word.size();
    if (!is_full_date(word.substr(0, 10))) return false;
    if (word.size() == 10) return true;
    if (word[10] != 'T' && word[10] != 't' && word[10] != ' ') return false;
    const auto used = time_length(word.substr(11));
    if (used == 0) return false;
    const auto rest = word.substr(11 + used);
    return rest.empty() || is_offset(rest);
}

/// `0x`, `0o`, `0b` and their digits.
bool is_prefixed_integer(std::string_view word) {
    if (word.size() < 3 || word[0] != '0') return false;
    const auto body = word.substr(2);
    const auto is_hex = [](char c) {
        return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    };
    const auto is_octal = [](char c) { return c >= '0' && c <= '7'; };
    const auto is_binary = [](char c) { return c == '0' || c == '1'; };
    switch (word[1]) {
        case 'x': return digits_with_underscores(body, is_hex) == body.size();
        case 'o': return digits_with_underscores(body, is_octal) == body.size();
        case 'b': return digits_with_underscores(body, is_binary) == body.size();
        default: return false;
    }
}

bool fits_in_64_bits(std::string_view word, int base) {
    const auto text = replace_all(std::string(word), "_", "");
    const auto* begin = text.data() + (text.starts_with('+') ? 1 : 0) + (base == 10 ? 0 : 2);
    std::int64_t value = 0;
    return std::from_chars(begin, text.data() + text.size(), value, base).ec == std::errc();
}

enum class NumberForm { None, Integer, Float, LeadingZero };

NumberForm number_form(std::string_view word) {
    if (is_prefixed_integer(word)) return NumberForm::Integer;
    const auto body = word.substr(!word.empty() && (word[0] == '+' || word[0] == '-') ? 1 : 0);
    if (body == "inf" || body == "nan") return NumberForm::Float;
    const auto whole = digits_with_underscores(body, is_digit);
    if (whole == 0) return NumberForm::None;
    const bool leading_zero = whole > 1 && body[0] == '0';
    auto rest = body.substr(whole);
    auto form = NumberForm::Integer;
    if (rest.starts_with('.')) {
        const auto fraction = digits_with_underscores(rest.substr(1), is_digit);
        if (fraction == 0) return NumberForm::None;
        rest.remove_prefix(1 + fraction);
        form = NumberForm::Float;
    }
    if (rest.starts_with('e') || rest.starts_with('E')) {
        rest.remove_prefix(1);
        if (rest.starts_with('+') || rest.starts_with('-')) rest.remove_prefix(1);
        const auto exponent = digits_with_underscores(rest, is_digit);
        if (exponent == 0) return NumberForm::None;
        rest.remove_prefix(exponent);
        form = NumberForm::Float;
    }
    if (!rest.empty()) return NumberForm::None;
    return leading_zero ? NumberForm::LeadingZero : form;
}

}  // namespace

bool is_full_date(std::string_view text) {
    if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
    const int century = two_digits(text, 0), rest = two_digits(text, 2);
    const int month = two_digits(text, 5), day = two_digits(text, 8);
    if (century < 0 || rest < 0 || month < 1 || month > 12 || day < 1) return false;
    const int year = century * 100 + rest;
    const bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return day <= kDays[month - 1] + (month == 2 && is_leap ? 1 : 0);
}

ScalarForm scalar_form(std::string_view word) {
    if (word == "true" || word == "false") return {NodeKind::Boolean, {}, {}};
    if (is_date_or_time(word)) return {NodeKind::DateTime, {}, {}};
    const auto shown = printable(word, 60);
    switch (number_form(word)) {
        case NumberForm::Integer: {
            const int base = word.size() > 2 && word[0] == '0' ? (word[1] == 'x'   ? 16
                                                                  : word[1] == 'o' ? 8
                                                                  : word[1] == 'b' ? 2
                                                                                   : 10)
                                                               : 10;
            if (!fits_in_64_bits(word, base))
                return {NodeKind::Invalid, fmt::format("the number `{}` is too large", shown), {}};
            return {NodeKind::Integer, {}, {}};
        }
        case NumberForm::Float: return {NodeKind::Float, {}, {}};
        case NumberForm::LeadingZero:
            return {
                NodeKind::Invalid, fmt::format("the number `{}` starts with a zero", shown), {}};
        case NumberForm::None: break;
    }
    const auto lower = to_lower(word);
    for (const auto* name : {"true", "false", "yes", "no", "on", "off"})
        if (lower == name)
            return {NodeKind::Invalid, fmt::format("`{}` is not a TOML value", shown),
                    "booleans are `true` and `false`, in lower case"};
    return {NodeKind::Invalid, fmt::format("`{}` is not a TOML value", shown), {}};
}

}  // namespace pycontainer::toml
