#include "packaging/dependency_groups.hpp"

#include "support/result_matchers.hpp"

#include <gtest/gtest.h>

namespace pycontainer::packaging {
namespace {

Json include(const char* name) {
    return {{"include-group", name}};
}

Json texts(const Json& table, std::string_view name) {
    const auto group = resolve_dependency_group(table, name);
    if (!group) return group.error().code;
    Json result = Json::array();
    for (const auto& requirement : *group) result.push_back(requirement.to_string());
    return result;
}

TEST(ResolveDependencyGroup, PutsIncludedGroupsInTheirPlace) {
    const Json table = {{"typing", {"mypy>=1"}},
                        {"test", {"pytest[x] >= 8", include("typing"), "coverage"}},
                        {"dev", {include("test"), include("Typing")}},
                        {"empty", Json::array()}};
    EXPECT_EQ(texts(table, "test"), Json({"pytest[x]>=8", "mypy>=1", "coverage"}));
    EXPECT_EQ(texts(table, "dev"), Json({"pytest[x]>=8", "mypy>=1", "coverage", "mypy>=1"}));
    EXPECT_EQ(texts(table, "empty"), Json::array());
}

TEST(ResolveDependencyGroup, ComparesNormalizedNames) {
    EXPECT_EQ(texts({{"Dev_Tools", {"a"}}}, "dev.tools"), Json({"a"}));
    EXPECT_ERROR(
        resolve_dependency_group({{"dev-x", {"a"}}, {"Dev_X", {"b"}}, {"other", {"c"}}}, "other"),
        "packaging/invalid-group", "`Dev_X`", "`dev-x`", "same name");
}

TEST(ResolveDependencyGroup, RefusesGroupsThatIncludeThemselves) {
    EXPECT_ERROR(resolve_dependency_group({{"a", {include("a")}}}, "a"), "packaging/invalid-group",
                 "`a` includes itself");
    EXPECT_ERROR(resolve_dependency_group(
                     {{"a", {include("b")}}, {"b", {include("c")}}, {"c", {include("A")}}}, "a"),
                 "packaging/invalid-group", "`A` includes itself", "by way of `c`");
}

TEST(ResolveDependencyGroup, NamesWhatExists) {
    const Json table = {{"dev", {"a", include("tset")}}, {"test", {"b"}}};
    EXPECT_ERROR(resolve_dependency_group(table, "docs"), "packaging/unknown-group", "`docs`",
                 "dev, test");
    EXPECT_ERROR(resolve_dependency_group(table, "dev"), "packaging/unknown-group",
                 "`dev` includes `tset`");
    EXPECT_ERROR(resolve_dependency_group(Json::object(), "dev"), "packaging/unknown-group",
                 "there are none");
}

TEST(ResolveDependencyGroup, RefusesOtherForms) {
    const Json entries = {
        3, Json::object(), {{"include-group", 3}}, {{"path", "x"}}, Json::array()};
    for (const auto& entry : entries)
        EXPECT_EQ(texts({{"dev", {"a", entry}}}, "dev"), "packaging/invalid-group") << entry.dump();
    auto two_keys = include("dev");
    two_keys["more"] = 1;
    EXPECT_EQ(texts({{"dev", Json::array({two_keys})}}, "dev"), "packaging/invalid-group");
    EXPECT_EQ(texts({{"dev", "pytest"}}, "dev"), "packaging/invalid-group");
    EXPECT_EQ(texts(Json::array(), "dev"), "packaging/invalid-group");
    EXPECT_EQ(texts({{"dev", {"not a requirement"}}}, "dev"), "packaging/invalid-requirement");
}

TEST(ResolveDependencyGroup, LimitsWhatItUnfolds) {
    Json table = {{"g0", {"a", "b"}}};
    for (int i = 1; i < 40; ++i) {
        const auto before = "g" + std::to_string(i - 1);
        table["g" + std::to_string(i)] = {include(before.c_str()), include(before.c_str())};
    }
    EXPECT_ERROR(resolve_dependency_group(table, "g39"), "packaging/invalid-group", "unfolds");
}

TEST(ResolveDependencyGroup, FollowsLongChains) {
    Json table = {{"g0", {"a"}}};
    for (int i = 1; i < 2000; ++i) {
        const auto before = "g" + std::to_string(i - 1);
        table["g" + std::to_string(i)] = Json::array({include(before.c_str())});
    }
    EXPECT_EQ(texts(table, "g1999"), Json({"a"}));
}

}  // namespace
}  // namespace pycontainer::packaging
