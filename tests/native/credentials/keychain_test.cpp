#include "credentials/keychain.hpp"

#include "base/file.hpp"
#include "credentials/base64.hpp"
#include "support/result_matchers.hpp"
#include "support/test_context.hpp"

#include <gtest/gtest.h>

namespace pycontainer::credentials {
namespace {

using Variables = std::map<std::string, std::string, std::less<>>;

class KeychainTest : public ::testing::Test {
protected:
    void SetUp() override {
        auto made =
            TemporaryDirectory::create(std::filesystem::temp_directory_path(), "pyc-keychain-");
        ASSERT_OK(made);
        directory_.emplace(std::move(*made));
    }
    std::filesystem::path path(const std::string& name) const { return directory_->path() / name; }
    void config(const std::string& text) {
        ASSERT_OK(write_file(path("config/config.json"), text));
    }
    /// A helper in a directory that is the whole PATH.
    void helper(const std::string& name, const std::string& script) {
        const auto file = path("bin/docker-credential-" + name);
        ASSERT_OK(write_file(file, "#!/bin/sh\nread -r server\n" + script + "\n"));
        std::filesystem::permissions(file, std::filesystem::perms::owner_all);
    }
    Result<Credential> resolve(const std::string& registry, Variables variables = {},
                               std::optional<std::string> push_registry = std::nullopt) {
        variables.emplace("PATH", path("bin").string());
        variables.emplace("DOCKER_CONFIG", path("config").string());
        context_.emplace(variables);
        return DefaultKeychain(context_->environment, std::move(push_registry))
            .resolve(context_->ctx, registry, "acme/api");
    }

    std::optional<TemporaryDirectory> directory_;
    std::optional<testing::TestContext> context_;
};

TEST_F(KeychainTest, IsAnonymousAndSaysWhereItLooked) {
    const auto credential = resolve("ghcr.io");
    ASSERT_OK(credential);
    EXPECT_TRUE(credential->anonymous());
    EXPECT_EQ(credential->looked_at,
              std::vector<std::string>{"DOCKER_CONFIG (" + path("config/config.json").string() +
                                       ") (no such file)"});
}

TEST_F(KeychainTest, ReadsTheHomeDirectoryWithoutDockerConfig) {
    ASSERT_OK(write_file(path("home/.docker/config.json"), R"({"auths": {"ghcr.io": {"auth": ")" +
                                                               to_base64("me:secret") + R"("}}})"));
    const auto credential =
        resolve("ghcr.io", {{"DOCKER_CONFIG", ""}, {"HOME", path("home").string()}});
    ASSERT_OK(credential);
    EXPECT_EQ(credential->username, "me");
    EXPECT_EQ(credential->password, "secret");
    EXPECT_EQ(credential->source, path("home/.docker/config.json").string());
}

TEST_F(KeychainTest, GivesTheVariablesToThePushTargetOnly) {
    config(R"({"auths": {"docker.io": {"auth": ")" + to_base64("file:secret") + R"("}}})");
    const Variables variables{{"PYCONTAINER_REGISTRY_USERNAME", "env"},
                              {"PYCONTAINER_REGISTRY_PASSWORD", "secret"}};
    EXPECT_EQ(resolve("ghcr.io", variables, "ghcr.io")->username, "env");
    EXPECT_EQ(resolve("index.docker.io", variables, "docker.io")->username, "env");
    EXPECT_EQ(resolve("docker.io", variables, "ghcr.io")->username, "file");
    EXPECT_TRUE(resolve("quay.io", variables, "ghcr.io")->anonymous());
    EXPECT_EQ(resolve("docker.io", variables)->username, "file");
}

