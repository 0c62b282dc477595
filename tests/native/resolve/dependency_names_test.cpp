#include "resolve/dependency_names.hpp"

#include "resolve/project_files.hpp"

#include <gtest/gtest.h>

namespace pycontainer::resolve {
namespace {

using Names = std::vector<std::string>;
using testing::ProjectFiles;

TEST(DependencyNames, ReadsPyproject) {
    const Json pyproject = {
        {"project", {{"dependencies", {"Flask[async]>=2", "nonsense here", 3, "zope.interface"}}}},
        {"tool", {{"poetry", {{"dependencies", {{"python", "^3.11"}, {"Django", "*"}}}}}}}};
    const auto names = dependency_names(pyproject, {});
    EXPECT_EQ(names.direct, (Names{"django", "flask", "zope-interface"}));
    EXPECT_TRUE(names.locked.empty());
}

TEST(DependencyNames, ReadsTheLock) {
    const ProjectFiles project(
        "//- uv.lock\nversion = 1\n[[package]]\nname = \"Foo_Bar\"\nversion = \"1\"\ndependencies "
        "= [\n    { name = \"inner\" },\n]\n\n[[package]]\r\nname = \"a\"\n"
        "[[package]]\nname = \"a\"\n//- requirements.txt\nB==1\n-r c.txt\n./local\n//- "
        "c.txt\nc==1\n");
    EXPECT_EQ(
        dependency_names(Json::object(), {.kind = "uv.lock", .file = project.path() / "uv.lock"})
            .locked,
        (Names{"a", "foo-bar"}));
    EXPECT_EQ(dependency_names(Json::object(), {.kind = "requirements.txt",
                                                .file = project.path() / "requirements.txt"})
                  .direct,
              (Names{"b", "c"}));
    EXPECT_TRUE(
        dependency_names(Json::object(), {.kind = "uv.lock", .file = project.path() / "gone"})
            .locked.empty());
}

TEST(DependencyNames, ReadsThePipfileBesideItsLock) {
    const ProjectFiles project(
        "//- Pipfile.lock\n{\"_meta\": {}, \"default\": {\"Flask\": {}, \"click\": {}}, "
        "\"develop\": {\"pytest\": {}}}\n//- Pipfile\n[packages]\nFlask = \"*\"\n//- "
        "alone/Pipfile.lock\n{\"default\": {\"flask\": {}, \"click\": {}}}\n");
    const auto names = dependency_names(
        Json::object(), {.kind = "Pipfile.lock", .file = project.path() / "Pipfile.lock"});
    EXPECT_EQ(names.direct, Names{"flask"});
    EXPECT_EQ(names.locked, (Names{"click", "flask"}));
    EXPECT_EQ(dependency_names(Json::object(), {.kind = "Pipfile.lock",
                                                .file = project.path() / "alone/Pipfile.lock"})
                  .direct,
              (Names{"click", "flask"}));
}

TEST(DependencyNames, TakesAPylockForItselfWhenNothingElseSpeaks) {
    const ProjectFiles project(
        "//- pylock.toml\nlock-version = \"1.0\"\n[[packages]]\nname = \"flask\"\n"
        "[[packages.wheels]]\nname = \"flask-1-py3-none-any.whl\"\n[[packages]]\nname = "
        "\"click\"\n");
    const LockChoice choice{.kind = "pylock.toml", .file = project.path() / "pylock.toml"};
    EXPECT_EQ(dependency_names(Json::object(), choice).direct, (Names{"click", "flask"}));
    const auto names = dependency_names({{"project", {{"dependencies", {"Flask", "x"}}}}}, choice);
    EXPECT_EQ(names.direct, (Names{"flask", "x"}));
    EXPECT_EQ(names.locked, (Names{"click", "flask"}));
}

TEST(LockedNames, SurvivesRubbish) {
    for (const char* text : {"", "[[package]]", "[[package]]\nname = \"",
                             "[[package]]\n\nname = \"a\"", "name = \"a\""})
        static_cast<void>(locked_names(text));
    EXPECT_TRUE(locked_names("name = \"a\"").empty());
}

}  // namespace
}  // namespace pycontainer::resolve
