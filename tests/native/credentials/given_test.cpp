#include "credentials/given.hpp"

#include "support/result_matchers.hpp"
#include "support/static_keychain.hpp"
#include "support/test_context.hpp"

#include <gtest/gtest.h>

namespace pycontainer::credentials {
namespace {

TEST(ReadGiven, ReadsAListAndTakesNothingForNone) {
    const Json list =
        Json::array({{{"registry", "ghcr.io"}, {"username", "me"}, {"password", "s"}}});
    const auto given = read_given(&list);
    ASSERT_EQ(given.size(), 1U);
    EXPECT_EQ(given[0].registry, "ghcr.io");
    EXPECT_EQ(given[0].username, "me");
    EXPECT_EQ(given[0].password, "s");
    EXPECT_TRUE(read_given(nullptr).empty());
}

TEST(GivenKeychain, AnswersForItsRegistriesAndAsksOnForOthers) {
    testing::TestContext test;
    testing::StaticKeychain found;
    found.set("ghcr.io", {"found", "f", {}, "a file", {}});
    found.set("quay.io", {"found", "f", {}, "a file", {}});
    GivenKeychain keychain({{"ghcr.io", "me", "s"}, {"docker.io", "hub", "h"}}, found);
    const auto name = [&](const std::string& registry) {
        return keychain.resolve(test.ctx, registry, "acme/api")->username;
    };
    EXPECT_EQ(name("ghcr.io"), "me");
    EXPECT_EQ(name("index.docker.io"), "hub");
    EXPECT_EQ(name("quay.io"), "found");
    EXPECT_EQ(name("ghcr.io.evil.example"), "");
}

}  // namespace
}  // namespace pycontainer::credentials
