#include "resolve/local_project.hpp"

#include "resolve/project_files.hpp"
#include "support/result_matchers.hpp"

#include <gtest/gtest.h>

namespace pycontainer::resolve {
namespace {

using testing::ProjectFiles;

TEST(ReadLocalProject, TakesPureProjects) {
    for (const char* text :
         {"[project]\nname = \"My.Lib\"\n",
          "[project]\nname = \"my-lib\"\n[build-system]\nbuild-backend = \"hatchling.build\"\n",
          "[tool.poetry]\nname = \"my_lib\"\n[build-system]\nbuild-backend = "
          "\"poetry.core.masonry.api\"\n"}) {
        const ProjectFiles files(std::string("//- lib/pyproject.toml\n") + text);
        const auto project = read_local_project(files.path() / "lib", "lib");
        ASSERT_OK(project) << text;
        EXPECT_EQ(project->name, "my-lib");
        EXPECT_EQ(project->directory, files.path() / "lib");
    }
}

TEST(ReadLocalProject, RefusesWhatNeedsABuild) {
    const auto check = [](const std::string& files, std::string_view why) {
        const ProjectFiles project(files);
        EXPECT_ERROR(read_local_project(project.path(), "../lib"), "resolve/unsupported-source",
                     "`../lib`", why, "uv build");
    };
    check("//- x\n", "no `pyproject.toml`");
    check("//- pyproject.toml\n[project\n", "errors");
    check("//- pyproject.toml\n[project]\n", "no name");
    check(
        "//- pyproject.toml\n[project]\nname = \"a\"\n[build-system]\nbuild-backend = "
        "\"maturin\"\n",
        "`maturin`");
    check("//- pyproject.toml\n[project]\nname = \"a\"\n//- setup.py\n", "setup.py");
    check(
        "//- pyproject.toml\n[project]\nname = \"a\"\n[[tool.setuptools.ext-modules]]\nname = "
        "\"x\"\n",
        "extension modules");
}

}  // namespace
}  // namespace pycontainer::resolve
