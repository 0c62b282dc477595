#include "toml/syntax_tree.hpp"

#include "base/strings.hpp"
#include "toml/document.hpp"
#include "toml/syntax_place.hpp"

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

TEST(SyntaxTree, NamesWhatIsNoValue) {
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

TEST(SyntaxTree, SaysWhatIsNotClosed) {
    check("a = \"abc\nb = 1", {0, 4}, {0, 8}, "not closed on its line");
    check("a = 'abc", {0, 4}, {0, 8}, "string is not closed");
    check("a = \"\"\"abc\n", {0, 4}, {0, 10}, "string is not closed");
    check("a = [1, 2\nb = 3\n", {1, 0}, {1, 1}, "comma or `]` is missing");
    check("a = [1,\n# c\n", {0, 4}, {0, 5}, "array is not closed");
    check("a = {b = 1\n}", {0, 4}, {0, 10}, "must end on the line");
    check("a = {", {0, 4}, {0, 5}, "inline table is not closed");
    check("[a\nb = 1", {0, 0}, {0, 2}, "header is not closed");
    check("a = {b = 1,}", {0, 10}, {0, 11}, "comma before the closing `}`");
}

TEST(SyntaxTree, NamesWhatIsDefinedTwice) {
    check("a = 1\na = 2\n", {1, 0}, {1, 1}, "`a` is defined twice", "keep one");
    check("[t]\nbase = 1\n  base = [2]\n", {2, 2}, {2, 6}, "`base` is defined twice");
    check("x = {a = 1, a = 2}", {0, 12}, {0, 13}, "`a` is defined twice");
    check("[a]\n[b]\n[a]\n", {2, 0}, {2, 3}, "`a` is defined twice");
    check("[a]\n[[a]]", {1, 0}, {1, 5}, "`a` is defined twice");
    check("a = 1\na.b = 2", {1, 0}, {1, 3}, "`a.b` is defined twice");
}

TEST(SyntaxTree, ExplainsKeys) {
    check("name : 1", {0, 5}, {0, 6}, "`=` is missing", "not `key: value`");
    check("my name = 1", {0, 3}, {0, 7}, "`=` is missing", "quotes");
    check("key", {0, 0}, {0, 3}, "the key has no value");
    check("= 1", {0, 0}, {0, 1}, "`=` cannot start a key");
    check("é = 1", {0, 0}, {0, 1}, "`é` cannot start a key", "quotes");
    check("[]", {0, 0}, {0, 1}, "has no name");
    check("\"\"\"a\"\"\" = 1", {0, 0}, {0, 3}, "three quotes");
    check("a = 1 b = 2", {0, 6}, {0, 7}, "unexpected `b` after the value");
    check("[t] x", {0, 4}, {0, 5}, "unexpected `x` after the table header");
}

TEST(SyntaxTree, ExplainsEscapesAndControlCharacters) {
    check("a = \"C:\\dir\"", {0, 7}, {0, 9}, "escape sequence", "single quotes");
    check("a = \"\x01\"", {0, 5}, {0, 6}, "control character");
    check("# \x01\n", {0, 2}, {0, 3}, "control character");
    check("a = 1\rb = 2", {0, 5}, {1, 0}, "carriage return");
}

TEST(SyntaxTree, CountsColumnsInUtf16) {
    check("\"😀é\" = oops", {0, 8}, {0, 12}, "`oops`");
    check("# 😀\r\na = \"😀\" x\r\n", {1, 9}, {1, 10}, "unexpected `x`");
}

/// The tokens are the text, and every node lies in its parent.
void check_whole(const SyntaxTree& tree) {
    std::string text;
    for (const auto& token : tree.tokens()) {
        ASSERT_EQ(token.begin, text.size());
        text.append(tree.text(), token.begin, token.end - token.begin);
    }
    ASSERT_EQ(text, tree.text());
    for (NodeId id = 1; id < tree.node_count(); ++id) {
        const auto& node = tree.node(id);
        ASSERT_GE(node.begin, tree.node(node.parent).begin);
        ASSERT_LE(node.end, tree.node(node.parent).end);
    }
}

constexpr std::string_view kFile = R"(# settings
[build]
base_image = "python:3.12-slim" # pinned
ports = [
    8080, # web
    "53/udp",
]
env = { PORT = "8080", 'a b' = """x
y""" }
build.when = 2026-02-28 07:32:00.5+01:00

[[tool]]
"quoted.key" = 1e3
)";

