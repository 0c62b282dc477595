#include "credentials/given.hpp"

#include "support/result_matchers.hpp"
#include "support/static_keychain.hpp"
#include "support/test_context.hpp"

#include <gtest/gtest.h>

namespace pycontainer::credentials {
namespace {

TEST(ReadGiven, ReadsAListAndTakesNothingForNone) {
    const Json list = Json::array({{{"registry", "ghcr.io"}, {"username", "me"}, {"password", "s"}},
                                   {{"registry", "acme.azurecr.io"}, {"entra_token", "t"}}});
    const auto given = read_given(&list);
    ASSERT_EQ(given.size(), 2U);
    EXPECT_EQ(given[0].registry, "ghcr.io");
    EXPECT_EQ(given[0].username, "me");
    EXPECT_EQ(given[0].password, "s");
    EXPECT_EQ(given[1].entra_token, "t");
    EXPECT_EQ(given[1].password, "");
    EXPECT_TRUE(read_given(nullptr).empty());
}

TEST(GivenKeychain, AnswersForItsRegistriesAndAsksOnForOthers) {
    testing::TestContext test;
    testing::StaticKeychain found;
    found.set("ghcr.io", {"found", "f", {}, "a file", {}});
    found.set("quay.io", {"found", "f", {}, "a file", {}});
    GivenKeychain keychain({{"ghcr.io", "me", "s"},
                            {"docker.io", "hub", "h"},
                            {.registry = "acme.azurecr.io", .entra_token = "t"}},
                           found);
    const auto name = [&](const std::string& registry) {
        return keychain.resolve(test.ctx, registry, "acme/api")->username;
    };
    EXPECT_EQ(name("ghcr.io"), "me");
    EXPECT_EQ(name("index.docker.io"), "hub");
    EXPECT_EQ(name("quay.io"), "found");
    EXPECT_EQ(name("ghcr.io.evil.example"), "");
    const auto azure = keychain.resolve(test.ctx, "acme.azurecr.io", "api");
    EXPECT_EQ(azure->entra_token, "t");
    EXPECT_EQ(azure->source, "the editor");
}

}  // namespace
}  // namespace pycontainer::credentials
