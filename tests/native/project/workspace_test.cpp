#include "project/workspace.hpp"

#include "project/project_fixture.hpp"
#include "support/result_matchers.hpp"
#include "toml/document.hpp"

#include <gtest/gtest.h>

namespace pycontainer::project {
namespace {

using testing::ProjectFixture;
using Names = std::vector<std::string>;

constexpr std::string_view kWorkspace = R"(
//- pyproject.toml
[tool.uv.workspace]
members = ["packages/*", "tools/cli"]
exclude = ["packages/old"]
//- packages/api/pyproject.toml
[project]
name = "My_Api"
//- packages/core/pyproject.toml
[project]
name = "core"
//- packages/old/pyproject.toml
[project]
name = "old"
//- packages/.hidden/pyproject.toml
[project]
name = "hidden"
//- packages/notes/pyproject.toml
[tool.black]
//- packages/empty/
//- packages/core/nested/pyproject.toml
[project]
name = "nested"
//- tools/cli/pyproject.toml
[project]
name = "cli"
//- tools/other/pyproject.toml
[project]
name = "other"
)";

Json pyproject_of(const std::filesystem::path& directory) {
    const auto text = read_file(directory / "pyproject.toml");
    return text ? toml::parse(*text, "pyproject.toml").value : Json::object();
}

Names names_from(const std::filesystem::path& directory) {
    Names names;
    for (const auto& member : list_members(directory, pyproject_of(directory)))
        names.push_back(member.name);
    return names;
}

TEST(Workspace, HasTheProjectsThatItsPatternsMean) {
    const ProjectFixture files(kWorkspace);
    EXPECT_EQ(names_from(files.path()), (Names{"My_Api", "cli", "core"}));
    EXPECT_EQ(names_from(files.path() / "packages/api"), (Names{"My_Api", "cli", "core"}))
        << "from a member as well";
}

TEST(Workspace, HasItsRootWhenThatIsAProject) {
    const ProjectFixture files(
        "//- pyproject.toml\n[project]\nname = \"top\"\n[tool.uv.workspace]\nmembers = [\"a\"]\n"
        "//- a/pyproject.toml\n[project]\nname = \"a\"\n");
    EXPECT_EQ(names_from(files.path()), (Names{"a", "top"}));
}

TEST(Workspace, TakesDeepPatterns) {
    const ProjectFixture files(
        "//- pyproject.toml\n[tool.uv.workspace]\nmembers = [\"./libs/**/py-*/\"]\n"
        "//- libs/a/b/py-x/pyproject.toml\n[project]\nname = \"x\"\n"
        "//- libs/a/b/x/pyproject.toml\n[project]\nname = \"y\"\n");
    EXPECT_EQ(names_from(files.path()), (Names{"x"}));
}

TEST(Workspace, IsFoundAboveItsMembersAlone) {
    const ProjectFixture files(kWorkspace);
    const auto found = [&](const std::string& directory) {
        return find_workspace(files.path() / directory, pyproject_of(files.path() / directory));
    };
    EXPECT_EQ(found(""), files.path());
    EXPECT_EQ(found("packages/api"), files.path());
    EXPECT_EQ(found("packages/api/"), files.path());
    EXPECT_EQ(found("packages/../tools/cli"), files.path());
    EXPECT_EQ(found("packages/old"), std::nullopt) << "it is excluded";
    EXPECT_EQ(found("tools/other"), std::nullopt);
    EXPECT_EQ(found("packages/core/nested"), std::nullopt)
        << "the first project above is no workspace";
}

TEST(Workspace, TellsWhereItWasLookedFor) {
    const ProjectFixture files(kWorkspace);
    std::vector<std::filesystem::path> looked_at;
    find_workspace(files.path() / "packages/api", Json::object(), &looked_at);
    EXPECT_EQ(looked_at,
              (std::vector<std::filesystem::path>{files.path() / "packages/pyproject.toml",
                                                  files.path() / "pyproject.toml"}));
}

TEST(FindMember, TakesANameInAnySpelling) {
    const ProjectFixture files(kWorkspace);
    const auto pyproject = pyproject_of(files.path());
    EXPECT_EQ(find_member(files.path(), pyproject, "my.api"), files.path() / "packages/api");
    EXPECT_EQ(find_member(files.path() / "tools/cli", Json::object(), "core"),
              files.path() / "packages/core");
}

TEST(FindMember, SaysWhatThereIs) {
    const ProjectFixture files(kWorkspace);
    const auto pyproject = pyproject_of(files.path());
    const auto unknown = find_member(files.path(), pyproject, "coer");
    EXPECT_ERROR(unknown, "project/unknown-member", "`coer`", "");
    EXPECT_EQ(unknown.error().hint, "did you mean `core`? there are `My_Api`, `cli`, `core`");
    EXPECT_ERROR(find_member(files.path(), pyproject, "notes"), "project/invalid-member",
                 "packages/notes", "[project]");
    EXPECT_ERROR(find_member(files.path(), pyproject, "empty"), "project/invalid-member",
                 "packages/empty", "");
}

TEST(FindMember, NeedsAWorkspace) {
    const ProjectFixture files("//- pyproject.toml\n[project]\nname = \"own\"\n");
    const auto pyproject = pyproject_of(files.path());
    EXPECT_ERROR(find_member(files.path(), pyproject, "api"), "project/no-workspace", "`api`",
                 "--context");
    EXPECT_EQ(find_member(files.path(), pyproject, "own"), files.path());
}

TEST(FindMember, KnowsPathDependencies) {
    const auto check = [](const std::string& declaration) {
        const ProjectFixture files("//- pyproject.toml\n" + declaration +
                                   "\n//- libs/a/pyproject.toml\n[project]\nname = \"a\"\n"
                                   "//- libs/b/pyproject.toml\n[tool.poetry]\nname = \"b\"\n");
        const auto pyproject = pyproject_of(files.path());
        EXPECT_EQ(find_member(files.path(), pyproject, "a"), files.path() / "libs/a")
            << declaration;
    };
    check("[tool.poetry.dependencies]\na = { path = \"libs/a\", develop = true }");
    check("[tool.poetry.group.apps.dependencies]\na = [{ path = \"libs/a\" }]");
    check("[tool.uv.sources]\na = { path = \"libs/a\" }");
    check("[project]\ndependencies = [\"a @ file:///${PROJECT_ROOT}/libs/a\"]");
}

TEST(FindMember, SurvivesNonsense) {
    const ProjectFixture files("//- a/pyproject.toml\n[project]\nname = \"a\"\n");
    for (const Json& workspace : {Json(1), Json::array({1}), Json({{"members", 3}}),
                                  Json({{"members", {1, "[", "../..", "/"}}})}) {
        const Json pyproject{{"tool", {{"uv", {{"workspace", workspace}}}}}};
        EXPECT_FALSE(find_member(files.path(), pyproject, "zzz").has_value());
    }
}

}  // namespace
}  // namespace pycontainer::project
