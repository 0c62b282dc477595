#include "config/settings.hpp"

#include "base/strings.hpp"

#include <gtest/gtest.h>

namespace pycontainer::config {
namespace {

using Words = std::vector<std::string>;

ReadSettings read(std::string_view json) {
    return read_settings(Json::parse(json));
}

TEST(Settings, AreReadFromJson) {
    const auto [settings, faults] = read(
        R"({"build": {"base-image": "python:3.12", "workdir": "/srv", "python": "3.12.1", "user": "app", "framework": "none",
        "output": "out", "compression": "none", "conflicting_files": "warn", "tags": ["a", "b"], "platforms": ["linux/arm64"], "ports": [80, "53/udp"], "include": ["a"], "exclude": ["b"],
        "writable": ["data"], "groups": ["g"], "extras": ["e"], "include_deps": false, "reproducible": false, "labels": {"a-b": "c"}, "env": {"A": "b"}},
        "registry": {"url": "ghcr.io/a/b"}})");
    EXPECT_TRUE(faults.empty()) << faults[0].message;
    EXPECT_EQ(settings.base_image, "python:3.12");
    EXPECT_EQ(settings.workdir, "/srv");
    EXPECT_EQ(settings.python, "3.12.1");
    EXPECT_EQ(settings.user, "app");
    EXPECT_EQ(settings.framework, "none");
    EXPECT_EQ(settings.output, "out");
    EXPECT_EQ(settings.compression, "none");
    EXPECT_EQ(settings.conflicting_files, "warn");
    EXPECT_EQ(settings.tags, (Words{"a", "b"}));
    EXPECT_EQ(settings.platforms, Words{"linux/arm64"});
    EXPECT_EQ(settings.ports, (Words{"80", "53/udp"}));
    EXPECT_EQ(settings.include, Words{"a"});
    EXPECT_EQ(settings.exclude, Words{"b"});
    EXPECT_EQ(settings.writable, Words{"data"});
    EXPECT_EQ(settings.groups, Words{"g"});
    EXPECT_EQ(settings.extras, Words{"e"});
    EXPECT_EQ(settings.include_deps, false);
    EXPECT_EQ(settings.reproducible, false);
    EXPECT_EQ(settings.labels, (std::map<std::string, std::string>{{"a-b", "c"}}));
    EXPECT_EQ(settings.env, (std::map<std::string, std::string>{{"A", "b"}}));
    EXPECT_EQ(settings.registry_url, "ghcr.io/a/b");
}

TEST(Settings, SplitCommandsLikeAShell) {
    EXPECT_EQ(read(R"({"build": {"entrypoint": "python -c 'a b' \"c d\""}})").settings.entrypoint,
              (Words{"python", "-c", "a b", "c d"}));
    EXPECT_EQ(read(R"({"build": {"entrypoint": ["a b", ""]}})").settings.entrypoint,
              (Words{"a b", ""}));
    EXPECT_EQ(read(R"({"build": {"cmd": ""}})").settings.cmd, Words{});
    EXPECT_EQ(read(R"({"build": {"cmd": []}})").settings.cmd, Words{});
    EXPECT_FALSE(read("{}").settings.cmd.has_value());
}

TEST(Settings, ReadAges) {
    const auto check = [](const char* text, std::uint64_t seconds) {
        EXPECT_EQ(
            read_settings({{"build", {{"base_max_age", text}}}}).settings.base_max_age_seconds,
            seconds)
            << text;
    };
    check("0", 0);
    check("90", 90);
    check("90s", 90);
    check("30m", 1800);
    check("24h", 86400);
    check("7d", 604800);
    EXPECT_EQ(read(R"({"build": {"base_max_age": 60}})").settings.base_max_age_seconds, 60U);
    for (const auto* text : {"", "h", "1w", "-1", "1.5h", "99999999999999999999", "9999999d"})
        EXPECT_EQ(read_settings({{"build", {{"base_max_age", text}}}}).faults.size(), 1U) << text;
}

