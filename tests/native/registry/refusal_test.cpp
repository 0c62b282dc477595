#include "registry/refusal.hpp"

#include "support/result_matchers.hpp"

#include <gtest/gtest.h>

namespace pycontainer::registry {
namespace {

const credentials::Credential kMe{"me", "hunter2", "", "/home/me/.docker/config.json", {}};
const credentials::Credential kNobody{
    "", "", "", "", {"/home/me/.docker/config.json", "docker-credential-pass"}};
const Operation kPull{
    "ghcr.io", {"acme/api", Access::Pull, {}}, Subject::Manifest, "ghcr.io/acme/api:1"};
const Operation kPush{"ghcr.io", {"acme/api", Access::Push, {}}, Subject::Upload, {}};

Result<void> refuse(const Operation& operation, int status,
                    const credentials::Credential& credential, std::string body = "",
                    net::Headers headers = {}) {
    return refusal(operation, {status, std::move(headers), std::move(body), {}}, credential);
}

TEST(Refusal, NamesTheCredentialsThatWereTried) {
    EXPECT_ERROR(refuse(kPull, 401, kMe), "registry/unauthorized",
                 "refused the credentials from /home/me/.docker/config.json", "ghcr.io/acme/api",
                 "repository:acme/api:pull");
    EXPECT_ERROR(refuse(kPush, 403, kMe), "registry/forbidden",
                 "the credentials from /home/me/.docker/config.json are not allowed to push to "
                 "`ghcr.io/acme/api`",
                 "pull,push");
}

TEST(Refusal, NamesWhereCredentialsWereLookedFor) {
    EXPECT_ERROR(refuse(kPush, 401, kNobody), "registry/unauthorized",
                 "looked at /home/me/.docker/config.json, docker-credential-pass",
                 "pycontainer login ghcr.io", "PYCONTAINER_REGISTRY_USERNAME");
    EXPECT_ERROR(refuse(kPull, 401, kNobody), "registry/unauthorized", "does not exist");
    EXPECT_ERROR(refuse(kPull, 401, {}), "registry/unauthorized", "nothing is configured");
    EXPECT_ERROR(refuse(kPull, 403, kNobody), "registry/forbidden",
                 "requests without credentials are not allowed");
}

TEST(Refusal, TellsAMissingRightFromAWrongPassword) {
    const net::Headers scope{
        {"WWW-Authenticate", R"(Bearer realm="https://x.example",error="insufficient_scope")"}};
    EXPECT_ERROR(refuse(kPush, 401, kMe, "", scope), "registry/forbidden", "not allowed");
    EXPECT_ERROR(refuse(kPush, 401, kNobody, "", scope), "registry/unauthorized",
                 "none were found");
}

TEST(Refusal, FollowsTheStatus) {
    EXPECT_ERROR(refuse(kPull, 404, kMe), "registry/not-found",
                 "`ghcr.io/acme/api:1` was not found");
    EXPECT_ERROR(refuse(kPush, 404, kMe), "registry/not-found", "created first");
    EXPECT_ERROR(refuse(kPull, 429, kMe), "registry/rate-limited", "ghcr.io");
    EXPECT_ERROR(refuse(kPull, 429, kNobody), "registry/rate-limited", "pycontainer login");
    EXPECT_ERROR(refuse(kPull, 503, kMe), "registry/unavailable", "503");
    EXPECT_ERROR(refuse(kPull, 418, kMe), "registry/rejected", "418");
    EXPECT_TRUE(refuse(kPull, 503, kMe).error().retryable);
    EXPECT_FALSE(refuse(kPull, 404, kMe).error().retryable);
}

TEST(Refusal, QuotesTheRegistryCarefully) {
    const auto said = [](std::string body) {
        return registry_message({403, {}, std::move(body), {}}, kMe);
    };
    EXPECT_EQ(
        said(
            R"({"errors": [{"code": "DENIED", "message": "no write access", "detail": {"x": 1}}, {"code": "UNKNOWN"}]})"),
        "DENIED: no write access; UNKNOWN");
    EXPECT_EQ(said(R"({"details": "bad credentials"})"), "bad credentials");
    EXPECT_EQ(said(R"({"error": "invalid_grant"})"), "invalid_grant");
    EXPECT_EQ(said("<html>nginx</html>"), "");
    EXPECT_EQ(said(R"({"errors": "text"})"), "");
    EXPECT_EQ(said(R"({"errors": [1, "x", {}, {"code": "A"}]})"), "A");
    EXPECT_EQ(said(R"({"message": "you said hunter2"})"), "you said ***");
    EXPECT_EQ(said(R"({"message": "\u001b[31mred\n"})").find('\x1b'), std::string::npos);
    EXPECT_LT(said(R"({"message": ")" + std::string(5000, 'x') + "\"}").size(), 400U);
    EXPECT_ERROR(refuse(kPush, 403, kMe, R"({"errors": [{"code": "DENIED"}]})"),
                 "registry/forbidden", "it says \"DENIED\"");
}

}  // namespace
}  // namespace pycontainer::registry
