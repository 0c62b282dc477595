#include "lsp/documents.hpp"

#include <gtest/gtest.h>

namespace pycontainer::lsp {
namespace {

constexpr const char* kUri = "file:///p/pycontainer.toml";

Json place(int line, int character) {
    return {{"line", line}, {"character", character}};
}
Json edit(Json start, Json end, const char* text) {
    return {{"range", {{"start", std::move(start)}, {"end", std::move(end)}}}, {"text", text}};
}

std::string after(const char* text, Json changes) {
    Documents documents;
    documents.open({{"uri", kUri}, {"version", 1}, {"text", text}});
    documents.change({{"textDocument", {{"uri", kUri}, {"version", 2}}},
                      {"contentChanges", std::move(changes)}});
    const auto document = documents.find(kUri);
    EXPECT_EQ(document->version(), 2);
    return document->text();
}

TEST(Documents, FollowEdits) {
    EXPECT_EQ(after("a = 1\nb = 2\n", Json::array({edit(place(1, 4), place(1, 5), "3")})),
              "a = 1\nb = 3\n");
    EXPECT_EQ(after("a\r\nb\r\n", Json::array({edit(place(0, 1), place(1, 0), " ")})), "a b\r\n");
    EXPECT_EQ(after("x", Json::array({edit(place(0, 1), place(0, 1), "y"),
                                      edit(place(0, 0), place(0, 1), "z")})),
              "zy");  // in their order
    EXPECT_EQ(after("old", Json::array({Json{{"text", "new"}}})), "new");
}

TEST(Documents, CountUtf16) {
    EXPECT_EQ(after("\xf0\x9f\x90\x8d=1", Json::array({edit(place(0, 2), place(0, 3), ":")})),
              "\xf0\x9f\x90\x8d:1");
}

TEST(Documents, KnowWhichTextsAreOurs) {
    using intellisense::FileKind;
    const auto kind = [](const char* uri, const char* language) {
        Documents documents;
        return documents
            .open({{"uri", uri}, {"languageId", language}, {"version", 1}, {"text", "a = 1\n"}})
            ->kind();
    };
    EXPECT_EQ(kind("file:///p/pyproject.toml", "toml"), FileKind::Pyproject);
    EXPECT_EQ(kind("file:///p/pycontainer.toml", "plaintext"), FileKind::Configuration);
    EXPECT_EQ(kind("file:///p/ci.toml", "pycontainer-toml"), FileKind::Configuration);
    EXPECT_EQ(kind("untitled:Untitled-1", "pycontainer-toml"), FileKind::Configuration);
    EXPECT_EQ(kind("file:///p/Cargo.toml", "toml"), std::nullopt);
    EXPECT_EQ(kind("file:///p/xpyproject.toml", "toml"), std::nullopt);
}

TEST(Documents, SurviveNonsense) {
    EXPECT_EQ(after("a", Json::array({edit(place(9, 9), place(0, 0), "b"),
                                      Json{{"range", 3}, {"text", "c"}}, Json(7)})),
              "b")
        << "a range whose ends are swapped is the same range";
    Documents documents;
    documents.open({{"uri", 3}});
    documents.change(
        {{"textDocument", {{"uri", "file:///other"}}}, {"contentChanges", Json::array()}});
    EXPECT_TRUE(documents.all().empty());
}

}  // namespace
}  // namespace pycontainer::lsp