TEST(SyntaxTree, IsTheTextInEveryHalfTypedState) {
    check_whole(SyntaxTree(std::string(kFile)));
    for (std::size_t i = 0; i < kFile.size(); ++i) {
        check_whole(SyntaxTree(std::string(kFile.substr(0, i))));
        auto without = std::string(kFile);
        without.erase(i, 1);
        check_whole(SyntaxTree(without));
        for (const char extra : {'"', '[', '{', '.', '=', '\n', '#'})
            check_whole(SyntaxTree(std::string(kFile).insert(i, 1, extra)));
    }
}

TEST(SyntaxTree, GoesOnBehindAFault) {
    const SyntaxTree tree(
        "[build]\nbase_image = \nports = [80,\nworkdir = \"/app\"\n[registry\nurl = \"a/b\"\n");
    std::vector<std::string> found;
    for (const auto& key : written_keys(tree))
        if (key.is_last) found.push_back(join(key.path, "."));
    EXPECT_EQ(join(found, " "),
              "build build.base_image build.ports build.workdir registry registry.url");
    EXPECT_EQ(tree.faults().size(), 3U);
}

TEST(SyntaxTree, StaysLinearOnHostileText) {
    for (const auto* piece : {"[", "{a=", "a.", "[[a]]\n", "\"", "a=[\n", "'''", "a = {\n"}) {
        std::string text;
        while (text.size() < 300'000) text += piece;
        const SyntaxTree tree(text);
        check_whole(tree);
        for (const auto& key : written_keys(tree)) ASSERT_LE(key.path.size(), 128U);
        place_at(tree, text.size() / 2);
    }
}

TEST(SyntaxTree, ResolvesEscapes) {
    EXPECT_EQ(decode_string(R"("a\tb\u00e9\U0001F600")"), "a\tb\xc3\xa9\xf0\x9f\x98\x80");
    EXPECT_EQ(decode_string("\"\"\"\na\\\n   b\"\"\""), "ab");
    EXPECT_EQ(decode_string("'C:\\x'"), "C:\\x");
    EXPECT_EQ(decode_string("\"half"), "half");
    EXPECT_EQ(decode_string("\"\\q\""), "\\q");
}

// ---- places

std::string kind_name(PlaceKind kind) {
    switch (kind) {
        case PlaceKind::Statement: return "statement";
        case PlaceKind::Key: return "key";
        case PlaceKind::Header: return "header";
        case PlaceKind::Value: return "value";
        case PlaceKind::None: break;
    }
    return "none";
}

/// `^` is the place; `expected` is its kind, its path and the text it would replace.
void check_place(std::string text, const std::string& expected) {
    const auto offset = text.find('^');
    text.erase(offset, 1);
    const SyntaxTree tree(text);
    const auto place = place_at(tree, offset);
    EXPECT_EQ(kind_name(place.kind) + " " + join(place.path, ".") + " [" +
                  text.substr(place.begin, place.end - place.begin) + "]",
              expected)
        << text;
}

TEST(PlaceAt, KnowsWhereKeysGo) {
    check_place("^", "statement  []");
    check_place("[build]\nba^", "statement build [ba]");
    check_place("[build]\n^\nports = [1]\n", "statement build []");
    check_place("build.wo^ = 1", "key build [wo]");
    check_place("build.^", "key build []");
    check_place("[tool.py^]", "header tool [py]");
    check_place("[^", "header  []");
    check_place("[build]\nenv = { PO^ }", "key build.env [PO]");
    check_place("[build]\nenv = { A = \"1\", ^ }", "key build.env []");
}

TEST(PlaceAt, KnowsWhereValuesGo) {
    check_place("[build]\nuser = ^", "value build.user []");
    check_place("[build]\nuser =^\nworkdir = 1", "value build.user []");
    check_place("[build]\nuser = \"ap^p\"", "value build.user [\"app\"]");
    check_place("[build]\nuser = \"ap^", "value build.user [\"ap]");
    check_place("[build]\nreproducible = tr^", "value build.reproducible [tr]");
    check_place("[build]\nports = [80, ^]", "value build.ports []");
    check_place("[build]\nports = [80, \"9^\"]", "value build.ports [\"9\"]");
    check_place("[build]\nports = [\n  ^\n]", "value build.ports []");
    check_place("[build]\nenv = { A = \"^\" }", "value build.env.A [\"\"]");
    check_place("[build]\nuser = \"app\" ^", "none  []");
    check_place("# a comment^", "none  []");
}

}  // namespace
}  // namespace pycontainer::toml
