#include "resolve/lock_choice.hpp"

#include "resolve/project_files.hpp"
#include "support/result_matchers.hpp"

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

Json with_tool(const char* tool) {
    return {{"tool", {{tool, Json::object()}}}};
}

TEST(ChooseLock, KnowsTheOrder) {
    const auto chosen = [](const std::string& files, const Json& pyproject = Json::object()) {
        std::string text;
        for (const auto name : split(files, ' ')) text += "//- " + std::string(name) + "\n";
        return choose_lock(ProjectFiles(text).path(), pyproject).kind;
    };
    EXPECT_EQ(chosen("requirements.txt Pipfile.lock pylock.toml uv.lock"), "uv.lock");
    EXPECT_EQ(chosen("requirements.txt Pipfile.lock pylock.toml"), "pylock.toml");
    EXPECT_EQ(chosen("requirements.txt Pipfile.lock"), "Pipfile.lock");
    EXPECT_EQ(chosen("requirements.txt"), "requirements.txt");
    EXPECT_EQ(chosen("pylock.toml uv.lock", with_tool("uv")), "uv.lock");
    EXPECT_EQ(chosen("pylock.toml requirements.txt", with_tool("uv")), "pylock.toml");
}

TEST(ChooseLock, SaysWhatItWonOver) {
    const ProjectFiles project("//- pylock.toml\n//- Pipfile.lock\n//- requirements.txt\n");
    EXPECT_EQ(choose_lock(project.path(), Json::object()).reason,
              "the most exact of the lock files here, rather than `Pipfile.lock` and "
              "`requirements.txt`");
    const ProjectFiles tool("//- uv.lock\n//- pylock.toml\n//- pdm.lock\n");
    EXPECT_EQ(choose_lock(tool.path(), with_tool("uv")).reason,
              "`[tool.uv]` in `pyproject.toml`, rather than `pylock.toml` and `pdm.lock`");
    const ProjectFiles alone("//- pylock.toml\n");
    EXPECT_EQ(choose_lock(alone.path(), Json::object()).reason, "the only lock file here");
}

TEST(ChooseLock, DependsOnEverythingItLooksFor) {
    const ProjectFiles project("//- Pipfile.lock\n");
    const auto choice = choose_lock(project.path(), Json::object());
    for (const char* name : {"uv.lock", "pylock.toml", "poetry.lock", "pdm.lock", "Pipfile.lock",
                             "requirements.txt", "Pipfile"})
        EXPECT_EQ(std::count(choice.files.begin(), choice.files.end(), project.path() / name), 1)
            << name;
}

TEST(ChooseLock, TakesANamedPylockThatIsAlone) {
    const ProjectFiles one("//- pylock.prod.toml\n//- pylock.a.b.toml\n");
    const auto choice = choose_lock(one.path(), Json::object());
    EXPECT_EQ(choice.kind, "pylock.toml");
    EXPECT_EQ(choice.file, one.path() / "pylock.prod.toml");
    EXPECT_EQ(choice.reason, "`pylock.prod.toml` is the only lock file here");
    const ProjectFiles other("//- pylock.prod.toml\n//- requirements.txt\n");
    EXPECT_EQ(choose_lock(other.path(), Json::object()).kind, "requirements.txt");
    const ProjectFiles two("//- pylock.prod.toml\n//- pylock.dev.toml\n");
    const auto none = choose_lock(two.path(), Json::object());
    EXPECT_EQ(none.kind, "none");
    EXPECT_TRUE(none.is_ambiguous);
    EXPECT_EQ(none.reason,
              "there are `pylock.dev.toml` and `pylock.prod.toml`, and nothing says which one is "
              "meant");
}

TEST(ChooseLock, TakesRequirementsWithWhatTheyInclude) {
    const ProjectFiles project(
        "//- requirements.txt\n-r more.txt\n-c sub/constraints.txt\nfoo==1\n//- more.txt\n//- "
        "sub/constraints.txt\n");
    const auto choice = choose_lock(project.path(), kWithDependencies);
    EXPECT_EQ(choice.kind, "requirements.txt");
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

TEST(ChooseLock, SaysWhyThereIsNone) {
    const ProjectFiles project("//- pyproject.toml\n");
    EXPECT_EQ(choose_lock(project.path(), Json::object()).reason,
              "the project declares no dependencies");
    EXPECT_EQ(choose_lock(project.path(), kWithDependencies).reason, "there is no lock file");
    for (const char* name : {"poetry.lock", "pdm.lock", "Pipfile.lock"}) {
        const ProjectFiles other("//- " + std::string(name) + "\n");
        EXPECT_EQ(choose_lock(other.path(), kWithDependencies).kind, name);
    }
    EXPECT_EQ(choose_lock(project.path() / "missing", Json::object()).kind, "none");
}

TEST(TakeLock, TellsTheKindFromTheName) {
    const auto kind = [](const std::string& name) {
        const ProjectFiles project("//- " + name + "\n");
        const auto choice = take_lock(project.path(), {project.path() / name, "`--lock`"});
        EXPECT_OK(choice);
        EXPECT_EQ(choice->file, project.path() / name);
        EXPECT_EQ(choice->reason, "named by `--lock`");
        return choice->kind;
    };
    EXPECT_EQ(kind("uv.lock"), "uv.lock");
    EXPECT_EQ(kind("locks/poetry.lock"), "poetry.lock");
    EXPECT_EQ(kind("pdm.lock"), "pdm.lock");
    EXPECT_EQ(kind("pylock.toml"), "pylock.toml");
    EXPECT_EQ(kind("pylock.prod.toml"), "pylock.toml");
    EXPECT_EQ(kind("requirements/prod.txt"), "requirements.txt");
    EXPECT_EQ(kind("requirements-prod.in"), "requirements.txt");
}

TEST(TakeLock, BringsWhatBelongsToIt) {
    const ProjectFiles project(
        "//- deep/Pipfile.lock\n//- deep/all.txt\n-r more.txt\n//- "
        "deep/more.txt\n//- uv.lock\n");
    using Paths = std::vector<std::filesystem::path>;
    const auto files = [&](const char* name) {
        return take_lock(project.path(), {project.path() / name, "x"})->files;
    };
    EXPECT_EQ(files("deep/Pipfile.lock"),
              (Paths{project.path() / "deep/Pipfile.lock", project.path() / "deep/Pipfile"}));
    EXPECT_EQ(files("deep/all.txt"),
              (Paths{project.path() / "deep/all.txt", project.path() / "deep/more.txt"}));
}

TEST(TakeLock, RefusesWhatIsNoLock) {
    const ProjectFiles project("//- pylock.a.b.toml\n//- conda-lock.yml\n//- dir.txt/x\n");
    const auto take = [&](const char* name) {
        return take_lock(project.path(), {project.path() / name, "pycontainer.toml:2"});
    };
    EXPECT_ERROR(take("missing.txt"), "resolve/lock-not-found", "missing.txt",
                 "pycontainer.toml:2");
    EXPECT_ERROR(take("dir.txt"), "resolve/lock-not-found", "dir.txt", "");
    EXPECT_ERROR(take("conda-lock.yml"), "resolve/unknown-lock", "conda-lock.yml", "uv.lock");
    EXPECT_ERROR(take("pylock.a.b.toml"), "resolve/unknown-lock", "pylock.a.b.toml", "");
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
