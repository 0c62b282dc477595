#include "project/metadata.hpp"

#include "detected_project.hpp"

#include "support/result_matchers.hpp"

#include <gtest/gtest.h>

namespace pycontainer::project {
namespace {

using pycontainer::testing::DetectedProject;

constexpr std::string_view kDynamic =
    "[build-system]\nrequires = []\n[project]\nname = \"My_API\"\ndynamic = [\"version\"]\n";

Result<Identity> read(const std::string& files, std::string tag = "") {
    const DetectedProject project(files);
    const auto sources = project.sources();
    const auto pyproject = project.pyproject();
    const auto layout = find_layout(sources, pyproject);
    const VcsFacts vcs{std::string(40, 'a'), "", std::move(tag)};
    return read_identity({project.path(), pyproject, sources, layout, &vcs});
}

void check_version(const std::string& files, std::string_view version, std::string_view evidence,
                   std::string tag = "") {
    SCOPED_TRACE(files);
    const auto identity = read(files, std::move(tag));
    ASSERT_OK(identity);
    ASSERT_TRUE(identity->version);
    EXPECT_EQ(identity->version->value, version);
    EXPECT_EQ(identity->version->evidence, evidence);
}

std::string dynamic(std::string_view more) {
    return "//- pyproject.toml\n" + std::string(kDynamic) + std::string(more);
}

TEST(Metadata, NamesTheProject) {
    EXPECT_EQ(read("//- pyproject.toml\n[project]\nname = \"My_API\"\n")->normalized_name,
              "my-api");
    EXPECT_EQ(read("//- pyproject.toml\n[tool.poetry]\nname = \"x\"\n")->name.evidence,
              "pyproject.toml:2: [tool.poetry] name");
    const auto directory = read("//- app.py\n");
    EXPECT_EQ(directory->name.evidence, "the name of the directory");
    EXPECT_TRUE(directory->normalized_name.starts_with("pycontainer-project-"));
    EXPECT_ERROR(read("//- pyproject.toml\n[project]\nname = \"a/b\"\n"), "project/invalid-name",
                 "`a/b`", "pyproject.toml:2");
}

TEST(Metadata, ReadsStaticVersions) {
    check_version("//- pyproject.toml\n[project]\nname = \"a\"\nversion = \"1.0.0-RC1\"\n",
                  "1.0.0rc1", "pyproject.toml:3: [project] version");
    check_version("//- pyproject.toml\n[tool.poetry]\nname = \"a\"\nversion = \"2\"\n", "2",
                  "pyproject.toml:3: [tool.poetry] version");
    EXPECT_ERROR(read("//- pyproject.toml\n[project]\nname = \"a\"\nversion = \"one\"\n"),
                 "project/invalid-version", "`one`");
    EXPECT_FALSE(read("//- app.py\n")->version);
}

TEST(Metadata, FindsDynamicVersionsWithoutTheBackend) {
    check_version(dynamic("[tool.setuptools.dynamic]\nversion = {attr = \"pkg.about.V\"}\n//- "
                          "src/pkg/about.py\nV = '1.2'\n"),
                  "1.2", "src/pkg/about.py:1: V");
    check_version(
        dynamic("[tool.setuptools.dynamic]\nversion = {file = \"VERSION\"}\n//- VERSION\n 1.3 \n"),
        "1.3", "VERSION");
    check_version(dynamic("[tool.hatch.version]\npath = \"pkg/__about__.py\"\n//- "
                          "pkg/__about__.py\n__version__: str = \"1.4\"\n"),
                  "1.4", "pkg/__about__.py:1: __version__");
    check_version(dynamic("//- my_api/__init__.py\n\"\"\"doc\"\"\"\n__version__ = '1.5'\n"), "1.5",
                  "my_api/__init__.py:2: __version__");
    check_version(dynamic(""), "1.6", "Git tag v1.6", "v1.6");
    check_version(dynamic(""), "1.7", "Git tag my-api@1.7", "my-api@1.7");
}

TEST(Metadata, AdmitsThatAVersionIsUnknown) {
    for (const auto* tag : {"", "nightly", "deploy-x"}) {
        const auto identity = read(dynamic(""), tag);
        ASSERT_OK(identity);
        EXPECT_EQ(identity->version->value, "0+unknown");
        EXPECT_EQ(pycontainer::testing::codes(identity->warnings),
                  (std::vector<std::string>{"project/unknown-version"}));
    }
}

TEST(Metadata, CollectsWhatLabelsSay) {
    const auto identity = read(
        "//- pyproject.toml\n[project]\nname = \"a\"\ndescription = \"two\\nlines\"\nlicense = "
        "\"MIT\"\nauthors = [{name = \"Ada\", email = \"ada@example.com\"}, {name = \"Grace\"}]\n"
        "[project.urls]\nHomepage = \"https://example.com\"\nEvil = \"javascript:x\"\n");
    ASSERT_OK(identity);
    EXPECT_EQ(identity->description->value, "two lines");
    EXPECT_EQ(identity->license->value, "MIT");
    EXPECT_EQ(identity->authors->value, "Ada <ada@example.com>, Grace");
    EXPECT_EQ(identity->urls,
              (std::map<std::string, std::string>{{"homepage", "https://example.com"}}));
    EXPECT_EQ(read("//- pyproject.toml\n[project]\nname = \"a\"\nlicense = {text = \"BSD\"}\n")
                  ->license->value,
              "BSD");
}

TEST(Metadata, WritesDistInfo) {
    const DetectedProject project(
        "//- pyproject.toml\n[build-system]\nrequires = []\n[project]\nname = \"My.API\"\nversion "
        "= \"1.0\"\ndescription = \"x\\nName: evil\"\nrequires-python = \">=3.11\"\nlicense = "
        "\"MIT\"\n"
        "dependencies = [\"fastapi>=0.100\", \"uvloop; sys_platform == 'linux'\"]\nkeywords = "
        "[\"a\", \"b\"]\nclassifiers = [\"Topic :: X\"]\n"
        "[project.optional-dependencies]\nDev_Tools = [\"pytest\", \"tox; python_version < "
        "'4'\"]\n[project.scripts]\nserve = \"my.api:main\"\n[project.gui-scripts]\ngui = "
        "\"my.gui:main\"\n"
        "[project.entry-points.\"my.plugins\"]\none = \"my.plugin:One\"\n");
    const auto sources = project.sources();
    const auto pyproject = project.pyproject();
    const auto layout = find_layout(sources, pyproject);
    const auto identity = read_identity({project.path(), pyproject, sources, layout, nullptr});
    ASSERT_OK(identity);
    const auto info =
        make_dist_info(*identity, pyproject, read_scripts(pyproject)->console_scripts);
    EXPECT_EQ(info.directory, "my_api-1.0.dist-info");
    EXPECT_EQ(info.metadata,
              "Metadata-Version: 2.4\nName: My.API\nVersion: 1.0\nSummary: x Name: "
              "evil\nLicense-Expression: MIT\nKeywords: a,b\nClassifier: Topic :: "
              "X\nRequires-Python: >=3.11\n"
              "Requires-Dist: fastapi>=0.100\nRequires-Dist: uvloop; sys_platform == "
              "'linux'\nProvides-Extra: dev-tools\nRequires-Dist: pytest ; extra == 'dev-tools'\n"
              "Requires-Dist: tox ; (python_version < '4') and extra == 'dev-tools'\n");
    EXPECT_EQ(info.entry_points,
              "[console_scripts]\nserve = my.api:main\n\n[gui_scripts]\ngui = "
              "my.gui:main\n\n[my.plugins]\none = my.plugin:One\n");
}

}  // namespace
}  // namespace pycontainer::project
