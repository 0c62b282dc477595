#include "resolve/local_project.hpp"

#include "resolve/project_files.hpp"
#include "support/result_matchers.hpp"
#include "support/test_context.hpp"

#include <gtest/gtest.h>

namespace pycontainer::resolve {
namespace {

using testing::ProjectFiles;

TEST(ReadLocalProject, TakesWhatSaysItsName) {
    for (const char* text :
         {"[project]\nname = \"My.Lib\"\n",
          "[project]\nname = \"my-lib\"\n[build-system]\nbuild-backend = \"hatchling.build\"\n",
          "[tool.poetry]\nname = \"my_lib\"\n[build-system]\nbuild-backend = "
          "\"poetry.core.masonry.api\"\n",
          "[project]\nname = \"my_lib\"\n[build-system]\nbuild-backend = \"maturin\"\n"}) {
        const ProjectFiles files(std::string("//- lib/pyproject.toml\n") + text);
        const auto project = read_local_project(pycontainer::testing::TestContext().ctx,
                                                files.path() / "lib", "lib");
        ASSERT_OK(project) << text;
        EXPECT_EQ(project->name, "my-lib");
        EXPECT_EQ(project->directory, files.path() / "lib");
    }
}

TEST(ReadLocalProject, RefusesWhatDoesNot) {
    const auto check = [](const std::string& files, std::string_view code, std::string_view why) {
        const ProjectFiles project(files);
        const pycontainer::testing::TestContext test;
        EXPECT_ERROR(read_local_project(test.ctx, project.path(), "../lib"), code, why);
    };
    check("//- x\n", "sources/no-project", "no `pyproject.toml`");
    check("//- pyproject.toml\n[project\n", "sources/invalid-metadata", "error in line 1");
    check("//- pyproject.toml\n[project]\n", "sources/invalid-metadata", "name");
    check("//- pyproject.toml\n[build-system]\nbuild-backend = \"maturin\"\n",
          "sources/needs-build", "`maturin`");
    check("//- setup.py\nimport x\n", "sources/needs-build", "setup.py");
}

}  // namespace
}  // namespace pycontainer::resolve
