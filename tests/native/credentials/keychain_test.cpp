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
    /// A program on that PATH.
    void program(const std::string& name, const std::string& script) {
        const auto file = path("bin/" + name);
        ASSERT_OK(write_file(file, "#!/bin/sh\n" + script + "\n"));
        std::filesystem::permissions(file, std::filesystem::perms::owner_all);
    }
    Result<Credential> resolve(const std::string& registry, Variables variables = {},
                               std::optional<std::string> push_registry = std::nullopt) {
        return resolve_with(registry, std::move(variables), {std::move(push_registry), {}, true});
    }
    Result<Credential> resolve_with(const std::string& registry, Variables variables,
                                    KeychainOptions options) {
        variables.emplace("PATH", path("bin").string());
        variables.emplace("DOCKER_CONFIG", path("config").string());
        context_.emplace(variables);
        return DefaultKeychain(context_->environment, std::move(options))
            .resolve(context_->ctx, registry, "acme/api");
    }
    static std::string auths(const std::string& key, const std::string& user) {
        return R"({"auths": {")" + key + R"(": {"auth": ")" + to_base64(user + ":secret") +
               R"("}}})";
    }

    std::optional<TemporaryDirectory> directory_;
    std::optional<testing::TestContext> context_;
};

TEST_F(KeychainTest, IsAnonymousAndSaysWhereItLooked) {
    const auto credential = resolve("quay.io");
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
        const auto credential = resolve("quay.io");
        ASSERT_OK(credential);
        EXPECT_TRUE(credential->anonymous()) << script;
        EXPECT_EQ(credential->looked_at.back(), "docker-credential-store");
    }
}

TEST_F(KeychainTest, WarnsOfAHelperThatIsNotInstalled) {
    config(R"({"credsStore": "desktop"})");
    const auto credential = resolve("quay.io");
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

TEST_F(KeychainTest, AsksTheFilesOfToolsInOrder) {
    Variables variables{{"REGISTRY_AUTH_FILE", path("explicit.json").string()},
                        {"DOCKER_AUTH_CONFIG", auths("quay.io", "from the variable")},
                        {"XDG_RUNTIME_DIR", path("run").string()},
                        {"XDG_CONFIG_HOME", path("xdg").string()},
                        {"HOME", path("home").string()}};
    const auto user = [&] { return resolve("quay.io", variables)->username; };
    ASSERT_OK(write_file(path("home/.netrc"), "machine quay.io login netrc password secret"));
    EXPECT_EQ(user(), "from the variable");
    variables["DOCKER_AUTH_CONFIG"] = auths("ghcr.io", "of another");
    EXPECT_EQ(user(), "netrc");
    ASSERT_OK(write_file(path("xdg/containers/auth.json"), auths("quay.io", "xdg")));
    EXPECT_EQ(user(), "xdg");
    ASSERT_OK(write_file(path("run/containers/auth.json"), auths("quay.io", "runtime")));
    EXPECT_EQ(user(), "runtime");
    config(auths("quay.io", "docker"));
    EXPECT_EQ(user(), "docker");
    ASSERT_OK(write_file(path("explicit.json"), auths("quay.io", "explicit")));
    EXPECT_EQ(user(), "explicit");
}

TEST_F(KeychainTest, PrefersTheEntryOfTheRepository) {
    config(R"({"auths": {"quay.io": {"auth": ")" + to_base64("all:secret") +
           R"("}, "quay.io/acme": {"auth": ")" + to_base64("acme:secret") +
           R"("}, "quay.io/acme/api2": {"auth": ")" + to_base64("other:secret") + R"("}}})");
    EXPECT_EQ(resolve("quay.io")->username, "acme");
}

TEST_F(KeychainTest, TakesTheCallersLoginForThePushTargetOnly) {
    config(auths("quay.io", "file"));
    const KeychainOptions options{"quay.io", Login{"flag", "secret"}, true};
    EXPECT_EQ(resolve_with("quay.io", {}, options)->username, "flag");
    EXPECT_TRUE(resolve_with("registry.example", {}, options)->anonymous());
}

