#include "credentials/docker_login.hpp"

#include "base/file.hpp"
#include "credentials/base64.hpp"
#include "support/result_matchers.hpp"
#include "support/test_context.hpp"

#include <gtest/gtest.h>

#include <sys/stat.h>

namespace pycontainer::credentials {
namespace {

class DockerLoginTest : public ::testing::Test {
protected:
    void SetUp() override {
        auto made =
            TemporaryDirectory::create(std::filesystem::temp_directory_path(), "pyc-login-");
        ASSERT_OK(made);
        directory_.emplace(std::move(*made));
        context_.emplace(std::map<std::string, std::string, std::less<>>{
            {"PATH", path("bin").string() + ":/usr/bin:/bin"}, {"HOME", path("home").string()}});
    }
    std::filesystem::path path(const std::string& name) const { return directory_->path() / name; }
    std::filesystem::path file() const { return path("home/.docker/config.json"); }
    Json json() const { return *parse_json(*read_file(file()), "it"); }
    Result<StoredLogin> store(const std::string& registry) {
        return store_login(context_->ctx, registry, {.username = "me", .password = "s:ecret"});
    }
    Result<Credential> resolve(const std::string& registry) {
        return DefaultKeychain(context_->environment).resolve(context_->ctx, registry, "a/b");
    }
    /// A helper that keeps what it is given in a file beside it.
    void helper() {
        const auto program = path("bin/docker-credential-box");
        ASSERT_OK(write_file(program, R"(#!/bin/sh
box="$0.box"
case $1 in
store) cat > "$box" ;;
get) cat > /dev/null; test -e "$box" || { echo "credentials not found"; exit 1; }; cat "$box" ;;
erase) cat > /dev/null; rm "$box" ;;
esac
)"));
        std::filesystem::permissions(program, std::filesystem::perms::owner_all);
    }

    std::optional<TemporaryDirectory> directory_;
    std::optional<testing::TestContext> context_;
};

TEST_F(DockerLoginTest, WritesWhereDockerDoes) {
    const auto stored = store("quay.io");
    ASSERT_OK(stored);
    EXPECT_EQ(stored->place, file().string());
    EXPECT_TRUE(stored->plain_text);
    EXPECT_EQ(json(), Json::parse(R"({"auths": {"quay.io": {"auth": ")" + to_base64("me:s:ecret") +
                                  "\"}}}"));
    struct stat info {};
    ASSERT_EQ(::stat(file().c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777U, 0600U);
    ASSERT_EQ(::stat(file().parent_path().c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777U, 0700U);
    const auto credential = resolve("quay.io");
    ASSERT_OK(credential);
    EXPECT_EQ(credential->username + "/" + credential->password, "me/s:ecret");
}

TEST_F(DockerLoginTest, KeepsEverythingElseInItsOrder) {
    ASSERT_OK(write_file(file(), R"({"psFormat": "x", "auths": {"ghcr.io": {"auth": "QTpC"},
        "https://quay.io/v1/": {"auth": "QTpC"}}, "HttpHeaders": {"b": 1, "a": [2]}})"));
    ASSERT_OK(store("quay.io"));
    EXPECT_EQ(json()["HttpHeaders"], Json::parse(R"({"b": 1, "a": [2]})"));
    EXPECT_EQ(json()["auths"]["ghcr.io"], Json::parse(R"({"auth": "QTpC"})"));
    EXPECT_FALSE(json()["auths"].contains("https://quay.io/v1/"));
    const auto text = *read_file(file());
    EXPECT_LT(text.find("psFormat"), text.find("auths"));
    EXPECT_LT(text.find("auths"), text.find("HttpHeaders"));
}

TEST_F(DockerLoginTest, KnowsDockerHubsOwnName) {
    ASSERT_OK(store("docker.io"));
    EXPECT_TRUE(json()["auths"].contains("https://index.docker.io/v1/"));
    EXPECT_EQ(erase_login(context_->ctx, "docker.io").value(),
              std::vector<std::string>{file().string()});
    EXPECT_EQ(json()["auths"], Json::object());
}

TEST_F(DockerLoginTest, UsesTheConfiguredHelper) {
    helper();
    for (const auto* config :
         {R"({"credsStore": "box"})", R"({"credHelpers": {"quay.io": "box"}})"}) {
        ASSERT_OK(write_file(file(), config));
        const auto stored = store("quay.io");
        ASSERT_OK(stored);
        EXPECT_EQ(stored->place, "docker-credential-box");
        EXPECT_FALSE(stored->plain_text);
        EXPECT_EQ(json()["auths"], Json::parse(R"({"quay.io": {}})"));
        EXPECT_EQ(resolve("quay.io")->password, "s:ecret");
        EXPECT_EQ(erase_login(context_->ctx, "quay.io").value(),
                  std::vector<std::string>{"docker-credential-box"});
        EXPECT_TRUE(resolve("quay.io")->anonymous());
    }
}

TEST_F(DockerLoginTest, ForgetsNothingTwice) {
    ASSERT_OK(store("quay.io"));
    ASSERT_OK(store("ghcr.io"));
    EXPECT_EQ(erase_login(context_->ctx, "quay.io").value(),
              std::vector<std::string>{file().string()});
    EXPECT_TRUE(erase_login(context_->ctx, "quay.io").value().empty());
    EXPECT_FALSE(resolve("ghcr.io")->anonymous());
}

TEST_F(DockerLoginTest, FollowsALinkToTheFile) {
    ASSERT_OK(write_file(path("dotfiles/config.json"), "{}"));
    ASSERT_OK(make_directories(file().parent_path()));
    std::filesystem::create_symlink(path("dotfiles/config.json"), file());
    ASSERT_OK(store("quay.io"));
    EXPECT_TRUE(std::filesystem::is_symlink(file()));
    EXPECT_NE(read_file(path("dotfiles/config.json"))->find("quay.io"), std::string::npos);
}

TEST_F(DockerLoginTest, LeavesABrokenFileAlone) {
    ASSERT_OK(write_file(file(), "{ broken"));
    EXPECT_ERROR(store("quay.io"), "credentials/invalid-config", file().string());
    EXPECT_EQ(*read_file(file()), "{ broken");
    context_.emplace();
    EXPECT_ERROR(store("quay.io"), "credentials/no-home", "HOME");
}

}  // namespace
}  // namespace pycontainer::credentials
