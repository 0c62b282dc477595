#include "index/index_credentials.hpp"

#include "base/file.hpp"
#include "support/result_matchers.hpp"
#include "support/test_context.hpp"

#include <gtest/gtest.h>

namespace pycontainer::index {
namespace {

using Variables = std::map<std::string, std::string, std::less<>>;

net::Url url(const std::string& text) {
    return *net::Url::parse(text);
}

/// `user:password from source` of what is found; empty for nothing.
std::string found(const std::optional<IndexCredential>& credential) {
    return credential
               ? credential->username + ":" + credential->password + " from " + credential->source
               : "";
}

class Home {
public:
    std::filesystem::path path(const std::string& name) const { return directory_.path() / name; }
    Variables variables(Variables more = {}) const {
        more.emplace("HOME", directory_.path().string());
        return more;
    }

private:
    TemporaryDirectory directory_ =
        *TemporaryDirectory::create(std::filesystem::temp_directory_path(), "pyc-index-");
};

TEST(IndexCredentials, AreThoseOfTheIndexForEverythingAtItsPlace) {
    const Environment none;
    IndexOptions options = IndexOptions::of(
        {"https://a:1@index.example/a/simple", "https://b:2@index.example/b/simple"});
    const IndexCredentials credentials(options, none);
    const auto check = [&](const std::string& address, const std::string& expected) {
        EXPECT_EQ(found(credentials.find(url(address))), expected) << address;
    };
    check("https://index.example/a/simple/foo/", "a:1 from the index's URL");
    check("https://index.example/b/files/x.whl", "b:2 from the index's URL");
    check("https://me:own@index.example/a/x.whl", "me:own from the URL itself");
    check("https://index.example:8443/a/simple/foo/", "");
    check("http://index.example/a/simple/foo/", "");
    check("https://files.example/x.whl", "");
}

TEST(IndexCredentials, AreInVariablesNamedLikeTheIndex) {
    const Environment environment(Variables{{"UV_INDEX_MY_OWN_USERNAME", "me"},
                                            {"UV_INDEX_MY_OWN_PASSWORD", "secret"},
                                            {"POETRY_HTTP_BASIC_LAB_PASSWORD", "token"}});
    IndexOptions options = IndexOptions::of({"https://own.example", "https://lab@lab.example"});
    options.indexes[0].name = "my-own";
    options.indexes[1].name = "lab";
    const IndexCredentials credentials(options, environment);
    EXPECT_EQ(found(credentials.find(url("https://own.example/x/"))),
              "me:secret from UV_INDEX_MY_OWN_PASSWORD");
    EXPECT_EQ(found(credentials.find(url("https://lab.example/x/"))),
              "lab:token from POETRY_HTTP_BASIC_LAB_PASSWORD");
}

TEST(IndexCredentials, AreWherePoetryAndPdmKeepThem) {
    const Home home;
    ASSERT_OK(write_file(home.path(".config/pypoetry/auth.toml"),
                         "[http-basic.lab]\nusername = \"me\"\npassword = \"secret\"\n"));
    ASSERT_OK(write_file(home.path(".config/pdm/config.toml"),
                         "[pypi.own]\nusername = \"ada\"\npassword = \"token\"\n"
                         "[pypi.half]\nurl = \"https://half.example\"\n"));
    const Environment environment(home.variables());
    IndexOptions options =
        IndexOptions::of({"https://lab.example", "https://own.example", "https://half.example"});
    options.indexes[0].name = "lab";
    options.indexes[1].name = "own";
    options.indexes[2].name = "half";
    const IndexCredentials credentials(options, environment);
    EXPECT_EQ(found(credentials.find(url("https://lab.example/x/"))),
              "me:secret from " + home.path(".config/pypoetry/auth.toml").string());
    EXPECT_EQ(found(credentials.find(url("https://own.example/x/"))),
              "ada:token from " + home.path(".config/pdm/config.toml").string());
    EXPECT_EQ(found(credentials.find(url("https://half.example/x/"))), "");
}

TEST(IndexCredentials, AreInTheNetrcFile) {
    const Home home;
    ASSERT_OK(write_file(home.path(".netrc"),
                         "machine own.example login me password secret\n"
                         "machine token.example login other password x\n"));
    const Environment environment(home.variables());
    const IndexCredentials credentials(
        IndexOptions::of({"https://own.example", "https://token@token.example"}), environment);
    const auto file = home.path(".netrc").string();
    EXPECT_EQ(found(credentials.find(url("https://own.example/x/"))), "me:secret from " + file);
    EXPECT_EQ(found(credentials.find(url("https://own.example:8080/x"))), "me:secret from " + file);
    EXPECT_EQ(found(credentials.find(url("https://other.example/x/"))), "");
    // Another user than the one whose entry it is; the name may be all that is needed.
    EXPECT_EQ(found(credentials.find(url("https://token.example/x/"))),
              "token: from the index's URL");
    ASSERT_OK(write_file(home.path("named"), "machine own.example login n password p\n"));
    const Environment named(home.variables({{"NETRC", home.path("named").string()}}));
    EXPECT_EQ(
        found(IndexCredentials(IndexOptions::of({}), named).find(url("https://own.example/"))),
        "n:p from " + home.path("named").string());
}

TEST(IndexCredentials, LearnThoseOfPlacesThatAreNamedLater) {
    const Environment none;
    const IndexCredentials credentials(IndexOptions::of({"https://u:p@index.example"}), none);
    credentials.learn({.url = "https://u:p@index.example"});
    credentials.learn({.url = "https://open.example"});
    EXPECT_FALSE(credentials.has_learned());
    credentials.learn({.url = "https://me:secret@own.example/simple", .origin = "Pipfile.lock"});
    EXPECT_TRUE(credentials.has_learned());
    EXPECT_EQ(found(credentials.find(url("https://own.example/files/x.whl"))),
              "me:secret from the URL in Pipfile.lock");
    EXPECT_EQ(found(credentials.find(url("https://open.example/x/"))), "");
}

struct KeyringTest : ::testing::Test {
    void install(const std::string& script) {
        const auto program = home.path("bin/keyring");
        ASSERT_OK(write_file(
            program, "#!/bin/sh\necho \"$@\" >> " + home.path("calls").string() + "\n" + script));
        std::filesystem::permissions(program, std::filesystem::perms::owner_all);
    }
    std::string calls() const { return read_file(home.path("calls")).value_or(""); }

