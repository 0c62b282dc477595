#include "base/json.hpp"

#include "support/result_matchers.hpp"

#include <gtest/gtest.h>

namespace pycontainer {
namespace {

TEST(ParseJson, SaysWhereItBreaks) {
    EXPECT_ERROR(parse_json("{\"a\": }", "the manifest"), "json/invalid", "the manifest", "byte 7");
}

TEST(ParseJson, RefusesDeepNesting) {
    EXPECT_ERROR(parse_json(std::string(100'000, '['), "it"), "json/invalid", "200 levels");
    EXPECT_OK(parse_json(std::string(200, '[') + std::string(200, ']'), "it"));
    EXPECT_OK(
        parse_json("\"" + std::string(1000, '[') + "\"", "it"));  // brackets in a string are text
}

TEST(Members, AreNothingWhenTheTypeIsAnother) {
    const Json json{{"text", "a"}, {"number", 7}, {"negative", -1}, {"flag", true}};
    EXPECT_EQ(string_member(json, "text"), "a");
    EXPECT_EQ(string_member(json, "number"), std::nullopt);
    EXPECT_EQ(unsigned_member(json, "number"), 7U);
    EXPECT_EQ(unsigned_member(json, "negative"), std::nullopt);
    EXPECT_EQ(bool_member(json, "flag"), true);
    EXPECT_EQ(string_member(Json::array(), "text"), std::nullopt);
    EXPECT_EQ(member(Json(3), "text"), nullptr);
}

TEST(DumpJson, ReplacesInvalidUtf8) {
    EXPECT_EQ(dump_json(Json("\xff")), "\"\xef\xbf\xbd\"");
}

}  // namespace
}  // namespace pycontainer