TEST_F(KeychainTest, WantsBothVariables) {
    EXPECT_ERROR(resolve("ghcr.io", {{"PYCONTAINER_REGISTRY_USERNAME", "env"}}, "ghcr.io"),
                 "credentials/incomplete", "PYCONTAINER_REGISTRY_PASSWORD");
    EXPECT_ERROR(
        resolve("ghcr.io",
                {{"PYCONTAINER_REGISTRY_USERNAME", ""}, {"PYCONTAINER_REGISTRY_PASSWORD", "x"}},
                "ghcr.io"),
        "credentials/incomplete", "PYCONTAINER_REGISTRY_USERNAME");
    EXPECT_OK(resolve("quay.io", {{"PYCONTAINER_REGISTRY_USERNAME", "env"}}, "ghcr.io"));
}

TEST_F(KeychainTest, AsksTheHelperOfTheRegistry) {
    config(
        R"({"credHelpers": {"ghcr.io": "fake"}, "auths": {"ghcr.io": {"username": "file", "password": "x"}}})");
    helper(
        "fake",
        R"(test "$1 $server" = "get ghcr.io" && echo '{"ServerURL": "ghcr.io", "Username": "helped", "Secret": "secret"}')");
    const auto credential = resolve("ghcr.io");
    ASSERT_OK(credential);
    EXPECT_EQ(credential->username, "helped");
    EXPECT_EQ(credential->password, "secret");
    EXPECT_NE(credential->source.find("docker-credential-fake"), std::string::npos);
}

TEST_F(KeychainTest, AsksTheStoreForTheRest) {
    config(
        R"({"credsStore": "store", "auths": {"ghcr.io": {}, "quay.io": {"username": "file", "password": "x"}}})");
    helper("store", R"(echo "{\"Username\": \"<token>\", \"Secret\": \"for $server\"}")");
    EXPECT_EQ(resolve("ghcr.io")->identity_token, "for ghcr.io");
    EXPECT_EQ(resolve("ghcr.io")->username, "");
    EXPECT_EQ(resolve("docker.io")->identity_token, "for https://index.docker.io/v1/");
    EXPECT_EQ(resolve("quay.io")->username, "file");
}

TEST_F(KeychainTest, TakesEmptyAndNotFoundAnswersAsNone) {
    config(R"({"credsStore": "store"})");
    for (const auto* script : {"echo '{\"ServerURL\": \"\", \"Username\": \"\", \"Secret\": \"\"}'",
                               "exit 0", "echo 'credentials not found in native keychain'; exit 1",
                               "echo 'Error: item NOT FOUND' >&2; exit 44"}) {
        helper("store", script);
        const auto credential = resolve("ghcr.io");
        ASSERT_OK(credential);
        EXPECT_TRUE(credential->anonymous()) << script;
        EXPECT_EQ(credential->looked_at.back(), "docker-credential-store");
    }
}

TEST_F(KeychainTest, WarnsOfAHelperThatIsNotInstalled) {
    config(R"({"credsStore": "desktop"})");
    const auto credential = resolve("ghcr.io");
    ASSERT_OK(credential);
    EXPECT_TRUE(credential->anonymous());
    EXPECT_EQ(credential->looked_at.back(), "docker-credential-desktop (not installed)");
    ASSERT_EQ(context_->sink.events().size(), 1U);
    EXPECT_EQ(context_->sink.events()[0].code, "credentials/helper-missing");
}

TEST_F(KeychainTest, NamesAHelperThatFailsWithoutQuotingIt) {
    config(R"({"credsStore": "store"})");
    for (const auto* script : {"echo hunter2; exit 3", "echo hunter2", "echo '[\"hunter2\"]'"}) {
        helper("store", script);
        const auto credential = resolve("ghcr.io");
        EXPECT_ERROR(credential, "credentials/helper-failed", "docker-credential-store", "ghcr.io");
        EXPECT_EQ((credential.error().message + credential.error().hint).find("hunter2"),
                  std::string::npos);
    }
    config(R"({"credsStore": "../../bin/evil"})");
    EXPECT_ERROR(resolve("ghcr.io"), "credentials/helper-failed", "not the name");
}

TEST_F(KeychainTest, NamesABrokenConfiguration) {
    config("{ broken");
    EXPECT_ERROR(resolve("ghcr.io"), "credentials/invalid-config",
                 path("config/config.json").string());
}

}  // namespace
}  // namespace pycontainer::credentials
