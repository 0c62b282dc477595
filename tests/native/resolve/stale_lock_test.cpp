#include "resolve/stale_lock.hpp"

#include "toml/document.hpp"

#include <gtest/gtest.h>

namespace pycontainer::resolve {
namespace {

std::optional<std::string> staleness(const std::string& dependencies,
                                     const std::string& requires_dist) {
    const auto project =
        toml::parse("[project]\nname = \"app\"\ndependencies = [" + dependencies + "]\n",
                    "pyproject.toml")
            .value;
    const auto metadata = toml::parse("requires-dist = [" + requires_dist + "]\n", "uv.lock").value;
    return find_staleness(project, metadata);
}

TEST(FindStaleness, SeesThroughSpelling) {
    EXPECT_EQ(staleness("'Foo_Bar[B,a] >=1.0, <2 ; python_version > \"3\"'",
                        "{ name = 'foo-bar', extras = ['a', 'b'], specifier = '<2,>=1.0', marker = "
                        "\"python_full_version > '3'\" }"),
              std::nullopt);
    EXPECT_EQ(staleness("'foo==1.0RC1'", "{ name = 'foo', specifier = '==1.0rc1' }"), std::nullopt);
    EXPECT_EQ(staleness("'foo'", "{ name = 'foo' }, { name = 'bar', marker = \"extra == 'x'\" }"),
              std::nullopt);
    EXPECT_EQ(staleness("'foo>=1'", "{ name = 'foo', editable = '../foo' }"), std::nullopt);
}

TEST(FindStaleness, ListsTheDifference) {
    EXPECT_EQ(staleness("'foo>=2', 'new'", "{ name = 'foo', specifier = '>=1' }"),
              "`foo>=2`, `new` are only in `pyproject.toml`, `foo>=1` is only in the lock");
    EXPECT_EQ(staleness("", "{ name = 'foo' }"), "`foo` is only in the lock");
    EXPECT_EQ(staleness("'a','b','c','d','e'", ""),
              "`a`, `b`, `c`, `d` and 1 more are only in `pyproject.toml`");
}

TEST(FindStaleness, TakesMissingRequirementsForNone) {
    EXPECT_EQ(find_staleness({{"project", {{"dependencies", {"foo"}}}}}, Json::object()),
              "`foo` is only in `pyproject.toml`");
    EXPECT_EQ(find_staleness({{"project", {{"name", "app"}}}}, Json::object()), std::nullopt);
}

TEST(FindStaleness, SaysNothingWhenItCannotKnow) {
    const Json metadata = {{"requires-dist", Json::array()}};
    EXPECT_EQ(find_staleness(Json::object(), metadata), std::nullopt);
    EXPECT_EQ(find_staleness({{"project", {{"dynamic", {"dependencies"}}}}}, metadata),
              std::nullopt);
    EXPECT_EQ(find_staleness({{"project", {{"dependencies", {"foo"}}}}}, Json()), std::nullopt);
    EXPECT_EQ(find_staleness({{"project", {{"dependencies", {"not a requirement"}}}}}, metadata),
              std::nullopt);
    EXPECT_EQ(find_staleness({{"project", {{"dependencies", 3}}}}, metadata), std::nullopt);
}

TEST(FindStaleness, TakesOneRequirementWrittenTwiceForOne) {
    EXPECT_EQ(staleness("'foo>=1; os_name == \"nt\"', 'foo>=1; os_name == \"posix\"'",
                        "{ name = 'foo', specifier = '>=1', marker = \"os_name == 'nt'\" }, { name "
                        "= 'foo', specifier = '>=1', marker = \"os_name == 'posix'\" }"),
              std::nullopt);
    // A source for some platforms, the index for the others.
    EXPECT_EQ(
        staleness("'foo>=1'", "{ name = 'foo', specifier = '>=1' }, { name = 'foo', git = 'u' }"),
        std::nullopt);
}

TEST(FindStaleness, ComparesWhatIsWantedOfExtrasAndGroups) {
    const auto project = toml::parse(R"([project]
name = "app"
[project.optional-dependencies]
Cli = ["click>=8"]
all = ["app[cli]", "rich"]
[dependency-groups]
typing = ["mypy"]
dev = ["pytest", { include-group = "typing" }]
[tool.uv]
dev-dependencies = ["ruff"]
)",
                                     "pyproject.toml")
                             .value;
    const auto metadata = [](const std::string& extras, const std::string& dev) {
        return toml::parse(
                   "requires-dist = [" + extras + "]\n[requires-dev]\ndev = [" + dev + "]\n",
                   "uv.lock")
            .value;
    };
    const std::string extras =
        "{ name = 'app', extras = ['cli'], marker = \"extra == 'all'\" }, { name = 'rich', marker "
        "= \"python_version > '3' and extra == 'all'\" }";
    const std::string cli = ", { name = 'click', specifier = '>=8', marker = \"extra == 'cli'\" }";
    const std::string dev = "{ name = 'pytest' }, { name = 'mypy' }, { name = 'ruff' }";
    const auto fresh = metadata(extras + cli, dev);
    EXPECT_EQ(find_staleness(project, fresh, {"cli", "all"}, {"dev"}), std::nullopt);
    const auto stale = metadata(extras + ", { name = 'click', marker = \"extra == 'cli'\" }",
                                "{ name = 'pytest' }, { name = 'ruff' }");
    EXPECT_EQ(find_staleness(project, stale), std::nullopt) << "nobody wants them";
    EXPECT_EQ(find_staleness(project, stale, {"ALL"}, {"Dev"}),
              "`click>=8` of the extra `cli`, `mypy` of the group `dev` are only in "
              "`pyproject.toml`, `click` of the extra `cli` is only in the lock");
    EXPECT_EQ(find_staleness(project, fresh, {"new"}, {"new"}), std::nullopt);
}

std::optional<std::string> unsatisfied(const Json& pyproject,
                                       const std::map<std::string, std::string>& versions,
                                       std::vector<std::string> extras = {},
                                       std::vector<std::string> groups = {}) {
    return find_unsatisfied({.pyproject = &pyproject,
                             .directory = "/p",
                             .groups = std::move(groups),
                             .extras = std::move(extras),
                             .target = {.python_version = "3.12.1", .machine = "x86_64"}},
                            versions);
}

TEST(FindUnsatisfied, ComparesTheSelectedVersions) {
    const Json project = {
        {"project",
         {{"name", "app"},
          {"dependencies",
           {"Foo>=2", "bar @ https://files.example/bar.whl", "win; sys_platform == 'win32'"}},
          {"optional-dependencies", {{"x", {"app[y]"}}, {"y", {"baz"}}}}}},
        {"dependency-groups", {{"dev", {"tool<2"}}}}};
    EXPECT_EQ(unsatisfied(project, {{"foo", "2.1"}, {"bar", "0"}}), std::nullopt);
    EXPECT_EQ(unsatisfied(project, {{"foo", ""}, {"bar", ""}}), std::nullopt);
    EXPECT_EQ(unsatisfied(project, {{"foo", "1.9"}}), "`bar` (it has none), `foo>=2` (it has 1.9)");
    EXPECT_EQ(unsatisfied(project, {{"foo", "3"}, {"bar", "1"}, {"tool", "2"}}, {"x"}, {"dev"}),
              "`baz` of the extra `y` (it has none), `tool<2` of the group `dev` (it has 2)");
    EXPECT_EQ(unsatisfied(Json::object(), {}), std::nullopt);
    EXPECT_EQ(unsatisfied({{"project", {{"dynamic", {"dependencies"}}}}}, {}), std::nullopt);
}

}  // namespace
}  // namespace pycontainer::resolve
