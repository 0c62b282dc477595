#include "source_tree.hpp"

#include "sources/backend.hpp"

namespace pycontainer::sources {
namespace {

using namespace pycontainer::testing;  // NOLINT(google-build-using-namespace)

std::string project(std::string_view more, std::string_view files) {
    return "//- pyproject.toml\n[build-system]\nbuild-backend = \"pdm.backend\"\n"
           "[project]\nname = \"app\"\nversion = \"1.0\"\n" +
           std::string(more) + "\n" + std::string(files);
}

TEST(Pdm, TakesTopLevelPackages) {
    check_wheel(project("",
                        "//- app/__init__.py\n//- app/a.txt\n//- app/b.pyc\n//- tests/__init__.py"
                        "\n//- docs/x.py\n"),
                "app/__init__.py app/a.txt");
    check_wheel(project("", "//- src/app/__init__.py\n//- other/__init__.py\n"), "app/__init__.py");
    check_wheel(project("", "//- m.py\n//- n.txt\n"), "m.py");
    check_wheel(project("[tool.pdm.build]\npackage-dir = \"lib\"\n",
                        "//- lib/app/__init__.py\n//- src/x/__init__.py\n"),
                "app/__init__.py");
}

TEST(Pdm, MergesIncludesAndExcludes) {
    constexpr std::string_view kFiles =
        "//- app/__init__.py\n//- app/a.json\n//- app/sub/b.json\n//- extra/c.txt\n";
    const auto with = [&](std::string_view settings) {
        return project("[tool.pdm.build]\n" + std::string(settings) + "\n", kFiles);
    };
    check_wheel(with("includes = [\"app\", \"extra/*.txt\"]"),
                "app/__init__.py app/a.json app/sub/b.json extra/c.txt");
    check_wheel(with("includes = [\"app\"]\nexcludes = [\"app/sub\"]"),
                "app/__init__.py app/a.json");
    check_wheel(with("includes = [\"app\"]\nexcludes = [\"**/*.json\"]"), "app/__init__.py");
    check_wheel(with("includes = [\"app/**/*.json\"]\nexcludes = [\"app/*.json\"]"),
                "app/a.json app/sub/b.json");
    check_wheel(with("includes = [\"app\"]\nsource-includes = [\"app/sub\"]"),
                "app/__init__.py app/a.json");
}

TEST(Pdm, ReadsVersions) {
    const auto with = [](std::string_view settings, std::string_view files) {
        return "//- pyproject.toml\n[build-system]\nbuild-backend = \"pdm.backend\"\n[project]\n"
               "name = \"app\"\ndynamic = [\"version\"]\n[tool.pdm.version]\n" +
               std::string(settings) + "\n" + std::string(files);
    };
    EXPECT_EQ(version_in(with("source = \"file\"\npath = \"app.py\"",
                              "//- app.py\n__version__ = \"2\"  # x\n")),
              "2");
    EXPECT_EQ(version_in(with("source = \"scm\"", ""), {.known = "1.5", .exact_tag = ""}), "1.5");
    check_needs_build(with("source = \"call\"\ngetter = \"x:y\"", ""), "function");
    const auto written = read_distribution(
        source_tree(with("source = \"scm\"\nwrite_to = \"app/v.py\"\nwrite_template = \"v = '{}'\"",
                         "//- app/__init__.py\n")),
        {.known = "1.5", .exact_tag = ""});
    ASSERT_OK(written);
    const auto found = std::find_if(written->files.begin(), written->files.end(),
                                    [](const auto& file) { return file.path == "app/v.py"; });
    ASSERT_NE(found, written->files.end());
    EXPECT_EQ(std::get<std::string>(found->content), "v = '1.5'");
}

TEST(Pdm, RefusesHooks) {
    check_needs_build(project("", "//- pdm_build.py\n//- app.py\n"), "pdm_build.py");
    check_needs_build(project("[tool.pdm.build]\nrun-setuptools = true\n", ""), "extension");
}

TEST(Pdm, TakesWheelData) {
    check_wheel(project("[tool.pdm.build.wheel-data]\nscripts = [\"bin/*\"]\ndata = [{path = "
                        "\"share/**/*.txt\", relative-to = \".\"}]\n",
                        "//- app/__init__.py\n//- bin/run\n//- share/a/b.txt\n"),
                "app-1.0.data/data/share/a/b.txt app-1.0.data/scripts/run app/__init__.py");
}

}  // namespace
}  // namespace pycontainer::sources
