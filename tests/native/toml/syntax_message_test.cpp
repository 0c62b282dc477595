#include "toml/syntax_message.hpp"

#include "toml/document.hpp"

#include <gtest/gtest.h>

namespace pycontainer::toml {
namespace {

/// `text` is refused at zero-based `start` up to `end`, and both parts are in message and hint.
void check(std::string_view text, Position start, Position end, std::string_view message,
           std::string_view hint = {}) {
    SCOPED_TRACE(text);
    const auto document = parse(text, "pyproject.toml");
    ASSERT_EQ(document.diagnostics.size(), 1U);
    const auto& diagnostic = document.diagnostics[0];
    EXPECT_EQ(diagnostic.file, "pyproject.toml");
    EXPECT_EQ(diagnostic.code, "toml/syntax");
    EXPECT_EQ(diagnostic.severity, Severity::Error);
    EXPECT_EQ(diagnostic.range, (Range{start, end}))
        << to_string(diagnostic) << " .. " << diagnostic.range.end.line << ":"
        << diagnostic.range.end.character;
    EXPECT_NE(diagnostic.message.find(message), std::string::npos) << diagnostic.message;
    EXPECT_NE(diagnostic.hint.find(hint), std::string::npos) << diagnostic.hint;
    EXPECT_EQ(document.value, Json::object());
}

TEST(SyntaxMessage, NamesWhatIsNoValue) {
    check("a = abc\n", {0, 4}, {0, 7}, "`abc` is not a TOML value", "quotes");
    check("a = $VAR", {0, 4}, {0, 8}, "`$VAR` is not a TOML value", "quotes");
    check("a = True", {0, 4}, {0, 8}, "`True` is not a TOML value", "lower case");
    check("a = tru", {0, 4}, {0, 7}, "`tru` is not a TOML value");
    check("a = 3.11.2\n", {0, 4}, {0, 10}, "`3.11.2` is not a TOML value", "quotes");
    check("a = 01", {0, 4}, {0, 6}, "`01` starts with a zero");
    check("a = 99999999999999999999", {0, 4}, {0, 24}, "too large");
    check("a = 2020-13-01", {0, 4}, {0, 14}, "`2020-13-01` is not a TOML value");
    check("a = \nb = 1", {0, 2}, {0, 3}, "a value is missing after `=`");
    check("a = [1,\n  python:3]", {1, 2}, {1, 10}, "`python:3` is not a TOML value");
}

TEST(SyntaxMessage, SaysWhatIsNotClosed) {
    check("a = \"abc\nb = 1", {0, 5}, {0, 8}, "not closed on its line");
    check("a = 'abc", {0, 5}, {0, 8}, "string is not closed");
    check("a = \"\"\"abc\n", {0, 7}, {0, 10}, "string is not closed");
    check("a = [1, 2\nb = 3\n", {1, 0}, {1, 1}, "comma or `]` is missing");
    check("a = [1,\n# c\n", {1, 2}, {1, 3}, "array is not closed");
    check("a = {b = 1\n}", {0, 9}, {0, 10}, "must end on the line");
    check("a = {", {0, 4}, {0, 5}, "inline table is not closed");
    check("[a\nb = 1", {0, 1}, {0, 2}, "header is not closed");
    check("a = {b = 1,}", {0, 11}, {0, 12}, "comma before the closing `}`");
}

TEST(SyntaxMessage, NamesWhatIsDefinedTwice) {
    check("a = 1\na = 2\n", {1, 0}, {1, 1}, "`a` is defined twice", "keep one");
    check("[t]\nbase = 1\n  base = [2]\n", {2, 2}, {2, 6}, "`base` is defined twice");
    check("x = {a = 1, a = 2}", {0, 12}, {0, 13}, "`a` is defined twice");
    check("[a]\n[b]\n[a]\n", {2, 0}, {2, 3}, "`a` is defined twice");
    check("[a]\n[[a]]", {1, 0}, {1, 5}, "`a` is defined twice");
    check("a = 1\na.b = 2", {1, 0}, {1, 3}, "`a.b` is defined twice");
}

TEST(SyntaxMessage, ExplainsKeys) {
    check("name : 1", {0, 5}, {0, 6}, "`=` is missing", "not `key: value`");
    check("my name = 1", {0, 3}, {0, 7}, "`=` is missing", "quotes");
    check("key", {0, 0}, {0, 3}, "the key has no value");
    check("= 1", {0, 0}, {0, 1}, "`=` cannot start a key");
    check("é = 1", {0, 0}, {0, 1}, "`é` cannot start a key", "quotes");
    check("[]", {0, 1}, {0, 2}, "has no name");
    check("\"\"\"a\"\"\" = 1", {0, 0}, {0, 1}, "three quotes");
    check("a = 1 b = 2", {0, 6}, {0, 7}, "unexpected `b` after the value");
    check("[t] x", {0, 4}, {0, 5}, "unexpected `x` after the table header");
}

TEST(SyntaxMessage, ExplainsEscapesAndControlCharacters) {
    check("a = \"C:\\dir\"", {0, 5}, {0, 11}, "escape sequence", "single quotes");
    check("a = \"\x01\"", {0, 5}, {0, 6}, "control character");
    check("# \x01\n", {0, 2}, {0, 3}, "control character");
    check("a = 1\rb = 2", {0, 6}, {0, 7}, "carriage return");
}

TEST(SyntaxMessage, CountsColumnsInUtf16) {
    check("\"😀é\" = oops", {0, 8}, {0, 12}, "`oops`");
    check("# 😀\r\na = \"😀\" x\r\n", {1, 9}, {1, 10}, "unexpected `x`");
}

}  // namespace
}  // namespace pycontainer::toml
