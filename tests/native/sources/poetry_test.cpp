#include "source_tree.hpp"

#include "sources/backend.hpp"

namespace pycontainer::sources {
namespace {

using namespace pycontainer::testing;  // NOLINT(google-build-using-namespace)

std::string project(std::string_view settings, std::string_view files,
                    std::string_view requires_core = "poetry-core") {
    return "//- pyproject.toml\n[build-system]\nbuild-backend = \"poetry.core.masonry.api\"\n"
           "requires = [\"" +
           std::string(requires_core) +
           "\"]\n[tool.poetry]\nname = \"my-app\"\nversion = \"1.0\"\n" + std::string(settings) +
           "\n" + std::string(files);
}

TEST(Poetry, FindsThePackage) {
    check_wheel(project("", "//- my_app/__init__.py\n//- my_app/a/b.txt\n//- tests/x.py\n"),
                "my_app/__init__.py my_app/a/b.txt");
    check_wheel(project("", "//- src/my_app/__init__.py\n"), "my_app/__init__.py");
    check_wheel(project("", "//- my_app.py\n"), "my_app.py");
    EXPECT_ERROR(read_distribution(source_tree(project("", ""))), "sources/file-not-found",
                 "my_app", "packages");
}

TEST(Poetry, TakesListedPackages) {
    constexpr std::string_view kFiles =
        "//- lib/a/__init__.py\n//- lib/a/x.txt\n//- b/c/__init__.py\n//- d.py\n";
    check_wheel(project("packages = [{include = \"a\", from = \"lib\"}, {include = \"b/**/*.py\"}, "
                        "{include = \"d.py\", to = \"t\"}]",
                        kFiles),
                "a/__init__.py a/x.txt b/c/__init__.py t/d.py");
    check_wheel(project("packages = [{include = \"b\"}, {include = \"a\", from = \"lib\", format = "
                        "\"sdist\"}]",
                        kFiles),
                "b/c/__init__.py");
}

TEST(Poetry, IncludesAndExcludes) {
    constexpr std::string_view kFiles =
        "//- my_app/__init__.py\n//- my_app/a.json\n//- my_app/b.json\n//- CHANGES\n";
    check_wheel(project("exclude = [\"**/*.json\"]\ninclude = [{path = \"my_app/b.json\", format = "
                        "\"wheel\"}]",
                        kFiles),
                "my_app/__init__.py my_app/b.json");
    check_wheel(project("include = [\"CHANGES\"]", kFiles),
                "my_app/__init__.py my_app/a.json "
                "my_app/b.json");
    check_wheel(project("include = [\"CHANGES\"]", kFiles, "poetry-core>=1.0,<2"),
                "CHANGES my_app/__init__.py my_app/a.json my_app/b.json");
}

TEST(Poetry, WritesItsTablesAsCoreMetadata) {
    const auto text = project(
        "description = \"D\"\nauthors = [\"Ada <ada@x.example>\"]\nhomepage = "
        "\"https://x.example\"\n"
        "[tool.poetry.dependencies]\npython = \"^3.8\"\na = \"^1.2\"\nb = {version = \"~2.1\", "
        "optional = true}\nc = {version = \"*\", markers = \"os_name == 'nt'\", python = "
        "\"<3.10\"}\n"
        "[tool.poetry.extras]\nFull = [\"b\"]\n[tool.poetry.scripts]\nrun = \"my_app:main\"\n",
        "//- my_app.py\n");
    EXPECT_EQ(metadata_of(text),
              "Metadata-Version: 2.4\nName: my-app\nVersion: 1.0\nSummary: D\n"
              "Author-email: Ada <ada@x.example>\nProject-URL: Homepage, https://x.example\n"
              "Requires-Python: >=3.8,<4.0\nRequires-Dist: a (>=1.2,<2.0)\n"
              "Requires-Dist: c ; (os_name == 'nt') and (python_version < \"3.10\")\n"
              "Requires-Dist: b (>=2.1,<2.2) ; extra == 'full'\nProvides-Extra: full\n");
}

TEST(Poetry, MakesScriptFilesAndRefusesBuildScripts) {
    check_wheel(project("[tool.poetry.scripts]\nrun = {reference = \"bin/run.sh\", type = "
                        "\"file\"}\n",
                        "//- my_app.py\n//- bin/run.sh\n"),
                "my_app-1.0.data/scripts/run.sh my_app.py");
    check_needs_build(project("build = \"build.py\"", "//- my_app.py\n"), "build script");
}

}  // namespace
}  // namespace pycontainer::sources
