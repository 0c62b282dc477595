#include "sources/version_file.hpp"

#include "sources/source_tree.hpp"

#include <gtest/gtest.h>

namespace pycontainer::sources {
namespace {

using testing::source_tree;

/// The content of `path` in the wheel of sources whose repository says `1.2rc1`.
std::string written(const std::string& text, const std::string& path) {
    const auto distribution =
        read_distribution(source_tree(text), {.known = "1.2rc1", .exact_tag = {}});
    if (!distribution) return distribution.error().message;
    for (const auto& file : distribution->files)
        if (file.path == path) return read_content(file.content).value_or("unreadable");
    return "no such file";
}

std::string project(const std::string& build_system, const std::string& table) {
    return "//- pyproject.toml\n[build-system]\n" + build_system +
           "\n[project]\nname = \"lib\"\ndynamic = [\"version\"]\n" + table +
           "\n//- lib/__init__.py\nfrom ._version import version\n";
}

const std::string kSetuptools = R"(requires = ["setuptools>=61", "setuptools_scm[toml]>=8"]
build-backend = "setuptools.build_meta")";

TEST(VersionFile, IsWrittenAsSetuptoolsScmDoes) {
    const auto text =
        written(project(kSetuptools, "[tool.setuptools_scm]\nversion_file = \"lib/_version.py\""),
                "lib/_version.py");
    EXPECT_NE(text.find("__version__ = version = '1.2rc1'\n"), std::string::npos) << text;
    EXPECT_NE(text.find("version_tuple = (1, 2, 'rc1')\n"), std::string::npos) << text;
    EXPECT_EQ(written(project(kSetuptools,
                              "[tool.setuptools_scm]\nwrite_to = \"lib/_version.py\"\n"
                              "write_to_template = \"v = {version!r}\""),
                      "lib/_version.py"),
              "v = '1.2rc1'");
    EXPECT_EQ(written(project("requires = [\"hatchling\", \"hatch-vcs\"]\n"
                              "build-backend = \"hatchling.build\"",
                              "[tool.hatch.build.hooks.vcs]\nversion-file = \"lib/_version.py\"\n"
                              "template = \"{version}\""),
                      "lib/_version.py"),
              "1.2rc1");
    EXPECT_NE(written(project("requires = [\"flit_scm\"]\nbuild-backend = \"flit_scm:buildapi\"",
                              "[tool.setuptools_scm]\nwrite_to = \"lib/_version.py\""),
                      "lib/_version.py")
                  .find("'1.2rc1'"),
              std::string::npos);
}

TEST(VersionFile, IsLeftAloneWithoutAWishAndInAnSdist) {
    EXPECT_EQ(written(project("requires = [\"setuptools\"]",
                              "[tool.setuptools_scm]\nwrite_to = \"lib/_version.py\""),
                      "lib/_version.py"),
              "no such file");
    EXPECT_EQ(
        written(project(kSetuptools, "[tool.setuptools_scm]\nwrite_to = \"lib/_version.py\"") +
                    "//- lib/_version.py\nkept\n//- PKG-INFO\nName: lib\nVersion: 1.2rc1\n",
                "lib/_version.py"),
        "kept\n");
}

TEST(VersionFile, IsNoGuessWhereOnlyPythonKnows) {
    for (const char* path : {"../_version.py", "lib/_version.h"})
        EXPECT_NE(written(project(kSetuptools, "[tool.setuptools_scm]\nversion_file = \"" +
                                                   std::string(path) + "\""),
                          "lib/_version.py")
                      .find("writes the version of the repository"),
                  std::string::npos)
            << path;
}

TEST(VersionTemplate, IsFilledLikePythonsFormat) {
    const auto check = [](std::string_view format, std::string_view version,
                          std::string_view expected) {
        EXPECT_EQ(fill_version_template(format, version).value_or("-"), expected) << format;
    };
    check("a {version} {{b}}", "1.0", "a 1.0 {b}");
    check("{version!r}{version_tuple}", "2!1.post3.dev4+g.1",
          "'2!1.post3.dev4+g.1'('2!', 1, 'post3', 'dev4', 'g.1')");
    check("{version_tuple!r}", "7", "(7,)");
    check("{scm_version.short_node!r}", "1.0", "-");
    check("{", "1.0", "-");
    check("}", "1.0", "-");
}

}  // namespace
}  // namespace pycontainer::sources