    Home home;
    testing::TestContext test{
        {{"PATH", home.path("bin").string() + ":/usr/bin:/bin"}, {"HOME", "/nowhere"}}};
};

TEST_F(KeyringTest, IsAskedForTheAddressThenTheHost) {
    install("[ \"$2\" = own.example ] && echo secret || exit 1\n");
    auto options = IndexOptions::of({"https://me@own.example/simple"});
    options.use_keyring = true;
    const IndexCredentials credentials(options, test.environment);
    for (int i = 0; i < 2; ++i) {
        const auto answer = credentials.ask_keyring(test.ctx, url("https://own.example/f/x.whl"));
        ASSERT_OK(answer);
        EXPECT_EQ(found(*answer), "me:secret from keyring");
    }
    EXPECT_EQ(calls(), "get https://own.example/simple me\nget own.example me\n");
}

TEST_F(KeyringTest, IsAskedForAUserWhenNoneIsKnown) {
    install("printf 'me\\nsecret\\n'\n");
    auto options = IndexOptions::of({"https://own.example/simple"});
    options.use_keyring = true;
    const auto answer = IndexCredentials(options, test.environment)
                            .ask_keyring(test.ctx, url("https://own.example/"));
    ASSERT_OK(answer);
    EXPECT_EQ(found(*answer), "me:secret from keyring");
    EXPECT_EQ(calls(), "--mode creds get https://own.example/simple\n");
}

TEST_F(KeyringTest, IsLeftAloneUnlessItIsSwitchedOn) {
    install("echo secret\n");
    const auto options = IndexOptions::of({"https://me@own.example/simple"});
    const auto answer = IndexCredentials(options, test.environment)
                            .ask_keyring(test.ctx, url("https://own.example/"));
    ASSERT_OK(answer);
    EXPECT_FALSE(*answer);
    EXPECT_EQ(calls(), "");
}

}  // namespace
}  // namespace pycontainer::index
