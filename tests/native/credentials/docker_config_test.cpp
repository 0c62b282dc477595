#include "credentials/docker_config.hpp"

#include "credentials/base64.hpp"
#include "support/result_matchers.hpp"

#include <gtest/gtest.h>

namespace pycontainer::credentials {
namespace {

DockerConfig parse(std::string_view text) {
    auto config = DockerConfig::parse(text, "/home/me/.docker/config.json");
    EXPECT_OK(config);
    return std::move(*config);
}

/// `user:password` that the configuration has for the registry, empty when there is nothing.
std::string stored(std::string_view text, std::string_view registry,
                   std::string_view repository = "acme/api") {
    const auto found = parse(text).stored(registry, repository);
    EXPECT_OK(found);
    return *found ? (*found)->username + ":" + (*found)->password : "";
}

std::string entry(std::string_view key) {
    return R"({"auths": {")" + std::string(key) + R"(": {"auth": ")" + to_base64("me:s:ecret") +
           R"("}}})";
}

TEST(DockerConfig, MatchesRegistriesHoweverTheyAreWritten) {
    for (const auto* key : {"ghcr.io", "https://ghcr.io", "http://ghcr.io/", "https://ghcr.io/v1/",
                            "ghcr.io/v2", "GHCR.io"})
        EXPECT_EQ(stored(entry(key), "ghcr.io"), "me:s:ecret") << key;
    for (const auto* key :
         {"https://index.docker.io/v1/", "docker.io", "index.docker.io", "registry-1.docker.io"})
        EXPECT_EQ(stored(entry(key), "docker.io"), "me:s:ecret") << key;
    EXPECT_EQ(stored(entry("127.0.0.1:5000"), "127.0.0.1:5000"), "me:s:ecret");
    for (const auto* key : {"ghcr.io.example", "127.0.0.1", "io", "xghcr.io", "https://"})
        EXPECT_EQ(stored(entry(key), "ghcr.io"), "") << key;
    EXPECT_EQ(stored(entry("127.0.0.1:5000"), "127.0.0.1:5001"), "");
}

TEST(DockerConfig, PrefersThePathThatCoversTheRepository) {
    const std::string text =
        R"({"auths": {"ghcr.io": {"username": "host", "password": "p"}, "ghcr.io/acme": {"username": "team", "password": "p"}, "ghcr.io/acme/api": {"username": "repo", "password": "p"}}})";
    EXPECT_EQ(stored(text, "ghcr.io", "acme/api"), "repo:p");
    EXPECT_EQ(stored(text, "ghcr.io", "acme/apix"), "team:p");
    EXPECT_EQ(stored(text, "ghcr.io", "acmex/api"), "host:p");
}

TEST(DockerConfig, ReadsEveryFormOfEntry) {
    EXPECT_EQ(
        stored(R"({"auths": {"a.example": {"username": "u", "password": "p"}}})", "a.example"),
        "u:p");
    EXPECT_EQ(stored(R"({"auths": {"a.example": {"auth": ")" +
                         to_base64(std::string("u:p\0\0", 5)) + "\"}}}",
                     "a.example"),
              "u:p");
    const auto token =
        parse(R"({"auths": {"a.example": {"auth": "", "identitytoken": "refresh"}}})")
            .stored("a.example", "x");
    ASSERT_OK(token);
    EXPECT_EQ((*token)->identity_token, "refresh");
    EXPECT_EQ((*token)->source, "/home/me/.docker/config.json");
}

TEST(DockerConfig, EmptyEntriesMeanNothing) {
    for (const auto* text : {"", "{}", R"({"auths": {}})", R"({"auths": {"ghcr.io": {}}})",
                             R"({"auths": {"ghcr.io": {"auth": ""}}})",
                             R"({"auths": {"ghcr.io": {"username": "", "password": ""}}})",
                             R"({"auths": null})", R"({"auths": {"ghcr.io": 7}})"})
        EXPECT_EQ(stored(text, "ghcr.io"), "") << text;
}

TEST(DockerConfig, NamesHelpers) {
    const auto config = parse(
        R"({"credHelpers": {"https://eu.gcr.io": "gcloud", "empty.example": "", "number.example": 1}, "credsStore": "pass"})");
    EXPECT_EQ(config.helper("eu.gcr.io", "x"), "gcloud");
    EXPECT_EQ(config.helper("gcr.io", "x"), std::nullopt);
    EXPECT_EQ(config.helper("empty.example", "x"), std::nullopt);
    EXPECT_EQ(config.helper("number.example", "x"), std::nullopt);
    EXPECT_EQ(config.store(), "pass");
    EXPECT_EQ(parse(R"({"credsStore": ""})").store(), std::nullopt);
    EXPECT_EQ(helper_server("docker.io"), "https://index.docker.io/v1/");
    EXPECT_EQ(helper_server("GHCR.io"), "ghcr.io");
}

TEST(DockerConfig, NamesTheFileButNotItsContents) {
    for (const auto* text :
         {"{\"auths\": {\"ghcr.io\": {\"password\": \"hunter2\"", "[\"hunter2\"]", "hunter2"}) {
        const auto config = DockerConfig::parse(text, "/ci/config.json");
        EXPECT_ERROR(config, "credentials/invalid-config", "/ci/config.json");
        EXPECT_EQ((config.error().message + config.error().hint).find("hunter2"),
                  std::string::npos);
    }
    for (const auto& auth : {std::string("hunter2!"), to_base64("hunter2")}) {
        const auto found =
            parse(R"({"auths": {"ghcr.io": {"auth": ")" + auth + "\"}}}").stored("ghcr.io", "x");
        EXPECT_ERROR(found, "credentials/invalid-config", "ghcr.io",
                     "/home/me/.docker/config.json");
        EXPECT_EQ((found.error().message + found.error().hint).find(auth), std::string::npos);
    }
}

}  // namespace
}  // namespace pycontainer::credentials
