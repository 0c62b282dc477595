#include "project/layout.hpp"

#include "detected_project.hpp"

#include <gtest/gtest.h>

namespace pycontainer::project {
namespace {

using Roots = std::vector<std::string>;

void check(std::string_view project, const Roots& expected, LayoutKind kind) {
    const pycontainer::testing::DetectedProject files(project);
    const auto layout = find_layout(files.sources(), files.pyproject());
    EXPECT_EQ(layout.import_roots, expected) << project;
    EXPECT_EQ(layout.kind, kind) << project;
}

TEST(Layout, FindsSrc) {
    check("//- app.py\n", {""}, LayoutKind::Flat);
    check("//- src/app/__init__.py\n", {"", "src"}, LayoutKind::Src);
    check("//- src/app.py\n", {"", "src"}, LayoutKind::Src);
    check("//- src/__init__.py\n//- src/app.py\n", {""}, LayoutKind::Flat);
    check("//- src/main.rs\n//- app.py\n", {""}, LayoutKind::Flat);
}

TEST(Layout, ObeysTheSettingsOfBuildBackends) {
    check(
        "//- lib/app/__init__.py\n//- pyproject.toml\n[tool.setuptools.package-dir]\n\"\" = "
        "\"lib\"\n",
        {"", "lib"}, LayoutKind::Src);
    check(
        "//- python/app/__init__.py\n//- pyproject.toml\n[tool.setuptools.packages.find]\nwhere = "
        "[\"python\"]\n",
        {"", "python"}, LayoutKind::Src);
    check(
        "//- a/b/app/__init__.py\n//- pyproject.toml\n[tool.poetry]\npackages = [{include = "
        "\"app\", from = \"a/b/\"}]\n",
        {"", "a/b"}, LayoutKind::Src);
    check(
        "//- sources/app/__init__.py\n//- "
        "pyproject.toml\n[tool.hatch.build.targets.wheel]\npackages = [\"sources/app\"]\n",
        {"", "sources"}, LayoutKind::Src);
    check(
        "//- app.py\n//- pyproject.toml\n[tool.setuptools.packages.find]\nwhere = [\"../up\", "
        "\"missing\", \".\", \"/etc\"]\n",
        {""}, LayoutKind::Flat);
}

TEST(Layout, ListsPackagesOfTheProjectItself) {
    const pycontainer::testing::DetectedProject files(
        "//- src/b/__init__.py\n//- a/__init__.py\n//- a/c/__init__.py\n//- tests/__init__.py\n//- "
        "x-y/__init__.py\n//- d/__main__.py\n");
    Roots names;
    for (const auto& package :
         top_level_packages(files.sources(), find_layout(files.sources(), files.pyproject())))
        names.push_back(package.path());
    EXPECT_EQ(names, (Roots{"a", "d", "src/b"}));
}

TEST(Layout, KnowsWhatIsAside) {
    for (const auto* path : {"tests/a.py", "pkg/tests/a.py", "docs/conf.py", "test_app.py",
                             "a/app_test.py", "conftest.py", "setup.py"})
        EXPECT_TRUE(is_aside(path)) << path;
    for (const auto* path :
         {"app.py", "contest.py", "testing_app/main.py", "latest/app.py", "tests.py"})
        EXPECT_FALSE(is_aside(path)) << path;
}

}  // namespace
}  // namespace pycontainer::project