TEST_F(KeychainTest, GivesGithubsTokenToGithubOnly) {
    const Variables variables{{"GITHUB_TOKEN", "t0ken"}, {"GITHUB_ACTOR", "octo"}};
    const auto credential = resolve("ghcr.io", variables);
    ASSERT_OK(credential);
    EXPECT_EQ(credential->username, "octo");
    EXPECT_EQ(credential->password, "t0ken");
    EXPECT_EQ(credential->source, "GITHUB_TOKEN");
    EXPECT_TRUE(credential->ambient);
    for (const auto* other : {"quay.io", "docker.io", "ghcr.io.example", "evil-ghcr.io"})
        EXPECT_TRUE(resolve(other, variables)->anonymous()) << other;
    program("gh", R"(test "$*" = "auth token --hostname github.com" && echo from-gh)");
    EXPECT_EQ(resolve("ghcr.io")->password, "from-gh");
    EXPECT_EQ(resolve("ghcr.io")->source, "`gh auth token`");
    config(auths("ghcr.io", "file"));
    EXPECT_EQ(resolve("ghcr.io", variables)->username, "file");
}

TEST_F(KeychainTest, AsksCloudProgramsForTheirOwnRegistries) {
    program("aws", R"(test "$1 $2 $3" = "ecr get-login-password --region" && echo "$4")");
    program("gcloud", R"(test "$*" = "auth print-access-token" && echo google)");
    program("az", R"(echo '{"accessToken": "entra", "tenant": "mine"}')");
    const auto ecr = resolve("123456789012.dkr.ecr.eu-west-1.amazonaws.com");
    EXPECT_EQ(ecr->username, "AWS");
    EXPECT_EQ(ecr->password, "eu-west-1");
    EXPECT_EQ(ecr->source, "`aws ecr get-login-password`");
    EXPECT_EQ(resolve("europe-docker.pkg.dev")->username, "oauth2accesstoken");
    EXPECT_EQ(resolve("eu.gcr.io")->password, "google");
    EXPECT_EQ(resolve("acme.azurecr.io")->entra_token, "entra");
    EXPECT_EQ(resolve("acme.azurecr.io")->entra_tenant, "mine");
    for (const auto* other : {"quay.io", "azurecr.io", "dkr.ecr.eu-west-1.amazonaws.com",
                              "1.dkr.ecr.eu-west-1.amazonaws.com", "pkg.dev", "x.amazonaws.com"})
        EXPECT_TRUE(resolve(other)->anonymous()) << other;
}

TEST_F(KeychainTest, GoesOnWithoutACloudProgramThatFails) {
    for (const auto* script : {"exit 1", "echo; exit 0", "echo 'two words'"}) {
        program("gcloud", script);
        const auto credential = resolve("gcr.io");
        ASSERT_OK(credential);
        EXPECT_TRUE(credential->anonymous()) << script;
        EXPECT_NE(credential->looked_at.back().find("gcloud"), std::string::npos);
    }
    EXPECT_EQ(resolve("acme.azurecr.io")->looked_at.back(),
              "`az account get-access-token` (not installed)");
}

TEST_F(KeychainTest, RunsNoProgramsWhereTheyAreNotAllowed) {
    config(R"({"credsStore": "store"})");
    helper("store", "touch " + path("ran").string());
    program("gh", "touch " + path("ran").string());
    const auto credential = resolve_with("ghcr.io", {}, {{}, {}, false});
    ASSERT_OK(credential);
    EXPECT_TRUE(credential->anonymous());
    EXPECT_FALSE(std::filesystem::exists(path("ran")));
    EXPECT_EQ(credential->looked_at.back(), "`gh` (programs are not run here)");
}

TEST_F(KeychainTest, NamesABrokenConfiguration) {
    config("{ broken");
    EXPECT_ERROR(resolve("ghcr.io"), "credentials/invalid-config",
                 path("config/config.json").string());
}

}  // namespace
}  // namespace pycontainer::credentials
