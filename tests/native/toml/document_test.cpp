#include "toml/document.hpp"

#include <gtest/gtest.h>

namespace pycontainer::toml {
namespace {

/// The text of `range` in `text`, which is one of ASCII lines.
std::string excerpt(std::string_view text, const std::optional<Range>& range) {
    if (!range) return "(none)";
    std::vector<std::size_t> starts{0};
    for (std::size_t i = 0; i < text.size(); ++i)
        if (text[i] == '\n') starts.push_back(i + 1);
    const auto begin = starts[range->start.line] + range->start.character;
    const auto end = starts[range->end.line] + range->end.character;
    return std::string(text.substr(begin, end - begin));
}

void check_value(std::string_view text, std::string_view expected_json) {
    SCOPED_TRACE(text);
    const auto document = parse(text, "f.toml");
    ASSERT_TRUE(document.diagnostics.empty()) << to_string(document.diagnostics[0]);
    EXPECT_EQ(document.value, Json::parse(expected_json));
}

TEST(Document, TurnsTomlIntoJson) {
    check_value("", "{}");
    check_value("a = 1\nb = -2\nc = 1.5\nd = true\ne = \"x\\n\"\nf = [1, [\"y\"]]",
                R"({"a":1,"b":-2,"c":1.5,"d":true,"e":"x\n","f":[1,["y"]]})");
    check_value("[build]\nlabels.a = \"1\"\n[build.env]\nPORT = \"8080\"",
                R"({"build":{"labels":{"a":"1"},"env":{"PORT":"8080"}}})");
    check_value("[[package]]\nname = \"a\"\n[[package]]\nname = \"b\"\nx = {y = 0xff}",
                R"({"package":[{"name":"a"},{"name":"b","x":{"y":255}}]})");
    check_value(
        "d = 2024-02-03\nt = 07:32:00.5\nl = 1979-05-27T07:32:00\nz = 1979-05-27T07:32:00Z\no = "
        "1979-05-27 00:32:00.000001-07:30",
        R"({"d":"2024-02-03","t":"07:32:00.5","l":"1979-05-27T07:32:00","z":"1979-05-27T07:32:00Z","o":"1979-05-27T00:32:00.000001-07:30"})");
    check_value(
        "\xEF\xBB\xBF"
        "a = 1\r\nb = 2\r\n",
        R"({"a":1,"b":2})");
    EXPECT_TRUE(parse("a = 1", "f").value["a"].is_number_unsigned());
}

/// Both ranges of a pointer, as the text they cover.
void check_ranges(std::string_view text, std::string_view pointer, std::string_view key,
                  std::string_view value) {
    SCOPED_TRACE(testing::Message() << pointer << " in " << text);
    const auto document = parse(text, "f.toml");
    ASSERT_TRUE(document.diagnostics.empty()) << to_string(document.diagnostics[0]);
    EXPECT_EQ(excerpt(text, document.key_range(pointer)), key);
    EXPECT_EQ(excerpt(text, document.value_range(pointer)), value);
}

TEST(Document, KnowsWhereKeysAndValuesAre) {
    constexpr std::string_view kText =
        "top = 'x' # c\n"
        "[build]\n"
        "base-image = \"python:3.11\"\n"
        "ports = [ 80, \"81/udp\",\n  82]\n"
        "labels = { a = \"1\", \"b/~c\" = \"2\" }\n"
        "deep . er = 0x1F\n"
        "[ build . env ]\n"
        "PORT = \"8080\"";
    check_ranges(kText, "", "(none)", "");
    check_ranges(kText, "/top", "top", "'x'");
    check_ranges(kText, "/build", "build", "[build]");
    check_ranges(kText, "/build/base-image", "base-image", "\"python:3.11\"");
    check_ranges(kText, "/build/ports", "ports", "[ 80, \"81/udp\",\n  82]");
    check_ranges(kText, "/build/ports/0", "(none)", "80");
    check_ranges(kText, "/build/ports/1", "(none)", "\"81/udp\"");
    check_ranges(kText, "/build/ports/2", "(none)", "82");
    check_ranges(kText, "/build/ports/3", "(none)", "(none)");
    check_ranges(kText, "/build/ports/x", "(none)", "(none)");
    check_ranges(kText, "/build/labels", "labels", "{ a = \"1\", \"b/~c\" = \"2\" }");
    check_ranges(kText, "/build/labels/a", "a", "\"1\"");
    check_ranges(kText, "/build/labels/b~1~0c", "\"b/~c\"", "\"2\"");
    check_ranges(kText, "/build/deep", "deep", "deep");
    check_ranges(kText, "/build/deep/er", "er", "0x1F");
    check_ranges(kText, "/build/env", "env", "[ build . env ]");
    check_ranges(kText, "/build/env/PORT", "PORT", "\"8080\"");
    check_ranges(kText, "/build/env/PORT/x", "(none)", "(none)");
    check_ranges(kText, "build", "(none)", "(none)");
}

TEST(Document, KnowsWhereTablesInArraysAre) {
    constexpr std::string_view kText = "[[p]]\nn = 1\n[[p]]\nn = 2\n[p.q]\nr = true\n";
    check_ranges(kText, "/p", "p", "[[p]]");
    check_ranges(kText, "/p/0", "(none)", "[[p]]");
    check_ranges(kText, "/p/1/n", "n", "2");
    check_ranges(kText, "/p/1/q", "q", "[p.q]");
    EXPECT_EQ(parse(kText, "f").value_range("/p/1")->start, (Position{2, 0}));
}

TEST(Document, KnowsWhereMultiLineStringsEnd) {
    check_ranges("a = \"\"\"\nx\ny\"\"\" # c\nb = 1", "/a", "a", "\"\"\"\nx\ny\"\"\"");
    check_ranges("a = '''x''''\nb = 1", "/a", "a", "'''x''''");
}

TEST(Document, CountsColumnsInUtf16) {
    const auto document = parse("# 😀\r\n\"😀\" = [\"😀é\", 2] # x\r\n", "f.toml");
    EXPECT_EQ(document.key_range("/😀"), (Range{{1, 0}, {1, 4}}));
    EXPECT_EQ(document.value_range("/😀"), (Range{{1, 7}, {1, 17}}));
    EXPECT_EQ(document.value_range("/😀/0"), (Range{{1, 8}, {1, 13}}));
    EXPECT_EQ(document.value_range("/😀/1"), (Range{{1, 15}, {1, 16}}));
}

TEST(Document, IgnoresAByteOrderMarkInColumns) {
    EXPECT_EQ(parse("\xEF\xBB\xBF"
                    "a = 1",
                    "f")
                  .value_range("/a"),
              (Range{{0, 4}, {0, 5}}));
}

TEST(Document, AlwaysHasAPlace) {
    const auto document = parse("[a]\nb = 1", "f");
    EXPECT_EQ(document.range_or_start("/a/b"), (Range{{1, 4}, {1, 5}}));
    EXPECT_EQ(document.range_or_start("/nothing"), Range());
    EXPECT_EQ(Document().range_or_start("/a"), Range());
}

void check_refused(std::string_view text, std::string_view code, Position start) {
    SCOPED_TRACE(text.substr(0, 60));
    const auto document = parse(text, "f.toml");
    ASSERT_EQ(document.diagnostics.size(), 1U);
    EXPECT_EQ(document.diagnostics[0].code, code) << document.diagnostics[0].message;
    EXPECT_EQ(document.diagnostics[0].range.start, start) << to_string(document.diagnostics[0]);
    EXPECT_TRUE(document.value.empty());
    EXPECT_EQ(document.value_range("/a"), std::nullopt);
}

std::string repeated(std::string_view part, std::size_t times) {
    std::string text;
    text.reserve(part.size() * times);
    for (std::size_t i = 0; i < times; ++i) text += part;
    return text;
}

TEST(Document, RefusesBytesThatAreNotText) {
    check_refused("a = 1\nb = \"\xFF\"", "toml/syntax", {1, 5});
    check_refused("# é\n# \xC3", "toml/syntax", {1, 2});
    check_refused("a = \"\xED\xA0\x80\"", "toml/syntax", {0, 5});
    check_refused(std::string_view("a = 1\n\0", 7), "toml/syntax", {1, 0});
    check_refused(std::string(5000, '\xFF'), "toml/syntax", {0, 0});
}

TEST(Document, RefusesWhatWouldExhaustTheStack) {
    check_refused("a = " + repeated("[", 100'000), "toml/too-large", {0, 131});
    check_refused("a = " + repeated("{a=", 100'000), "toml/too-large", {0, 385});
    check_refused(repeated("a.", 1'000'000) + "a = 1", "toml/too-large", {0, 255});
    check_refused("[" + repeated("a.", 1'000'000) + "a]", "toml/too-large", {0, 256});
    check_refused("[" + repeated("a.", 100) + "a]\n" + repeated("b.", 40) + "c = 1",
                  "toml/too-large", {1, 53});
    const auto dotted = repeated("a.", 50) + "a = {";
    check_refused(dotted + dotted + dotted, "toml/too-large", {0, 261});
}

TEST(Document, AcceptsReasonableDepth) {
    check_value("a = " + repeated("[", 100) + repeated("]", 100),
                "{\"a\":" + repeated("[", 100) + repeated("]", 100) + "}");
    EXPECT_TRUE(parse(repeated("a.", 100) + "a = 1", "f").diagnostics.empty());
    EXPECT_TRUE(parse("a = [" + repeated("1.5, ", 100'000) + "]", "f").diagnostics.empty())
        << "dots of numbers are not parts";
    EXPECT_TRUE(
        parse(repeated("[[package]]\nname = \"a.b.c\" # [x.y\n", 20'000), "f").diagnostics.empty());
    EXPECT_TRUE(
        parse("a = [" + repeated("{ b.c = 1, d = [1] }, ", 10'000) + "]", "f").diagnostics.empty());
}

TEST(Document, RefusesWhatWouldTakeForEver) {
    std::string text;
    for (int i = 0; i < 60'000; ++i) text += "[t" + std::to_string(i) + "]\n";
    check_refused(text, "toml/too-large", {50'000, 0});
    check_refused(std::string(kMaxBytes + 1, ' '), "toml/too-large", {0, 0});
}

TEST(Document, NeverCrashes) {
    constexpr std::string_view kText =
        "# c\n[a.\"b\"]\nx = [1, {y = '''z'''}, 1979-05-27 07:32:00Z]\n[[p]]\nq.r = \"\\u00e9\" "
        "\r\n";
    for (std::size_t i = 0; i <= kText.size(); ++i) {
        parse(kText.substr(0, i), "f");
        parse(kText.substr(i), "f");
        for (const char c : std::string_view("\0\x01\"'[]{}.=,#\n\r\\\xF0\xFF", 17)) {
            std::string changed(kText);
            changed.insert(i, 1, c);
            const auto document = parse(changed, "f");
            if (document.diagnostics.empty())
                EXPECT_TRUE(document.value.is_object());
            else
                EXPECT_FALSE(document.diagnostics[0].message.empty());
        }
    }
}

TEST(Pointer, EscapesAndSplits) {
    EXPECT_EQ(pointer_to("", "build"), "/build");
    EXPECT_EQ(pointer_to("/a", "b/~c"), "/a/b~1~0c");
    EXPECT_EQ(pointer_to("/a", 3U), "/a/3");
    EXPECT_EQ(pointer_tokens("/a/b~1~0c/"), (std::vector<std::string>{"a", "b/~c", ""}));
    EXPECT_EQ(pointer_tokens(""), std::vector<std::string>());
    EXPECT_EQ(pointer_tokens("a"), std::nullopt);
}

}  // namespace
}  // namespace pycontainer::toml
