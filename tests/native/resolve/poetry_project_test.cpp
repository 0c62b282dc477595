#include "resolve/internal/poetry_project.hpp"

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

/// `group: dependency…` of all groups; the extras of an optional one in brackets.
std::string read(std::string_view text) {
    const auto project = read_poetry_project(toml(text));
    if (!project) return project.error().code;
    std::string result;
    for (const auto& [name, dependencies] : project->groups) {
        result += (result.empty() ? "" : "; ") + name + ":";
        for (const auto& each : dependencies) {
            result += " " + each.text;
            for (const auto& extra : each.in_extras) result += "[" + extra + "]";
            if (each.is_optional && each.in_extras.empty()) result += "[]";
        }
    }
    return result;
}

TEST(ReadPoetryProject, ReadsPoetrysTables) {
    EXPECT_EQ(read(R"(
[tool.poetry.dependencies]
python = "^3.8"
a = "^1"
b = { version = "2", optional = true }
c = { version = "3", optional = true }
[tool.poetry.extras]
Cli = ["B", "a"]
[tool.poetry.group.Test_Unit]
optional = true
[tool.poetry.group.Test_Unit.dependencies]
d = "*"
[tool.poetry.dev-dependencies]
e = [{ version = "1", python = "<3.9" }, { version = "2", python = ">=3.9" }]
)"),
              "dev: e 1 e 2; main: a ^1[cli] b 2[cli] c 3[]; test-unit: d *");
}

TEST(ReadPoetryProject, ReadsTheProjectTable) {
    EXPECT_EQ(read(R"(
[project]
dependencies = ["a>=1"]
[project.optional-dependencies]
cli = ["b"]
[dependency-groups]
dev = ["c", { include-group = "test" }]
test = ["d", { include-group = "dev" }]
)"),
              "dev: c d; main: a>=1 b[cli]; test: d c");
}

TEST(ReadPoetryProject, AddsSourcesAndConditionsFromTheTables) {
    const auto project = read_poetry_project(toml(R"(
[project]
dependencies = ["a>=1; sys_platform == 'linux'", "b"]
[tool.poetry.dependencies]
a = { source = "internal", markers = "python_version >= '3.9'" }
ignored = "*"
)"));
    ASSERT_OK(project);
    const auto& main = project->groups.at("main");
    ASSERT_EQ(main.size(), 2U);
    EXPECT_EQ(main[0].source, PoetryDependency::Source::Named);
    EXPECT_EQ(main[0].source_name, "internal");
    EXPECT_EQ(main[0].marker->to_string(),
              "sys_platform == \"linux\" and python_version >= \"3.9\"");
}

TEST(ReadPoetryProject, TakesWhatIsDynamicFromTheTables) {
    EXPECT_EQ(read(R"(
[project]
dynamic = ["dependencies"]
[project.optional-dependencies]
cli = ["b"]
[tool.poetry.dependencies]
a = "^1"
b = { version = "2", optional = true }
)"),
              "main: b[cli] a ^1");
}

TEST(ReadPoetryProject, IncludesGroupsOfPoetry) {
    EXPECT_EQ(read(R"(
[tool.poetry.group.a]
include-groups = ["b"]
[tool.poetry.group.b.dependencies]
x = "*"
)"),
              "a: x *; b: x *; main:");
    EXPECT_EQ(read("[tool.poetry.group.a]\ninclude-groups = [\"ghost\"]\n"),
              "resolve/invalid-dependency");
}

TEST(ReadPoetryProject, NoticesThatThereIsNone) {
    EXPECT_FALSE(read_poetry_project(Json::object())->is_declared);
    EXPECT_TRUE(read_poetry_project(toml("[tool.poetry]\n"))->is_declared);
    EXPECT_EQ(read("[tool.poetry.dependencies]\na = \"newest\"\n"), "resolve/invalid-dependency");
    EXPECT_EQ(read("[project]\ndependencies = [\"=\"]\n"), "resolve/invalid-dependency");
}

// The sums are sha256 of the canonical texts beside them.
TEST(PoetryContentHash, IsThatOfTheOldKeysWhereNothingElseIs) {
    const auto pyproject = toml("[tool.poetry.dependencies]\na = \"^1\"\n");
    const std::string text =
        R"({"dependencies": {"a": "^1"}, "dev-dependencies": null, "extras": null, "source": null})";
    EXPECT_EQ(poetry_content_hash(pyproject, true), Digest::of(text).hex());
    EXPECT_EQ(poetry_content_hash(pyproject, false), Digest::of(text).hex());
}

TEST(PoetryContentHash, HasProjectAndGroups) {
    const auto pyproject = toml(R"(
[project]
name = "app"
requires-python = ">=3.9"
dependencies = ["a"]
[dependency-groups]
dev = ["b"]
[tool.poetry]
package-mode = false
[tool.poetry.group.dev]
optional = true
)");
    EXPECT_EQ(poetry_content_hash(pyproject, true),
              Digest::of(R"({"dependency-groups": {"dev": ["b"]}, "project": {"dependencies": )"
                         R"(["a"], "requires-python": ">=3.9"}, "tool": {"poetry": {"group": )"
                         R"({"dev": {"optional": true}}}}})")
                  .hex());
    EXPECT_EQ(poetry_content_hash(pyproject, false),
              Digest::of(R"({"project": {"dependencies": ["a"], "requires-python": ">=3.9"}, )"
                         R"("tool": {"poetry": {"group": {"dev": {"optional": true}}}}})")
                  .hex());
}

}  // namespace
}  // namespace pycontainer::resolve::internal
