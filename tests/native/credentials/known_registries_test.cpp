#include "credentials/known_registries.hpp"

#include "base/file.hpp"
#include "support/result_matchers.hpp"

#include <gtest/gtest.h>

namespace pycontainer::credentials {
namespace {

struct KnownRegistriesTest : ::testing::Test {
    KnownRegistriesTest()
        : directory(*TemporaryDirectory::create(::testing::TempDir(), "registries-")) {}
    Result<std::vector<std::string>> known(const std::string& config) {
        PYC_TRY(write_file(directory.path() / "config.json", config));
        return known_registries(Environment({{"DOCKER_CONFIG", directory.path().string()}}));
    }
    TemporaryDirectory directory;
};

TEST_F(KnownRegistriesTest, AreNamedOnceHoweverTheyAreWritten) {
    const auto found = known(R"({
        "auths": {"https://index.docker.io/v1/": {"auth": "x"}, "GHCR.io": {}, "ghcr.io/acme": {}},
        "credHelpers": {"acme.azurecr.io": "acr-env", "https://ghcr.io": "x"}
    })");
    ASSERT_OK(found);
    EXPECT_EQ(*found, (std::vector<std::string>{"acme.azurecr.io", "docker.io", "ghcr.io"}));
}

TEST_F(KnownRegistriesTest, AreNoneWhereNothingIsConfigured) {
    for (const auto* config : {"", "{}", R"({"auths": []})", R"({"credsStore": "desktop"})"}) {
        const auto found = known(config);
        ASSERT_OK(found);
        EXPECT_TRUE(found->empty()) << config;
    }
    const auto nowhere = known_registries(Environment({{"HOME", "/nowhere"}}));
    ASSERT_OK(nowhere);
    EXPECT_TRUE(nowhere->empty());
    EXPECT_OK(known_registries(Environment()));
}

TEST_F(KnownRegistriesTest, SayWhichFileIsBroken) {
    EXPECT_ERROR(known("[hunter2"), "credentials/invalid-config", "config.json");
}

}  // namespace
}  // namespace pycontainer::credentials
