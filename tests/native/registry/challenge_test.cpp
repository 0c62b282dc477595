#include "registry/challenge.hpp"

#include <gtest/gtest.h>

namespace pycontainer::registry {
namespace {

std::vector<Challenge> parse(std::vector<std::string> fields) {
    return parse_challenges(fields);
}

TEST(Challenge, ReadsBearer) {
    const auto found = parse(
        {R"(Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:samalba/my-app:pull,push")"});
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].scheme, "bearer");
    EXPECT_EQ(found[0].parameter("realm"), "https://auth.docker.io/token");
    EXPECT_EQ(found[0].parameter("service"), "registry.docker.io");
    EXPECT_EQ(found[0].parameter("scope"), "repository:samalba/my-app:pull,push");
    EXPECT_EQ(found[0].parameter("error"), "");
}

TEST(Challenge, TellsSeveralInOneFieldApart) {
    const std::vector<Challenge> expected{
        {"basic", {{"realm", "a, b"}}},
        {"bearer", {{"realm", "https://x.example/"}, {"service", "s"}}},
        {"negotiate", {}}};
    EXPECT_EQ(
        parse({R"(Basic realm="a, b", Bearer realm="https://x.example/",service=s, Negotiate)"}),
        expected);
    EXPECT_EQ(parse({R"(Basic realm="a, b")", R"(Bearer realm="https://x.example/" , service = s)",
                     "Negotiate"}),
              expected);
    EXPECT_EQ(
        parse(
            {R"(,, BASIC Realm="a, b",,bearer REALM="https://x.example/",service="s",,Negotiate ,)"}),
        expected);
}

TEST(Challenge, ReadsQuotedPairs) {
    EXPECT_EQ(parse({R"(Basic realm="a\"b\\c")"})[0].parameter("realm"), "a\"b\\c");
}

TEST(Challenge, SkipsToken68) {
    const std::vector<Challenge> expected{{"negotiate", {}}, {"basic", {{"realm", "r"}}}};
    EXPECT_EQ(parse({R"(Negotiate abc/def==, Basic realm="r")"}), expected);
}

TEST(Challenge, SurvivesAnything) {
    EXPECT_TRUE(parse({}).empty());
    EXPECT_TRUE(parse({""}).empty());
    EXPECT_TRUE(parse({R"(realm="no scheme")"}).empty());
    EXPECT_EQ(parse({R"(Basic realm="never closed)"})[0].parameter("realm"), "never closed");
    EXPECT_EQ(parse({"Basic realm="})[0].parameter("realm"), "");
    EXPECT_EQ(parse({R"(Basic realm="x\)"}).size(), 1U);
    EXPECT_EQ(parse({"\x01\x02 Basic, Basic"}).size(), 1U);
    EXPECT_EQ(parse({"a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t"}).size(), 16U);
    EXPECT_TRUE(parse({"@@@@====\"\"\"\",,,,"}).empty());
}

}  // namespace
}  // namespace pycontainer::registry
