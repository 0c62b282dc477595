#include "resolve/internal/pdm_project.hpp"

#include "base/digest.hpp"
#include "support/result_matchers.hpp"
#include "toml/document.hpp"

#include <gtest/gtest.h>

namespace pycontainer::resolve::internal {
namespace {

Json toml(std::string_view text) {
    const auto document = toml::parse(text, "pyproject.toml");
    EXPECT_TRUE(document.diagnostics.empty());
    return document.value;
}

std::string read(std::string_view text) {
    const auto project = read_pdm_project(toml(text));
    if (!project) return project.error().code;
    std::string result;
    for (const auto& [name, requirements] : project->groups) {
        result += (result.empty() ? "" : "; ") + name + ":";
        for (const auto& each : requirements) result += " " + each.text;
    }
    return result;
}

TEST(ReadPdmProject, ReadsGroups) {
    EXPECT_EQ(read(R"(
[project]
name = "My.App"
dependencies = ["a>=1"]
[project.optional-dependencies]
Cli = ["b"]
all = ["my_app[cli,web]"]
web = ["c"]
[dependency-groups]
test = ["d"]
lint = ["e", { include-group = "test" }]
[tool.pdm.dev-dependencies]
Test = ["f", "-e ./libs/g"]
)"),
              "all: c b; cli: b; default: a>=1; lint: e d f -e ./libs/g; test: d f -e ./libs/g; "
              "web: c");
}

TEST(ReadPdmProject, ReadsResolutions) {
    const auto project = read_pdm_project(toml(R"(
[project]
name = "app"
requires-python = ">=3.9"
[project.optional-dependencies]
cli = []
[tool.pdm.resolution]
excludes = ["A_b"]
[tool.pdm.resolution.overrides]
C_d = "1.0"
e = ">=2,<3"
f = "https://files.example/f-1.0-py3-none-any.whl"
)"));
    ASSERT_OK(project);
    EXPECT_TRUE(project->is_declared);
    EXPECT_EQ(project->requires_python, ">=3.9");
    EXPECT_EQ(project->extras, std::set<std::string>{"cli"});
    EXPECT_EQ(project->excludes, std::set<std::string>{"a-b"});
    ASSERT_EQ(project->overrides.size(), 3U);
    EXPECT_EQ(project->overrides.at("c-d").specifiers.to_string(), "==1.0");
    EXPECT_EQ(project->overrides.at("e").specifiers.to_string(), "<3,>=2");
    EXPECT_EQ(project->overrides.at("f").location, "https://files.example/f-1.0-py3-none-any.whl");
    EXPECT_FALSE(read_pdm_project(Json::object())->is_declared);
}

TEST(ReadPdmProject, SaysWhatIsWrong) {
    EXPECT_EQ(read("[dependency-groups]\na = [{ include-group = \"b\" }]\n"),
              "resolve/invalid-dependency");
    EXPECT_EQ(read("[project]\nname = \"app\"\ndependencies = [\"=\"]\n"),
              "resolve/invalid-dependency");
    // Circles end.
    EXPECT_EQ(read("[dependency-groups]\na = [{ include-group = \"b\" }]\nb = [{ include-group = "
                   "\"a\" }, \"x\"]\n"),
              "a: x; b: x; default:");
}

TEST(PdmContentHashes, AreThoseOfThreeTimes) {
    const auto hashes = pdm_content_hashes(toml(R"(
[project]
dependencies = ["a"]
requires-python = ">=3.9"
[dependency-groups]
Lint_All = ["b"]
[tool.pdm.dev-dependencies]
test = ["c"]
[tool.pdm.resolution]
allow-prereleases = true
)"));
    ASSERT_EQ(hashes.size(), 3U);
    const std::string begin = R"({"dependencies": ["a"], "dev-dependencies": )";
    EXPECT_EQ(hashes[0],
              Digest::of(begin + R"({"lint-all": ["b"], "test": ["c"]}, "optional-dependencies": )"
                                 R"({}, "requires-python": ">=3.9", "resolution": )"
                                 R"({"allow-prereleases": true}, "sources": []})")
                  .hex());
    EXPECT_EQ(hashes[1], Digest::of(begin + R"({"test": ["c"]}, "optional-dependencies": {}, )"
                                            R"("requires-python": ">=3.9", "resolution": )"
                                            R"({"allow-prereleases": true}, "sources": []})")
                             .hex());
    EXPECT_EQ(
        hashes[2],
        Digest::of(begin + R"({"test": ["c"]}, "optional-dependencies": {}, "overrides": {}, )"
                           R"("requires-python": ">=3.9", "sources": []})")
            .hex());
}

}  // namespace
}  // namespace pycontainer::resolve::internal
