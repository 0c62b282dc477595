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
    EXPECT_EQ(to_lsp(diagnostic), (Json{{"range",
                                         {{"start", {{"line", 1}, {"character", 2}}},
                                          {"end", {{"line", 1}, {"character", 5}}}}},
                                        {"severity", 2},
                                        {"code", "a/b"},
                                        {"source", "pycontainer"},
                                        {"message", "wrong\ndo this"}}));
}

TEST(PositionOf, RefusesWhatIsNoPosition) {
    EXPECT_EQ(position_of({{"line", 1}, {"character", 2}}), (Position{1, 2}));
    EXPECT_EQ(position_of({{"line", -1}, {"character", 2}}), std::nullopt);
    EXPECT_EQ(position_of({{"line", 5'000'000'000}, {"character", 2}}), std::nullopt);
    EXPECT_EQ(position_of(Json::array()), std::nullopt);
}

}  // namespace
}  // namespace pycontainer::lsp
