#include "toml/syntax_message.hpp"

#include "base/strings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace pycontainer::toml {
namespace {

/// The fault as the rules below see it: the parser's words split, and the text around the place.
struct Fault {
    const LineIndex& index;
    std::size_t offset;
    std::string_view scope;   // "string", "table header" …
    std::string_view detail;  // "expected '=', saw 'b'"
    std::size_t begin;        // of the word at the place
    std::size_t end;

    std::string word() const {
        return printable(std::string_view(index.text()).substr(begin, end - begin), 60);
    }
    bool says(std::string_view part) const { return detail.find(part) != std::string_view::npos; }
    bool at_line_end() const {
        return offset >= index.text().size() || index.text()[offset] == '\n' ||
               index.text()[offset] == '\r';
    }
};

struct Explanation {
    std::string message;
    std::string hint;
};

bool is_word_byte(char c) {
    return std::string_view(" \t\r\n,[]{}#=\"'").find(c) == std::string_view::npos;
}

/// Splits "Error while parsing <scope>: <detail>" and finds the word around `offset`; a place
/// without one is one character.
Fault look_at(const LineIndex& index, std::size_t offset, std::string_view description) {
    constexpr std::string_view kPrefix = "Error while parsing ";
    const std::string_view text = index.text();
    Fault fault{index, std::min(offset, text.size()), {}, description, 0, 0};
    if (description.starts_with(kPrefix)) {
        const auto colon = description.find(": ");
        if (colon != std::string_view::npos) {
            fault.scope = description.substr(kPrefix.size(), colon - kPrefix.size());
            fault.detail = description.substr(colon + 2);
        }
    }
    fault.begin = fault.end = fault.offset;
    while (fault.end < text.size() && is_word_byte(text[fault.end])) ++fault.end;
    while (fault.begin > 0 && is_word_byte(text[fault.begin - 1])) --fault.begin;
    if (fault.begin == fault.end && !fault.at_line_end()) ++fault.end;
    return fault;
}

bool is_number_or_word(std::string_view scope) {
    constexpr std::array<std::string_view, 11> kScopes{"value",
                                                       "boolean",
                                                       "floating-point",
                                                       "decimal integer",
                                                       "hexadecimal integer",
                                                       "octal integer",
                                                       "binary integer",
                                                       "date",
                                                       "time",
                                                       "date-time",
                                                       "hexadecimal floating-point"};
    return std::find(kScopes.begin(), kScopes.end(), scope) != kScopes.end();
}

/// The text between the last two single quotes of the parser's words, which is a name it met.
std::string quoted_name(std::string_view detail) {
    const auto start = detail.find('\'');
    const auto end = detail.find('\'', start == std::string_view::npos ? start : start + 1);
    if (end == std::string_view::npos) return {};
    return printable(detail.substr(start + 1, end - start - 1), 80);
}

std::string in_quotes_hint() {
    return "text goes in quotes: `key = \"text\"`";
}

Explanation explain_value(const Fault& fault) {
    const auto lower = to_lower(fault.word());
    if (fault.says("leading zeroes"))
        return {fmt::format("the number `{}` starts with a zero", fault.word()), in_quotes_hint()};
    if (fault.says("representable"))
        return {fmt::format("the number `{}` is too large", fault.word()), in_quotes_hint()};
    if (fault.word().empty()) return {"a value is missing after `=`", in_quotes_hint()};
    if (lower == "true" || lower == "false" || lower == "yes" || lower == "no" || lower == "on" ||
        lower == "off")
        return {fmt::format("`{}` is not a TOML value", fault.word()),
                "booleans are `true` and `false`, in lower case"};
    return {fmt::format("`{}` is not a TOML value", fault.word()), in_quotes_hint()};
}

Explanation explain_end_of_file(const Fault& fault) {
    if (is_number_or_word(fault.scope)) return explain_value(fault);
    if (fault.scope == "string" || fault.scope == "literal string")
        return {"the string is not closed", "end it with the quotes it began with"};
    if (fault.scope == "array") return {"the array is not closed by `]`", {}};
    if (fault.scope == "inline table") return {"the inline table is not closed by `}`", {}};
    if (fault.scope == "table header") return {"the table header is not closed by `]`", {}};
    if (fault.scope == "key-value pair" || fault.scope == "key")
        return {"the key has no value", "write `key = value`"};
    return {"the file ends in the middle of a value", {}};
}

/// toml++ stops at the value, or at the bracket of a header: moves the place to the key, or over
/// the whole header.
void move_to_definition(Fault& fault) {
    const std::string_view text = fault.index.text();
    if (fault.scope == "table header") {
        fault.end = std::min(text.find_first_of("#\r\n", fault.offset), text.size());
    } else if (!fault.says("as dotted")) {
        const auto equals = text.substr(0, fault.offset).find_last_not_of(" \t");
        if (equals == std::string_view::npos || text[equals] != '=') return;
        fault.begin = text.substr(0, equals).find_last_of(",{\n");
        fault.begin = text.find_first_not_of(
            " \t", fault.begin == std::string_view::npos ? 0 : fault.begin + 1);
        fault.end = equals;
    } else {
        return;
    }
    fault.end = text.find_last_not_of(" \t", fault.end - 1) + 1;
}

Explanation explain_redefinition(const Fault& fault) {
    const auto name = quoted_name(fault.detail);
    if (fault.says("cannot insert"))
        return {fmt::format("`{}` cannot be added to a table that was written inline", name),
                "put it between the braces"};
    return {fmt::format("`{}` is defined twice", name.empty() ? fault.word() : name),
            "keep one of the two, or merge them"};
}

Explanation explain_string(const Fault& fault) {
    if (fault.says("control characters") && fault.at_line_end())
        return {"the string is not closed on its line",
                "close it, or use three quotes for text of several lines"};
    if (fault.says("control characters"))
        return {"a control character in a string must be written as an escape",
                "for example `\\u0007`"};
    return {"a backslash in the string starts no valid escape sequence",
            "double the backslash, or put the string in single quotes"};
}

Explanation explain_structure(const Fault& fault) {
    if (fault.says("expected a comment or whitespace"))
        return {fmt::format("unexpected `{}` after the {}", fault.word(),
                            fault.scope == "table header" ? "table header" : "value"),
                "write one key a line, comments start with `#`"};
    if (fault.says("expected '\\n' after '\\r'"))
        return {"a carriage return without a line feed ends no line",
                "use `LF` or `CRLF` line ends"};
    if (fault.says("comma or closing ']'")) return {"a comma or `]` is missing in the array", {}};
    if (fault.says("saw comma")) return {"a comma stands where a value should be", {}};
    if (fault.says("dangling comma"))
        return {"a comma before the closing `}` is not allowed in an inline table",
                "remove the comma"};
    if (fault.scope == "inline table" && fault.at_line_end())
        return {"an inline table must end on the line it begins on",
                "write a `[table]` of its own"};
    if (fault.says("blank bare keys")) return {"the table header has no name", {}};
    if (fault.says("expected ']'")) return {"the table header is not closed by `]`", {}};
    if (fault.says("multi-line strings are prohibited"))
        return {"a key cannot be a string in three quotes", {}};
    if (fault.says("brackets must be contiguous"))
        return {"the two brackets of an array of tables must stand together", {}};
    return {};
}

Explanation explain(const Fault& fault) {
    if (fault.says("end-of-file")) return explain_end_of_file(fault);
    if (fault.says("cannot redefine") || fault.says("cannot insert"))
        return explain_redefinition(fault);
    if (fault.says("expected '='")) {
        const bool colon = fault.word().starts_with(':');
        return {"`=` is missing after the key", colon
                                                    ? "TOML writes `key = value`, not `key: value`"
                                                    : "a key with spaces goes in quotes"};
    }
    if (fault.says("expected value, saw") && fault.scope == "key-value pair")
        return {"a value is missing after `=`", in_quotes_hint()};
    if (fault.scope == "comment" || fault.says("unexpected control character"))
        return {"a control character is not allowed here", {}};
    if (fault.scope == "string" || fault.scope == "literal string" ||
        fault.scope == "unicode scalar sequence")
        return explain_string(fault);
    if (auto structure = explain_structure(fault); !structure.message.empty()) return structure;
    if (is_number_or_word(fault.scope)) return explain_value(fault);
    if (fault.says("expected bare key") || fault.says("expected keys"))
        return {fmt::format("`{}` cannot start a key", fault.word()),
                "keys are letters, digits, `_` and `-`; other keys go in quotes"};
    return {fmt::format("not valid TOML: {}", printable(fault.detail)), {}};
}

}  // namespace

Diagnostic explain_syntax_error(const LineIndex& index, std::size_t offset,
                                std::string_view description) {
    auto fault = look_at(index, offset, description);
    auto explanation = explain(fault);
    if (fault.says("cannot redefine")) move_to_definition(fault);
    // The end of a file, or of a line, is no place one can see: show the last character before it
    // instead.
    if (fault.begin == fault.end && fault.begin > 0) {
        const auto before = index.text().find_last_not_of(" \t\r\n", fault.begin - 1);
        if (before != std::string::npos) {
            fault.end = before + 1;
            fault.begin = before;
            while (fault.begin > 0 &&
                   (static_cast<unsigned char>(index.text()[fault.begin]) & 0xC0U) == 0x80U)
                --fault.begin;
        }
    }
    Diagnostic diagnostic;
    diagnostic.range = index.range_of(fault.begin, fault.end);
    diagnostic.code = "toml/syntax";
    diagnostic.message = std::move(explanation.message);
    diagnostic.hint = std::move(explanation.hint);
    return diagnostic;
}

}  // namespace pycontainer::toml
