#include "registry/authenticator.hpp"

#include "credentials/base64.hpp"
#include "support/fake_http_client.hpp"
#include "support/result_matchers.hpp"
#include "support/static_keychain.hpp"
#include "support/test_context.hpp"

#include <gtest/gtest.h>

namespace pycontainer::registry {
namespace {

using testing::FakeHttpClient;

constexpr auto kToken = "https://auth.example/token?service=s&scope=repository%3Aacme%2Fapi%3Apull";
const Scope kPull{"acme/api", Access::Pull, {}};

class AuthenticatorTest : public ::testing::Test {
protected:
    AuthenticatorTest() {
        keychain_.set("ghcr.io", {"me", "s3cret", "", "the test", {}});
        keychain_.set("token.example", {"", "", "refresh me", "the test", {}});
    }
    std::unique_ptr<Authenticator> make(const std::string& challenge,
                                        const std::string& registry = "ghcr.io") {
        const std::vector<std::string> fields{challenge};
        return std::make_unique<Authenticator>(http_, keychain_, registry,
                                               *net::Url::parse("https://" + registry),
                                               parse_challenges(fields));
    }
    static std::string bearer(const std::string& realm) {
        return "Bearer realm=\"" + realm + "\",service=\"s\"";
    }

    testing::TestContext context_;
    FakeHttpClient http_;
    testing::StaticKeychain keychain_;
};

TEST(Scope, AsksForNoMoreThanIsNeeded) {
    using Strings = std::vector<std::string>;
    EXPECT_EQ(kPull.to_strings(), Strings{"repository:acme/api:pull"});
    EXPECT_EQ((Scope{"acme/api", Access::Push, {}}.to_strings()),
              Strings{"repository:acme/api:pull,push"});
    EXPECT_EQ((Scope{"acme/api", Access::Push, "library/python"}.to_strings()),
              (Strings{"repository:acme/api:pull,push", "repository:library/python:pull"}));
    EXPECT_EQ((Scope{"acme/api", Access::Push, "acme/api"}.to_strings()),
              Strings{"repository:acme/api:pull,push"});
}

TEST(TrustedRealm, IsTheRegistryItselfOrBehindTls) {
    const auto check = [](std::string_view realm, std::string_view base, bool with_credentials,
                          bool anonymous) {
        EXPECT_EQ(is_trusted_realm(*net::Url::parse(realm), *net::Url::parse(base), false),
                  with_credentials)
            << realm << " for " << base;
        EXPECT_EQ(is_trusted_realm(*net::Url::parse(realm), *net::Url::parse(base), true),
                  anonymous)
            << realm << " for " << base;
    };
    check("https://auth.docker.io/token", "https://registry-1.docker.io", true, true);
    check("https://reg.example/token", "https://reg.example", true, true);
    check("http://auth.example/token", "https://reg.example", false, false);
    check("http://reg.example/token", "https://reg.example", false, false);
    check("http://reg.example:443/token", "https://reg.example", false, false);
    check("https://127.0.0.1/token", "https://reg.example", false, false);
    check("https://localhost:8443/token", "https://reg.example", false, false);
    check("https://169.254.169.254/token", "https://reg.example", false, false);
    check("http://169.254.169.254/token", "http://127.0.0.1:5000", false, false);
    check("https://[fe80::1]/token", "https://reg.example", false, false);
    check("http://127.0.0.1:5004/token", "http://127.0.0.1:5004", true, true);
    check("http://127.0.0.1:5005/token", "http://127.0.0.1:5004", false, true);
    check("https://127.0.0.1:5005/token", "https://127.0.0.1:5004", true, true);
    check("ftp://reg.example/token", "https://reg.example", false, false);
}

TEST_F(AuthenticatorTest, SaysNothingWithoutAChallenge) {
    EXPECT_EQ(make("")->authorization(context_.ctx, kPull).value(), std::nullopt);
    EXPECT_EQ(make("Negotiate")->authorization(context_.ctx, kPull).value(), std::nullopt);
    EXPECT_TRUE(http_.requests().empty());
}

TEST_F(AuthenticatorTest, UsesBasicCredentials) {
    EXPECT_EQ(make("Basic realm=\"x\"")->authorization(context_.ctx, kPull).value(),
              "Basic " + credentials::to_base64("me:s3cret"));
    EXPECT_EQ(
        make("Basic realm=\"x\"", "other.example")->authorization(context_.ctx, kPull).value(),
        std::nullopt);
}

TEST_F(AuthenticatorTest, FetchesATokenOnceForItsScope) {
    http_.on("GET", kToken, {.status = 200, .body = R"({"token": "t1", "expires_in": 300})"});
    const auto authenticator = make(bearer("https://auth.example/token"));
    for (int i = 0; i < 3; ++i)
        EXPECT_EQ(authenticator->authorization(context_.ctx, kPull).value(), "Bearer t1");
    ASSERT_EQ(http_.requests().size(), 1U);
    EXPECT_EQ(http_.requests()[0].headers.find("Authorization"),
              "Basic " + credentials::to_base64("me:s3cret"));
    EXPECT_EQ(authenticator->known_authorization(kPull), "Bearer t1");
    EXPECT_EQ(authenticator->known_authorization({"acme/api", Access::Push, {}}), std::nullopt);
}

TEST_F(AuthenticatorTest, AsksAnonymouslyWithoutCredentials) {
    http_.on("GET", kToken, {.status = 200, .body = R"({"access_token": "t"})"});
    EXPECT_EQ(make(bearer("https://auth.example/token"), "other.example")
                  ->authorization(context_.ctx, kPull)
                  .value(),
              "Bearer t");
    EXPECT_EQ(http_.requests()[0].headers.find("Authorization"), std::nullopt);
}

TEST_F(AuthenticatorTest, SendsIdentityTokensByPost) {
    http_.on("POST", "https://auth.example/token",
             {.status = 200, .body = R"({"access_token": "t", "expires_in": 300})"});
    EXPECT_EQ(make(bearer("https://auth.example/token"), "token.example")
                  ->authorization(context_.ctx, kPull)
                  .value(),
              "Bearer t");
    EXPECT_EQ(http_.requests()[0].body,
              "grant_type=refresh_token&client_id=pycontainer&service=s&scope=repository%3Aacme%"
              "2Fapi%3Apull&refresh_token=refresh%20me");
}

TEST_F(AuthenticatorTest, RenewsATokenThatWasRefusedOrEnded) {
    http_.on("GET", kToken, {.status = 200, .body = R"({"token": "t1", "expires_in": 300})"});
    http_.on("GET", kToken, {.status = 200, .body = R"({"token": "t2", "expires_in": 0})"});
    http_.on("GET", kToken, {.status = 200, .body = R"({"token": "t3", "expires_in": 300})"});
    const auto authenticator = make(bearer("https://auth.example/token"));
    EXPECT_EQ(authenticator->authorization(context_.ctx, kPull).value(), "Bearer t1");
    EXPECT_TRUE(authenticator->learn_refusal(kPull, "Bearer t1", {}));
    EXPECT_EQ(authenticator->authorization(context_.ctx, kPull).value(), "Bearer t2");
    EXPECT_EQ(authenticator->authorization(context_.ctx, kPull).value(), "Bearer t3");
    EXPECT_TRUE(authenticator->learn_refusal(kPull, "Bearer t2",
                                             {}));  // somebody else's, renewed in the meantime
    EXPECT_EQ(authenticator->authorization(context_.ctx, kPull).value(), "Bearer t3");
}

TEST_F(AuthenticatorTest, LearnsChallengesFromARefusal) {
    const auto authenticator = make("");
    EXPECT_TRUE(authenticator->learn_refusal(kPull, std::nullopt, {{"basic", {{"realm", "x"}}}}));
    EXPECT_EQ(authenticator->authorization(context_.ctx, kPull).value(),
              "Basic " + credentials::to_base64("me:s3cret"));
    EXPECT_FALSE(authenticator->learn_refusal(kPull, "Basic …", {{"basic", {}}}));
    EXPECT_FALSE(make("")->learn_refusal(kPull, std::nullopt, {}));
}

TEST_F(AuthenticatorTest, ShowsNobodyElseTheCredentials) {
    for (const auto* realm : {"http://auth.example/token", "https://127.0.0.1:9000/token",
                              "http://169.254.169.254/latest", "file:///etc/passwd"})
        EXPECT_ERROR(make(bearer(realm))->authorization(context_.ctx, kPull),
                     "registry/untrusted-realm", "ghcr.io");
    EXPECT_TRUE(http_.requests().empty());
    EXPECT_ERROR(make("Bearer service=\"s\"")->authorization(context_.ctx, kPull),
                 "registry/invalid-response", "realm");
}

TEST_F(AuthenticatorTest, SaysWhoseCredentialsTheTokenServerRefused) {
    http_.on("GET", kToken, {.status = 401, .body = R"({"details": "bad s3cret"})"});
    const auto refused =
        make(bearer("https://auth.example/token"))->authorization(context_.ctx, kPull);
    EXPECT_ERROR(refused, "registry/unauthorized", "ghcr.io", "the test",
                 "repository:acme/api:pull", "bad ***");
    const auto nobody = make(bearer("https://auth.example/token"), "other.example")
                            ->authorization(context_.ctx, kPull);
    EXPECT_ERROR(nobody, "registry/unauthorized", "none were found",
                 "/home/me/.docker/config.json");
}

TEST_F(AuthenticatorTest, SaysWhatATokenServerDidNotGrant) {
    const Scope push{"acme/api", Access::Push, "library/python"};
    const auto answer = [](const std::string& scope) {
        return R"({"access_token": "t", "expires_in": 300, "scope": ")" + scope + "\"}";
    };
    const auto url = kToken + std::string("%2Cpush&scope=repository%3Alibrary%2Fpython%3Apull");
    const auto check = [&](const std::string& granted) {
        FakeHttpClient http;
        http.on("GET", url, {.status = 200, .body = answer(granted)});
        Authenticator authenticator(
            http, keychain_, "ghcr.io", *net::Url::parse("https://ghcr.io"),
            parse_challenges(std::vector<std::string>{bearer("https://auth.example/token")}));
        return std::make_pair(authenticator.authorization(context_.ctx, push),
                              authenticator.may_mount(context_.ctx, push));
    };
    const auto all = check("repository:acme/api:pull,push repository:library/python:pull");
    EXPECT_OK(all.first);
    EXPECT_TRUE(all.second.value());
    const auto no_mount = check("repository:acme/api:push,pull");
    EXPECT_OK(no_mount.first);
    EXPECT_FALSE(no_mount.second.value());
    const auto no_push = check("repository:acme/api:pull repository:library/python:pull");
    EXPECT_ERROR(no_push.first, "registry/forbidden", "the test", "ghcr.io/acme/api",
                 "`pull` was granted");
    EXPECT_NE(no_push.first.error().hint.find("write:packages"), std::string::npos);
    EXPECT_FALSE(no_push.second.value());
}

TEST_F(AuthenticatorTest, PullsAnonymouslyWhereFoundCredentialsAreRefused) {
    credentials::Credential found{"me", "s3cret", "", "GITHUB_TOKEN", {}};
    found.ambient = true;
    keychain_.set("ghcr.io", found);
    http_.on("GET", kToken, {.status = 403, .body = R"({"details": "bad s3cret"})"});
    http_.on("GET", kToken, {.status = 200, .body = R"({"token": "t"})"});
    const auto authenticator = make(bearer("https://auth.example/token"));
    EXPECT_EQ(authenticator->authorization(context_.ctx, kPull).value(), "Bearer t");
    EXPECT_EQ(http_.requests()[1].headers.find("Authorization"), std::nullopt);
    EXPECT_EQ(authenticator->credential(context_.ctx, "acme/api")->looked_at,
              std::vector<std::string>{"GITHUB_TOKEN (refused)"});
    http_.on("GET", kToken + std::string("%2Cpush"), {.status = 403});
    EXPECT_ERROR(make(bearer("https://auth.example/token"))
                     ->authorization(context_.ctx, {"acme/api", Access::Push, {}}),
                 "registry/forbidden", "GITHUB_TOKEN");
}

TEST_F(AuthenticatorTest, ExchangesAnEntraTokenAtTheRegistry) {
    credentials::Credential entra;
    entra.source = "`az account get-access-token`";
    entra.ambient = true;
    entra.entra_token = "entra+token";
    entra.entra_tenant = "mine";
    keychain_.set("acme.azurecr.io", entra);
    const std::string exchange = "https://acme.azurecr.io/oauth2/exchange";
    const std::string realm = "https://acme.azurecr.io/oauth2/token";
    http_.on("POST", exchange, {.status = 200, .body = R"({"refresh_token": "mine"})"});
    http_.on("POST", realm, {.status = 200, .body = R"({"access_token": "t"})"});
    EXPECT_EQ(make(bearer(realm), "acme.azurecr.io")->authorization(context_.ctx, kPull).value(),
              "Bearer t");
    EXPECT_EQ(http_.requests()[0].body,
              "grant_type=access_token&service=acme.azurecr.io&access_token=entra%2Btoken&tenant="
              "mine");
    EXPECT_NE(http_.requests()[1].body.find("refresh_token=mine"), std::string::npos);

    FakeHttpClient refusing;
    refusing.on("POST", exchange, {.status = 401, .body = "{}"});
    refusing.on("GET", realm + "?service=s&scope=repository%3Aacme%2Fapi%3Apull%2Cpush",
                {.status = 401});
    Authenticator authenticator(refusing, keychain_, "acme.azurecr.io",
                                *net::Url::parse("https://acme.azurecr.io"),
                                parse_challenges(std::vector<std::string>{bearer(realm)}));
    EXPECT_ERROR(authenticator.authorization(context_.ctx, {"acme/api", Access::Push, {}}),
                 "registry/unauthorized", "az account get-access-token", "HTTP status 401");
}

TEST_F(AuthenticatorTest, GoesOnWithARenewedIdentityToken) {
    const std::string url = "https://auth.example/token";
    http_.on("POST", url,
             {.status = 200,
              .body = R"({"access_token": "t1", "expires_in": 0, "refresh_token": "second"})"});
    http_.on("POST", url, {.status = 200, .body = R"({"access_token": "t2"})"});
    const auto authenticator = make(bearer(url), "token.example");
    EXPECT_EQ(authenticator->authorization(context_.ctx, kPull).value(), "Bearer t1");
    EXPECT_EQ(authenticator->authorization(context_.ctx, kPull).value(), "Bearer t2");
    EXPECT_NE(http_.requests()[0].body.find("refresh_token=refresh%20me"), std::string::npos);
    EXPECT_NE(http_.requests()[1].body.find("refresh_token=second"), std::string::npos);
}

TEST_F(AuthenticatorTest, RefusesAnswersWithoutAToken) {
    for (const auto* body : {"", "{}", "[]", R"({"token": ""})", R"({"token": "a b"})",
                             R"({"token": "a\r\nX: y"})", R"({"token": 5})"}) {
        FakeHttpClient http;
        http.on("GET", kToken, {.status = 200, .body = body});
        Authenticator authenticator(
            http, keychain_, "ghcr.io", *net::Url::parse("https://ghcr.io"),
            parse_challenges(std::vector<std::string>{bearer("https://auth.example/token")}));
        EXPECT_ERROR(authenticator.authorization(context_.ctx, kPull), "registry/invalid-response",
                     "without a token");
    }
}

}  // namespace
}  // namespace pycontainer::registry