/// The only fault of one key of `build`.
void check_fault(const std::string& key, const Json& value, std::string_view path,
                 std::string_view message) {
    SCOPED_TRACE(testing::Message() << key << " = " << value);
    Json json = Json::object();
    json["build"][key] = value;
    const auto faults = read_settings(json).faults;
    ASSERT_EQ(faults.size(), 1U);
    EXPECT_EQ(join(faults[0].path, "."), path);
    EXPECT_NE(faults[0].message.find(message), std::string::npos) << faults[0].message;
}

TEST(Settings, AreCheckedForTheirMeaning) {
    check_fault("base_image", "a//b", "build.base_image", "repository name");
    check_fault("base_image", "docker-daemon:x", "build.base_image", "`docker-daemon:`");
    check_fault("base_image", "docker-archive:", "build.base_image", "names no file");
    check_fault("base_image", "oci::tag", "build.base_image", "names no directory");
    check_fault("tags", {"ok", "x@sha256:" + std::string(64, 'a')}, "build.tags.1", "has a digest");
    check_fault("platforms", Json::array(), "build.platforms", "1 to 16");
    check_fault("include", {"src/[ab"}, "build.include.0", "closed");
    check_fault("exclude", {"name\\"}, "build.exclude.0", "pattern");
    check_fault("platforms", {"linux/x86_64"}, "build.platforms.0", "linux/x86_64");
    check_fault("ports", {"80", "0"}, "build.ports.1", "`ports[1]` must be a port");
    check_fault("ports", {"65536"}, "build.ports.0", "port");
    check_fault("ports", {"80/"}, "build.ports.0", "port");
    check_fault("ports", {"+80"}, "build.ports.0", "port");
    check_fault("env", {{"1A", "x"}}, "build.env.1A", "variable name");
    check_fault("env", {{"", "x"}}, "build.env.", "variable name");
    check_fault("labels", {{"", "x"}}, "build.labels.", "needs a name");
    check_fault("workdir", "app", "build.workdir", "absolute");
    check_fault("workdir", "/a/../b", "build.workdir", "absolute");
    check_fault("user", ":0", "build.user", "`user` must be");
    check_fault("user", "a:b:c", "build.user", "`user` must be");
    check_fault("python", "2.7", "build.python", "Python version");
    check_fault("python", "3.11.", "build.python", "Python version");
    check_fault("writable", {"a/../../b"}, "build.writable.0", "without `..`");
    check_fault("include", {""}, "build.include.0", "without `..`");
    check_fault("groups", {"-a"}, "build.groups.0", "name of letters");
    check_fault("extras", {"a b"}, "build.extras.0", "name of letters");
    check_fault("output", "docker-archive:x.tar", "build.output", "directory");
    check_fault("output", "", "build.output", "directory");
    check_fault("entrypoint", "python 'x", "build.entrypoint", "quote");
    check_fault("entrypoint", {""}, "build.entrypoint", "no program");
    check_fault("cmd", {std::string("a\0b", 3)}, "build.cmd.0", "NUL");
}

TEST(Settings, KnowEveryCompression) {
    for (const auto* name : {"gzip", "gzip-single", "zstd", "none"})
        EXPECT_TRUE(read_settings({{"build", {{"compression", name}}}}).faults.empty()) << name;
}

TEST(Settings, OfCallersAreCheckedToo) {
    Settings settings;
    EXPECT_TRUE(check_settings(settings).empty());
    settings.ports = {{"80", "x"}};
    settings.registry_url = "ghcr.io/acme/api@sha256:" + std::string(64, 'a');
    settings.compression = "brotli";
    settings.conflicting_files = "ignore";
    settings.framework = "rails";
    EXPECT_EQ(check_settings(settings).size(), 5U);
}

TEST(Settings, NeverShowPasswordsInNames) {
    Settings settings;
    settings.registry_url = "https://bob:geheim@ghcr.io/acme";
    settings.base_image = "bob:geheim@ghcr.io/acme/api";
    const auto faults = check_settings(settings);
    ASSERT_EQ(faults.size(), 2U);
    for (const auto& fault : faults)
        EXPECT_EQ((fault.message + fault.hint).find("geheim"), std::string::npos) << fault.message;
}

}  // namespace
}  // namespace pycontainer::config
