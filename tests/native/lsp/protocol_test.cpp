#include "lsp/protocol.hpp"

#include <gtest/gtest.h>

namespace pycontainer::lsp {
namespace {

TEST(PathOfUri, DecodesFileUris) {
    EXPECT_EQ(path_of_uri("file:///p/pycontainer.toml"), "/p/pycontainer.toml");
    EXPECT_EQ(path_of_uri("file://host/p"), "/p");
    EXPECT_EQ(path_of_uri("file:///a%20b/%C3%A9.toml"), "/a b/\xc3\xa9.toml");
    for (const auto* uri :
         {"untitled:x", "file://host", "file:///a%2", "file:///a%zz", "file:///a%00b", ""})
        EXPECT_EQ(path_of_uri(uri), std::nullopt) << uri;
}

TEST(ToLsp, KeepsPlaceSeverityAndHint) {
    const Diagnostic diagnostic{
        "pycontainer.toml", {{1, 2}, {1, 5}}, Severity::Warning, "a/b", "wrong", "do this"};
    const toml::LineIndex lines("first\nsecond line\n");
    EXPECT_EQ(to_lsp(diagnostic, Columns(lines, PositionEncoding::Utf16)),
              (Json{{"range",
                     {{"start", {{"line", 1}, {"character", 2}}},
                      {"end", {{"line", 1}, {"character", 5}}}}},
                    {"severity", 2},
                    {"code", "a/b"},
                    {"source", "pycontainer"},
                    {"message", "wrong\ndo this"}}));
}

TEST(UriOfPath, IsTheOtherDirection) {
    for (const auto* path : {"/p/pycontainer.toml", "/a b/\xc3\xa9#?%.toml"})
        EXPECT_EQ(path_of_uri(uri_of_path(path)), path);
}

TEST(Columns, CountWhatTheClientCounts) {
    const toml::LineIndex lines("a = \"\xc3\xa9\xf0\x9f\x98\x80\" # x\r\nb");
    const auto hash = lines.text().find('#');
    const std::pair<PositionEncoding, unsigned> expected[] = {{PositionEncoding::Utf8, 13U},
                                                              {PositionEncoding::Utf16, 10U},
                                                              {PositionEncoding::Utf32, 9U}};
    for (const auto& [encoding, column] : expected) {
        const Columns columns(lines, encoding);
        EXPECT_EQ(columns.column(hash), column);
        EXPECT_EQ(columns.offset({{"line", 0}, {"character", column}}), hash);
        EXPECT_EQ(columns.offset({{"line", 9}, {"character", 0}}), lines.text().size());
        EXPECT_EQ(columns.offset({{"line", -1}, {"character", 0}}), std::nullopt);
        EXPECT_EQ(columns.offset({{"line", 0}, {"character", "x"}}), std::nullopt);
    }
}

TEST(Columns, CountAByteOrderMarkThatTheClientHasSent) {
    const toml::LineIndex lines(
        "\xEF\xBB\xBF"
        "ab\nc");
    const std::pair<PositionEncoding, unsigned> expected[] = {
        {PositionEncoding::Utf8, 4U}, {PositionEncoding::Utf16, 2U}, {PositionEncoding::Utf32, 2U}};
    for (const auto& [encoding, column] : expected) {
        const Columns columns(lines, encoding);
        EXPECT_EQ(columns.column(4), column);
        EXPECT_EQ(columns.offset({{"line", 0}, {"character", column}}), 4U);
        EXPECT_EQ(columns.offset({{"line", 0}, {"character", 0}}), 0U);
        EXPECT_EQ(columns.offset({{"line", 1}, {"character", 0}}), 6U);
        EXPECT_EQ(columns.column(6), 0U);
    }
}

TEST(ChooseEncoding, TakesTheClientsFirst) {
    const auto with = [](Json names) {
        return Json{{"general", {{"positionEncodings", std::move(names)}}}};
    };
    EXPECT_EQ(choose_encoding(with({"utf-8", "utf-16"})), PositionEncoding::Utf8);
    EXPECT_EQ(choose_encoding(with({"utf-7", "utf-32"})), PositionEncoding::Utf32);
    EXPECT_EQ(choose_encoding(with({3})), PositionEncoding::Utf16);
    EXPECT_EQ(choose_encoding(Json(7)), PositionEncoding::Utf16);
}

}  // namespace
}  // namespace pycontainer::lsp
