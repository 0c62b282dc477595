#include "registry/grant.hpp"

#include "credentials/base64.hpp"

#include <gtest/gtest.h>

namespace pycontainer::registry {
namespace {

std::string jwt(const std::string& claims) {
    auto text = credentials::to_base64(claims);
    while (text.ends_with('=')) text.pop_back();
    for (auto& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
    return "e30." + text + ".c2ln";
}

TEST(Grant, ReadsTheAccessClaimOfAToken) {
    const auto grant = Grant::read(
        {}, jwt(R"({"access": [{"type": "repository", "name": "acme/api", "actions": ["pull"]},
                               {"type": "registry", "name": "catalog", "actions": ["*"]}]})"));
    ASSERT_TRUE(grant);
    EXPECT_TRUE(grant->allows("acme/api", "pull"));
    EXPECT_FALSE(grant->allows("acme/api", "push"));
    EXPECT_FALSE(grant->allows("catalog", "pull"));
    EXPECT_EQ(grant->describe("acme/api"), "pull");
    EXPECT_EQ(grant->describe("acme/other"), "nothing");
}

TEST(Grant, ReadsTheScopeOfAnOAuthAnswer) {
    const auto grant = Grant::read(
        {{"scope", "repository:host:5000/acme/api:pull,push repository:library/python:pull"}}, "t");
    ASSERT_TRUE(grant);
    EXPECT_TRUE(grant->allows("host:5000/acme/api", "push"));
    EXPECT_TRUE(grant->allows("library/python", "pull"));
    EXPECT_FALSE(grant->allows("library/python", "push"));
    EXPECT_EQ(grant->describe("host:5000/acme/api"), "pull,push");
}

TEST(Grant, KnowsTheStarAndAnEmptyList) {
    const auto all = Grant::read(
        {}, jwt(R"({"access": [{"type": "repository", "name": "a/b", "actions": ["*"]}]})"));
    ASSERT_TRUE(all);
    EXPECT_TRUE(all->allows("a/b", "push"));
    for (const auto* none :
         {R"({"access": []})",
          R"({"access": [{"type": "repository", "name": "a/b", "actions": []}]})",
          R"({"access": [{"type": "repository", "name": "a/b", "actions": null}]})"}) {
        const auto grant = Grant::read({}, jwt(none));
        ASSERT_TRUE(grant) << none;
        EXPECT_FALSE(grant->allows("a/b", "pull")) << none;
    }
}

TEST(Grant, DoesNotGuessWhereNothingTells) {
    for (const auto& token :
         {std::string(), std::string("opaque"), std::string("a.b"), std::string("a.!!.c"),
          jwt("[]"), jwt("{}"), jwt(R"({"access": "all"})"), jwt(R"({"access": ["acme/api"]})"),
          jwt(R"({"access": [{"Type": "repository", "Name": "a", "Actions": ["pull"]}]})"),
          jwt(R"({"access": [{"type": "repository", "name": "a", "actions": "pull"}]})")})
        EXPECT_FALSE(Grant::read(Json::object(), token)) << token;
    EXPECT_FALSE(Grant::read({{"scope", "read write"}}, "opaque"));
    EXPECT_FALSE(Grant::read({{"scope", ""}}, "opaque"));
}

}  // namespace
}  // namespace pycontainer::registry
