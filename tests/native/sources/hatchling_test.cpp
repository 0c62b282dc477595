#include "source_tree.hpp"

#include "sources/backend.hpp"

namespace pycontainer::sources {
namespace {

using namespace pycontainer::testing;  // NOLINT(google-build-using-namespace)

std::string project(std::string_view more, std::string_view files) {
    return "//- pyproject.toml\n[build-system]\nbuild-backend = \"hatchling.build\"\n"
           "[project]\nname = \"My.App\"\nversion = \"1.0\"\n" +
           std::string(more) + "\n" + std::string(files);
}

TEST(Hatchling, FindsThePackageThatIsNamedLikeTheProject) {
    check_wheel(project("", "//- my_app/__init__.py\n//- my_app/a.txt\n//- other/__init__.py\n"),
                "my_app/__init__.py my_app/a.txt");
    check_wheel(project("", "//- src/my_app/__init__.py\n//- my_app.txt\n"), "my_app/__init__.py");
    check_wheel(project("", "//- my_app.py\n//- other.py\n"), "my_app.py");
    check_wheel(project("", "//- acme/my_app/__init__.py\n"), "acme/my_app/__init__.py");
    EXPECT_ERROR(read_distribution(source_tree(project("", "//- other/__init__.py\n"))),
                 "sources/file-not-found", "My.App", "packages");
}

TEST(Hatchling, TakesNoCachesAndNothingThatGitIgnores) {
    check_wheel(project("",
                        "//- .gitignore\n*.log\n/my_app/build/\n//- my_app/__init__.py\n"
                        "//- my_app/__pycache__/a.pyc\n//- my_app/b.pyc\n"
                        "//- my_app/build/c\n//- my_app/d.log\n//- my_app/.DS_Store\n"),
                "my_app/__init__.py");
    check_wheel(project("[tool.hatch.build]\nignore-vcs = true\n",
                        "//- .gitignore\n*.log\n//- my_app/__init__.py\n//- my_app/d.log\n"),
                "my_app/__init__.py my_app/d.log");
    check_wheel(project("[tool.hatch.build.targets.wheel]\nartifacts = [\"*.so\"]\n",
                        "//- .gitignore\n*.so\n//- my_app/__init__.py\n//- my_app/e.so\n"),
                "my_app/__init__.py my_app/e.so");
}

TEST(Hatchling, TakesWhatTheSettingsName) {
    constexpr std::string_view kFiles =
        "//- src/one/__init__.py\n//- src/two/__init__.py\n//- src/two/t.txt\n//- three.py\n";
    const auto with = [&](std::string_view settings) {
        return project("[tool.hatch.build.targets.wheel]\n" + std::string(settings) + "\n", kFiles);
    };
    check_wheel(with("packages = [\"src/one\", \"src/two\"]"),
                "one/__init__.py two/__init__.py two/t.txt");
    check_wheel(with("only-include = [\"three.py\", \"src/one\"]\nsources = [\"src\"]"),
                "one/__init__.py three.py");
    check_wheel(with("include = [\"/src/two\", \"*.py\"]\nexclude = [\"t.txt\", \"src/one/\"]"),
                "src/two/__init__.py three.py");
    check_wheel(with("packages = [\"src/one\"]\n[tool.hatch.build.targets.wheel.sources]\n"
                     "\"src/one\" = \"renamed\""),
                "renamed/__init__.py");
    check_wheel(with("only-packages = true\ninclude = [\"src\", \"three.py\"]"),
                "src/one/__init__.py src/two/__init__.py src/two/t.txt");
}

TEST(Hatchling, ForcesFilesToOtherPlaces) {
    check_wheel(project("[tool.hatch.build.targets.wheel.force-include]\n\"data\" = "
                        "\"my_app/data\"\n\"x.cfg\" = \"/y.cfg\"\n",
                        "//- data/a/b\n//- x.cfg\n//- my_app/__init__.py\n"),
                "my_app/__init__.py my_app/data/a/b y.cfg");
    check_wheel(project("[tool.hatch.build.targets.wheel.force-include]\n\"x\" = \"only/x\"\n",
                        "//- x\n//- y\n"),
                "only/x");
    EXPECT_ERROR(read_distribution(source_tree(
                     project("[tool.hatch.build.targets.wheel.force-include]\n\"no\" = \"x\"\n",
                             "//- my_app.py\n"))),
                 "sources/file-not-found", "`no`");
    check_needs_build(project("[tool.hatch.build.targets.wheel.force-include]\n\"../x\" = \"x\"\n",
                              "//- my_app.py\n"),
                      "outside the project");
}

TEST(Hatchling, HasDataScriptsAndLicenses) {
    check_wheel(
        project("[tool.hatch.build.targets.wheel.shared-data]\n\"etc\" = \"etc/app\"\n"
                "[tool.hatch.build.targets.wheel.shared-scripts]\n\"bin/run\" = \"run\"\n",
                "//- my_app.py\n//- etc/a.conf\n//- bin/run +x\n#!/usr/bin/env python3\n//- "
                "LICENSE\n//- AUTHORS.md\n"),
        "my_app-1.0.data/data/etc/app/a.conf my_app-1.0.data/scripts/run "
        "my_app-1.0.dist-info/licenses/AUTHORS.md my_app-1.0.dist-info/licenses/LICENSE my_app.py");
}

TEST(Hatchling, RefusesHooksThatHaveToBeRun) {
    check_needs_build(project("[tool.hatch.build.hooks.custom]\n", "//- my_app.py\n"), "`custom`");
    check_needs_build(project("[tool.hatch.build.targets.wheel.hooks.mypyc]\n", "//- my_app.py\n"),
                      "`mypyc`");
    check_wheel(
        project("[tool.hatch.build.hooks.mypyc]\nenable-by-default = false\n", "//- my_app.py\n"),
        "my_app.py");
    constexpr std::string_view kVcs =
        "[tool.hatch.build.hooks.vcs]\nversion-file = \"my_app/_version.py\"\n";
    check_needs_build(project(kVcs, "//- my_app/__init__.py\n"), "_version.py");
    check_wheel(project(kVcs,
                        "//- .gitignore\n_version.py\n//- my_app/__init__.py\n"
                        "//- my_app/_version.py\n"),
                "my_app/__init__.py my_app/_version.py");
}

TEST(Hatchling, ExpandsExtrasOfTheProjectItself) {
    const auto metadata = read_metadata(source_tree(
        project("[project.optional-dependencies]\na = [\"x\"]\nb = [\"my-app[a]\", \"y\"]\n"
                "c = [\"My.App[b,c]\"]\n",
                "//- my_app.py\n")));
    ASSERT_OK(metadata);
    EXPECT_EQ(metadata->extras.at("b"), (std::vector<std::string>{"x", "y"}));
    EXPECT_EQ(metadata->extras.at("c"), (std::vector<std::string>{"x", "y"}));
}

TEST(Hatchling, ReadsTheVersionOfAFile) {
    const auto with = [](std::string_view settings, std::string_view content) {
        return "//- pyproject.toml\n[build-system]\nbuild-backend = \"hatchling.build\"\n"
               "[project]\nname = \"a\"\ndynamic = [\"version\"]\n[tool.hatch.version]\n" +
               std::string(settings) + "\n//- a.py\n" + std::string(content) + "\n";
    };
    EXPECT_EQ(version_in(with("path = \"a.py\"", "__version__ = 'v1.2'")), "1.2");
    EXPECT_EQ(version_in(with("path = \"a.py\"", "VERSION: str = \"2.0rc1\"")), "2.0rc1");
    EXPECT_EQ(version_in(with("source = \"code\"\npath = \"a.py\"\nexpression = \"v\"", "v = '3'")),
              "3");
    EXPECT_EQ(version_in(with("source = \"vcs\"", ""), {.known = {}, .exact_tag = "v4.5"}), "4.5");
    EXPECT_EQ(version_in(with("source = \"vcs\"", "")), kUnknownVersion);
}

}  // namespace
}  // namespace pycontainer::sources
