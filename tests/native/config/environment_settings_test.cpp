#include "config/environment_settings.hpp"

#include <gtest/gtest.h>

namespace pycontainer::config {
namespace {

using Words = std::vector<std::string>;

EnvironmentSettings read(std::map<std::string, std::string, std::less<>> variables) {
    return read_environment(Environment(std::move(variables)));
}

TEST(EnvironmentSettings, SetKeys) {
    const auto read_all = read({{"PYCONTAINER_BUILD_BASE_IMAGE", "python:3.12"},
                                {"PYCONTAINER_BUILD_TAGS", "a:1, b:2,"},
                                {"PYCONTAINER_BUILD_INCLUDE_DEPS", "FALSE"},
                                {"PYCONTAINER_BUILD_REPRODUCIBLE", "1"},
                                {"PYCONTAINER_BUILD_PORTS", "80,53/udp"},
                                {"PYCONTAINER_BUILD_ENTRYPOINT", "python -m 'a b'"},
                                {"PYCONTAINER_BUILD_BASE_MAX_AGE", "30m"},
                                {"PYCONTAINER_REGISTRY_URL", "ghcr.io/a/b"},
                                {"HOME", "/root"}});
    EXPECT_TRUE(read_all.diagnostics.empty()) << read_all.diagnostics[0].message;
    const auto& settings = read_all.settings;
    EXPECT_EQ(settings.base_image, "python:3.12");
    EXPECT_EQ(settings.tags, (Words{"a:1", "b:2"}));
    EXPECT_EQ(settings.include_deps, false);
    EXPECT_EQ(settings.reproducible, true);
    EXPECT_EQ(settings.ports, (Words{"80", "53/udp"}));
    EXPECT_EQ(settings.entrypoint, (Words{"python", "-m", "a b"}));
    EXPECT_EQ(settings.base_max_age_seconds, 1800U);
    EXPECT_EQ(settings.registry_url, "ghcr.io/a/b");
    EXPECT_EQ(read_all.variables.at("build.base_max_age"), "PYCONTAINER_BUILD_BASE_MAX_AGE");
}

TEST(EnvironmentSettings, IgnoreEmptyAndForeignVariables) {
    const auto nothing = read({{"PYCONTAINER_BUILD_TAGS", ""},
                               {"PYCONTAINER_REGISTRY_USERNAME", "bob"},
                               {"PYCONTAINER_REGISTRY_PASSWORD", "geheim"},
                               {"PYCONTAINER_CACHE_DIR", "/tmp"},
                               {"PYCONTAINERS", "x"},
                               {"XPYCONTAINER_BUILD_TAGS", "x"}});
    EXPECT_TRUE(nothing.diagnostics.empty());
    EXPECT_FALSE(nothing.settings.tags.has_value());
    EXPECT_TRUE(nothing.variables.empty());
}

void check(const std::string& name, const std::string& value, Severity severity,
           std::string_view code, std::string_view message) {
    SCOPED_TRACE(name + "=" + value);
    const auto result = read({{name, value}});
    ASSERT_EQ(result.diagnostics.size(), 1U);
    const auto& diagnostic = result.diagnostics[0];
    EXPECT_EQ(diagnostic.file, "environment");
    EXPECT_EQ(diagnostic.severity, severity);
    EXPECT_EQ(diagnostic.code, code);
    EXPECT_EQ(diagnostic.message, message);
    EXPECT_TRUE(result.variables.empty() || severity == Severity::Error);
}

TEST(EnvironmentSettings, WarnOfWhatIsNoSetting) {
    check("PYCONTAINER_BUILD_BASEIMAGE", "x", Severity::Warning, "config/unknown-variable",
          "the environment variable `PYCONTAINER_BUILD_BASEIMAGE` is no setting; did you mean "
          "`PYCONTAINER_BUILD_BASE_IMAGE`?");
    check("PYCONTAINER_REGISTRY_PASWORD", "geheim", Severity::Warning, "config/unknown-variable",
          "the environment variable `PYCONTAINER_REGISTRY_PASWORD` is no setting; did you mean "
          "`PYCONTAINER_REGISTRY_PASSWORD`?");
    check("PYCONTAINER_BUILD_ENV_PORT_NUMBER_OF_SERVER", "1", Severity::Warning,
          "config/unknown-variable",
          "the environment variable `PYCONTAINER_BUILD_ENV_PORT_NUMBER_OF_SERVER` is no setting");
}

TEST(EnvironmentSettings, NameTheVariableThatIsWrong) {
    check("PYCONTAINER_BUILD_WORKDIR", "app", Severity::Error, "config/invalid-value",
          "`PYCONTAINER_BUILD_WORKDIR` must be an absolute path such as `/app`, not `app`");
    check("PYCONTAINER_BUILD_INCLUDE_DEPS", "maybe", Severity::Error, "config/wrong-type",
          "`PYCONTAINER_BUILD_INCLUDE_DEPS` must be `true` or `false`, not `maybe`");
    check("PYCONTAINER_BUILD_COMPRESSION", "brotli", Severity::Error, "config/invalid-value",
          "`PYCONTAINER_BUILD_COMPRESSION` must be `gzip`, `gzip-single`, `zstd` or `none`, not "
          "`brotli`");
    check("PYCONTAINER_BUILD_PORTS", "80,http", Severity::Error, "config/invalid-value",
          "`PYCONTAINER_BUILD_PORTS[1]` must be a port from 1 to 65535, with `/tcp` or `/udp` if "
          "need be, not `http`");
    check("PYCONTAINER_BUILD_PORTS", "99999", Severity::Error, "config/invalid-value",
          "`PYCONTAINER_BUILD_PORTS[0]` must be a port from 1 to 65535, with `/tcp` or `/udp` if "
          "need be, not `99999`");
    check("PYCONTAINER_BUILD_ENTRYPOINT", "a 'b", Severity::Error, "config/invalid-value",
          "`PYCONTAINER_BUILD_ENTRYPOINT` has a quote or a backslash without its end");
    check("PYCONTAINER_REGISTRY_URL", "https://bob:geheim@ghcr.io/a", Severity::Error,
          "config/invalid-value",
          "`PYCONTAINER_REGISTRY_URL`: `…@ghcr.io/a` is a URL, not the name of an image");
}

}  // namespace
}  // namespace pycontainer::config
