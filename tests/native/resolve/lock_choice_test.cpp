#include "resolve/lock_choice.hpp"

#include "resolve/project_files.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace pycontainer::resolve {
namespace {

using testing::ProjectFiles;

const Json kWithDependencies = {{"project", {{"name", "app"}, {"dependencies", {"foo"}}}}};

TEST(ChooseLock, PrefersUvLock) {
    const ProjectFiles project("//- uv.lock\nversion = 1\n//- requirements.txt\nfoo==1\n");
    const auto choice = choose_lock(project.path(), kWithDependencies);
    EXPECT_EQ(choice.kind, "uv.lock");
    EXPECT_EQ(choice.file, project.path() / "uv.lock");
    EXPECT_NE(choice.reason.find("rather than `requirements.txt`"), std::string::npos);
    EXPECT_NE(
        choose_lock(project.path(), {{"tool", {{"uv", Json::object()}}}}).reason.find("[tool.uv]"),
        std::string::npos);
}

TEST(ChooseLock, TakesRequirementsWithWhatTheyInclude) {
    const ProjectFiles project(
        "//- requirements.txt\n-r more.txt\n-c sub/constraints.txt\nfoo==1\n//- more.txt\n//- "
        "sub/constraints.txt\n//- poetry.lock\n");
    const auto choice = choose_lock(project.path(), kWithDependencies);
    EXPECT_EQ(choice.kind, "requirements.txt");
    EXPECT_NE(choice.reason.find("`poetry.lock` cannot be read yet"), std::string::npos);
    // The one that was looked for first decides, too, should it appear.
    for (const char* name : {"uv.lock", "requirements.txt", "more.txt", "sub/constraints.txt"})
        EXPECT_EQ(std::count(choice.files.begin(), choice.files.end(), project.path() / name), 1)
            << name;
}

TEST(ChooseLock, FindsTheLockOfTheWorkspace) {
    const ProjectFiles workspace(
        "//- pyproject.toml\n[tool.uv.workspace]\nmembers = [\"services/*\"]\n//- uv.lock\nversion "
        "= 1\n[[package]]\nname = \"api\"\n"
        "source = { editable = \"services/api\" }\n//- services/api/pyproject.toml\n//- "
        "services/api/uv.lock\nversion = 1\n//- other/pyproject.toml\n");
    const auto choice = choose_lock(workspace.path() / "services/api", kWithDependencies);
    EXPECT_EQ(choice.kind, "uv.lock");
    EXPECT_EQ(choice.file, workspace.path() / "uv.lock");
    EXPECT_NE(choice.reason.find("its own `uv.lock` does not count"), std::string::npos);
    EXPECT_EQ(choose_lock(workspace.path() / "other", kWithDependencies).kind, "none");
}

TEST(ChooseLock, LeavesAPathDependencyItsOwnLock) {
    const ProjectFiles outer(
        "//- pyproject.toml\n[project]\n//- uv.lock\n[[package]]\nsource = { editable = \"lib\" "
        "}\n//- lib/uv.lock\nversion = 1\n");
    EXPECT_EQ(choose_lock(outer.path() / "lib", kWithDependencies).file,
              outer.path() / "lib/uv.lock");
}

TEST(ChooseLock, StopsAtTheRepository) {
    const ProjectFiles outer(
        "//- pyproject.toml\n[tool.uv.workspace]\n//- uv.lock\n[[package]]\nsource = { editable = "
        "\"inner\" }\n//- inner/.git/HEAD\n//- inner/pyproject.toml\n");
    EXPECT_EQ(choose_lock(outer.path() / "inner", kWithDependencies).kind, "none");
}

TEST(ChooseLock, SaysWhyThereIsNone) {
    const ProjectFiles project("//- pyproject.toml\n");
    EXPECT_EQ(choose_lock(project.path(), Json::object()).reason,
              "the project declares no dependencies");
    EXPECT_EQ(choose_lock(project.path(), kWithDependencies).reason,
              "there is neither `uv.lock` nor `requirements.txt`");
    EXPECT_EQ(choose_lock(project.path() / "missing", Json::object()).kind, "none");
}

TEST(DeclaresDependencies, KnowsTheWaysToDoIt) {
    EXPECT_TRUE(declares_dependencies(kWithDependencies));
    EXPECT_TRUE(declares_dependencies({{"project", {{"dynamic", {"version", "dependencies"}}}}}));
    EXPECT_TRUE(declares_dependencies(
        {{"tool", {{"poetry", {{"dependencies", {{"python", "^3"}, {"foo", "*"}}}}}}}}));
    EXPECT_FALSE(
        declares_dependencies({{"tool", {{"poetry", {{"dependencies", {{"python", "^3"}}}}}}}}));
    EXPECT_FALSE(declares_dependencies(
        {{"project", {{"dependencies", Json::array()}, {"dynamic", {"version"}}}}}));
    EXPECT_FALSE(declares_dependencies({{"project", 3}}));
}

}  // namespace
}  // namespace pycontainer::resolve
