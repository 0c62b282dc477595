#include "source_tree.hpp"

#include "sources/backend.hpp"

namespace pycontainer::sources {
namespace {

using namespace pycontainer::testing;  // NOLINT(google-build-using-namespace)

std::string project(std::string_view settings, std::string_view files) {
    return "//- pyproject.toml\n[build-system]\nbuild-backend = \"uv_build\"\n"
           "[project]\nname = \"My-App\"\nversion = \"1.0\"\n[tool.uv.build-backend]\n" +
           std::string(settings) + "\n" + std::string(files);
}

TEST(UvBuild, TakesTheModule) {
    check_wheel(project("",
                        "//- src/my_app/__init__.py\n//- src/my_app/a.txt\n"
                        "//- src/my_app/b.pyc\n//- src/other/__init__.py\n"),
                "my_app/__init__.py my_app/a.txt");
    check_wheel(project("module-root = \"\"\nmodule-name = \"x\"", "//- x/__init__.py\n"),
                "x/__init__.py");
    check_wheel(project("module-name = [\"a\", \"b.c\"]",
                        "//- src/a/__init__.py\n//- src/b/c/__init__.py\n//- src/b/d.py\n"),
                "a/__init__.py b/c/__init__.py");
    check_wheel(project("module-name = \"a\"\nnamespace = true", "//- src/a/b/c.py\n"), "a/b/c.py");
    check_wheel(project("module-name = \"a-stubs\"", "//- src/a-stubs/__init__.pyi\n"),
                "a-stubs/__init__.pyi");
    EXPECT_ERROR(read_distribution(source_tree(project("", "//- my_app/__init__.py\n"))),
                 "sources/file-not-found", "src/my_app/__init__.py");
}

TEST(UvBuild, LeavesOutWhatIsExcluded) {
    check_wheel(project("wheel-exclude = [\"*.log\", \"/src/my_app/private/**\", "
                        "\"/src/my_app/kept\"]\n"
                        "source-exclude = [\"tests\"]",
                        "//- src/my_app/__init__.py\n//- src/my_app/a/b.log\n"
                        "//- src/my_app/private/c\n//- src/my_app/tests/d.py\n"
                        "//- src/my_app/kept/e\n"),
                "my_app/__init__.py my_app/kept/e");
}

TEST(UvBuild, TakesData) {
    check_wheel(project("data = {scripts = \"bin\", data = \"share\"}",
                        "//- src/my_app/__init__.py\n//- bin/run +x\n//- share/x/y\n"),
                "my_app-1.0.data/data/x/y my_app-1.0.data/scripts/run my_app/__init__.py");
}

}  // namespace
}  // namespace pycontainer::sources
