#include "registry/host_settings.hpp"

#include "base/file.hpp"
#include "support/result_matchers.hpp"

#include <gtest/gtest.h>

namespace pycontainer::registry {
namespace {

std::vector<std::string> mirrors(const HostSettings& settings, const std::string& reference) {
    std::vector<std::string> texts;
    for (const auto& mirror : settings.mirrors(*oci::Reference::parse(reference)))
        texts.push_back(mirror.to_full_string());
    return texts;
}
using Texts = std::vector<std::string>;

TEST(HostSettings, ReadsDockersDaemon) {
    HostSettings settings;
    settings.read_daemon_json(
        R"({"registry-mirrors": ["https://mirror.example/", "http://10.1.2.3:5000"],
        "insecure-registries": ["reg.example:5000", "10.0.0.0/8", 5], "other": {}})");
    EXPECT_EQ(mirrors(settings, "python:3.12"),
              (Texts{"mirror.example/library/python:3.12", "10.1.2.3:5000/library/python:3.12"}));
    EXPECT_EQ(mirrors(settings, "ghcr.io/acme/api:1"), Texts{});
    for (const auto* yes : {"reg.example:5000", "10.200.0.1:443", "10.1.2.3:5000"})
        EXPECT_TRUE(settings.is_insecure(yes)) << yes;
    for (const auto* no : {"reg.example", "11.0.0.1", "mirror.example", "docker.io"})
        EXPECT_FALSE(settings.is_insecure(no)) << no;
}

TEST(HostSettings, ReadsRegistriesConf) {
    HostSettings settings;
    settings.read_registries_conf(R"(
unqualified-search-registries = ["docker.io"]
[[registry]]
prefix = "docker.io"
location = "docker.io"
[[registry.mirror]]
location = "mirror.example/hub"
insecure = true
[[registry]]
prefix = "docker.io/acme"
location = "internal.example/acme"
[[registry]]
location = "plain.example:5000"
insecure = true
)");
    EXPECT_EQ(mirrors(settings, "python:3.12"), Texts{"mirror.example/hub/library/python:3.12"});
    EXPECT_EQ(mirrors(settings, "docker.io/acme/api:1"), Texts{"internal.example/acme/api:1"});
    EXPECT_EQ(mirrors(settings, "docker.io/acmeister/api:1"),
              Texts{"mirror.example/hub/acmeister/api:1"});
    EXPECT_TRUE(settings.is_insecure("mirror.example"));
    EXPECT_TRUE(settings.is_insecure("plain.example:5000"));
    EXPECT_FALSE(settings.is_insecure("internal.example"));
}

TEST(HostSettings, KeepsTheDigest) {
    HostSettings settings;
    settings.read_daemon_json(R"({"registry-mirrors": ["https://mirror.example"]})");
    const auto digest = Digest::of("x").to_string();
    EXPECT_EQ(mirrors(settings, "python:3.12@" + digest),
              Texts{"mirror.example/library/python:3.12@" + digest});
}

TEST(HostSettings, LeavesOutWhatIsMalformed) {
    HostSettings settings;
    for (const auto* text :
         {"", "[", "registry = 1", "[[registry]]\nprefix = 5", "[[registry]]\nmirror = 1"})
        settings.read_registries_conf(text);
    for (const auto* text :
         {"", "[]", "{", R"({"registry-mirrors": 1, "insecure-registries": {}})",
          R"({"registry-mirrors": ["", "://"], "insecure-registries": ["", "1/2"]})"})
        settings.read_daemon_json(text);
    EXPECT_EQ(mirrors(settings, "python:3.12"), Texts{});
    EXPECT_FALSE(settings.is_insecure("docker.io"));
}

TEST(HostSettings, PrefersTheUsersFile) {
    auto directory =
        TemporaryDirectory::create(std::filesystem::temp_directory_path(), "pyc-host-");
    ASSERT_OK(directory);
    const auto& root = directory->path();
    const auto insecure = [](const std::string& host) {
        return "[[registry]]\nlocation = \"" + host + "\"\ninsecure = true\n";
    };
    ASSERT_OK(write_file(root / "etc/containers/registries.conf", insecure("system.example")));
    Environment environment({{"HOME", (root / "home").string()}});
    EXPECT_TRUE(HostSettings::load(environment, root)->is_insecure("system.example"));
    ASSERT_OK(
        write_file(root / "home/.config/containers/registries.conf", insecure("user.example")));
    EXPECT_TRUE(HostSettings::load(environment, root)->is_insecure("user.example"));
    EXPECT_FALSE(HostSettings::load(environment, root)->is_insecure("system.example"));
    environment = Environment({{"CONTAINERS_REGISTRIES_CONF", (root / "none").string()}});
    EXPECT_ERROR(HostSettings::load(environment, root), "registry/invalid-settings", "none");
}

TEST(HostSettings, GoesByOwnSettingsFirst) {
    HostSettings settings;
    settings.read_daemon_json(R"({"registry-mirrors": ["https://theirs.example"]})");
    settings.add_own({"docker.io=one.example/hub", "quay.io=other.example", "nonsense",
                      "docker.io=two.example:5000", "docker.io/library=best.example/official"},
                     {"http://plain.example:5000/", "10.0.0.0/8"});
    EXPECT_EQ(mirrors(settings, "acme/api:1"),
              (Texts{"one.example/hub/acme/api:1", "two.example:5000/acme/api:1",
                     "theirs.example/acme/api:1"}));
    EXPECT_EQ(mirrors(settings, "python:3"),
              (Texts{"best.example/official/python:3", "theirs.example/library/python:3"}));
    EXPECT_EQ(mirrors(settings, "quay.io/a/b:1"), Texts{"other.example/a/b:1"});
    EXPECT_TRUE(settings.is_insecure("plain.example:5000"));
    EXPECT_TRUE(settings.is_insecure("10.1.2.3:5000"));
    EXPECT_FALSE(settings.is_insecure("one.example"));
}

}  // namespace
}  // namespace pycontainer::registry
