#include "config/load.hpp"

#include "base/file.hpp"
#include "support/result_matchers.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

namespace pycontainer::config {
namespace {

using Words = std::vector<std::string>;

using Files = std::map<std::string, std::string>;

/// A project in a directory of its own, with the files given.
class Project {
public:
    explicit Project(const Files& files)
        : directory_(*TemporaryDirectory::create(::testing::TempDir(), "pycontainer-config-")) {
        for (const auto& [name, content] : files) EXPECT_OK(write_file(path() / name, content));
    }
    std::filesystem::path path() const { return directory_.path(); }

    Result<Loaded> load(const Settings& overrides = {},
                        std::map<std::string, std::string, std::less<>> variables = {}) const {
        return config::load(Environment(std::move(variables)), {path(), std::nullopt, overrides});
    }

private:
    TemporaryDirectory directory_;
};

Project project_with(const Files& files) {
    return Project(files);
}

TEST(Load, HasDefaults) {
    const auto loaded = project_with({{"app.py", ""}}).load();
    ASSERT_OK(loaded);
    EXPECT_TRUE(loaded->diagnostics.empty());
    const auto& config = loaded->config;
    EXPECT_FALSE(config.base_image.has_value());
    EXPECT_EQ(config.workdir, "/app");
    EXPECT_EQ(config.platforms, Words{"linux/amd64"});
    EXPECT_EQ(config.compression, "gzip");
    EXPECT_EQ(config.conflicting_files, "error");
    EXPECT_TRUE(config.include_deps);
    EXPECT_TRUE(config.reproducible);
    EXPECT_EQ(config.base_max_age_seconds, 86400U);
    EXPECT_TRUE(config.tags.empty());
    EXPECT_FALSE(config.entrypoint.has_value());
    EXPECT_EQ(config.origins.at("build.workdir"), "default");
    EXPECT_EQ(loaded->pyproject, Json::object());
    ASSERT_EQ(loaded->files_considered.size(), 2U);
    EXPECT_EQ(loaded->files_considered[1].filename(), "pycontainer.toml");
}

TEST(Load, LaysSourcesOverEachOther) {
    const auto project = project_with(
        {{"pyproject.toml",
          "[project]\nname = \"x\"\n[tool.pycontainer.build]\nworkdir = \"/one\"\nuser = "
          "\"one\"\npython = \"3.11\"\ntags = [\"one\"]\n"},
         {"pycontainer.toml", "[build]\nuser = \"two\"\npython = \"3.12\"\ntags = [\"two\"]\n"}});
    Settings flags;
    flags.tags = Words{"four"};
    const auto loaded = project.load(
        flags, {{"PYCONTAINER_BUILD_PYTHON", "3.13"}, {"PYCONTAINER_BUILD_TAGS", "three"}});
    ASSERT_OK(loaded);
    EXPECT_TRUE(loaded->diagnostics.empty());
    const auto& [config, origins] = std::pair(loaded->config, loaded->config.origins);
    EXPECT_EQ(config.workdir, "/one");
    EXPECT_EQ(origins.at("build.workdir"), "pyproject.toml:4");
    EXPECT_EQ(config.user, "two");
    EXPECT_EQ(origins.at("build.user"), "pycontainer.toml:2");
    EXPECT_EQ(config.python, "3.13");
    EXPECT_EQ(origins.at("build.python"), "environment PYCONTAINER_BUILD_PYTHON");
    EXPECT_EQ(config.tags, Words{"four"});
    EXPECT_EQ(origins.at("build.tags"), "flag");
    EXPECT_EQ(loaded->pyproject["project"]["name"], "x");
}

TEST(Load, MergesLabelsAndVariablesByName) {
    const auto project =
        project_with({{"pyproject.toml",
                       "[tool.pycontainer.build.env]\nA = \"1\"\nB = "
                       "\"1\"\n[tool.pycontainer.build.labels]\nx = \"1\"\n"},
                      {"pycontainer.toml", "[build.env]\nB = \"2\"\nC = \"2\"\n"}});
    Settings flags;
    flags.env = {{"C", "3"}};
    flags.labels = {{"y", "3"}};
    const auto loaded = project.load(flags);
    ASSERT_OK(loaded);
    EXPECT_EQ(loaded->config.env,
              (std::map<std::string, std::string>{{"A", "1"}, {"B", "2"}, {"C", "3"}}));
    EXPECT_EQ(loaded->config.labels, (std::map<std::string, std::string>{{"x", "1"}, {"y", "3"}}));
    EXPECT_EQ(loaded->config.origins.at("build.env.A"), "pyproject.toml:2");
    EXPECT_EQ(loaded->config.origins.at("build.env.B"), "pycontainer.toml:2");
    EXPECT_EQ(loaded->config.origins.at("build.env.C"), "flag");
}

TEST(Load, TakesDashesAndUnderscores) {
    const auto loaded =
        project_with(
            {{"pycontainer.toml",
              "[build]\nbase-image = \"a:1\"\ninclude-deps = false\nbase-max-age = \"1h\"\n"}})
            .load();
    ASSERT_OK(loaded);
    EXPECT_EQ(loaded->config.base_image, "a:1");
    EXPECT_FALSE(loaded->config.include_deps);
    EXPECT_EQ(loaded->config.base_max_age_seconds, 3600U);
    EXPECT_EQ(loaded->config.origins.at("build.base_image"), "pycontainer.toml:2");
}

TEST(Load, ReadsANamedConfigurationInstead) {
    const auto project = project_with({{"pycontainer.toml", "[build]\nuser = \"own\"\n"},
                                       {"other.toml", "[build]\nworkdir = \"/other\"\n"}});
    const auto other = project.path() / "other.toml";
    const auto loaded = load(Environment(), {project.path(), other, {}});
    ASSERT_OK(loaded);
    EXPECT_EQ(loaded->config.workdir, "/other");
    EXPECT_FALSE(loaded->config.user.has_value());
    EXPECT_EQ(loaded->config.origins.at("build.workdir"), other.string() + ":2");
    EXPECT_EQ(loaded->files_considered[1], other);
    EXPECT_ERROR(load(Environment(), {project.path(), project.path() / "missing.toml", {}}),
                 "file/not-found", "missing.toml", "--config");
}

TEST(Load, CollectsFaultsOfEveryFile) {
    const auto project =
        project_with({{"pyproject.toml", "[tool.pycontainer.build]\nworkdr = \"/x\"\n"},
                      {"pycontainer.toml", "[build]\nports = [\"0\"]\n"}});
    const auto loaded = project.load({}, {{"PYCONTAINER_BUILD_USR", "x"}});
    ASSERT_OK(loaded);
    ASSERT_EQ(loaded->diagnostics.size(), 3U);
    EXPECT_EQ(loaded->diagnostics[0].file, (project.path() / "pyproject.toml").string());
    EXPECT_EQ(loaded->diagnostics[0].code, "config/unknown-key");
    EXPECT_EQ(loaded->diagnostics[0].range.start, (Position{1, 0}));
    EXPECT_EQ(loaded->diagnostics[1].code, "config/invalid-value");
    EXPECT_EQ(loaded->diagnostics[1].range.start, (Position{1, 9}));
    EXPECT_EQ(loaded->diagnostics[2].severity, Severity::Warning);
}

TEST(Load, PointsIntoBrokenFiles) {
    const auto loaded =
        project_with({{"pyproject.toml", "[project]\nname = \n"}, {"pycontainer.toml", "[build\n"}})
            .load();
    ASSERT_OK(loaded);
    ASSERT_EQ(loaded->diagnostics.size(), 2U);
    EXPECT_EQ(loaded->diagnostics[0].code, "toml/syntax");
    EXPECT_EQ(loaded->diagnostics[0].range.start.line, 1U);
    EXPECT_EQ(loaded->diagnostics[1].code, "toml/syntax");
    EXPECT_TRUE(has_errors(loaded->diagnostics));
}

TEST(Load, RefusesImpossibleOverrides) {
    Settings flags;
    flags.ports = Words{"80", "http"};
    EXPECT_ERROR(project_with({{"app.py", ""}}).load(flags), "request/invalid", "`ports[1]`",
                 "`http`");
}

TEST(Load, WantsAProject) {
    const auto empty = project_with({});
    EXPECT_ERROR(empty.load(), "project/not-found", "no Python project", "--context");
    EXPECT_ERROR(load(Environment(), {empty.path() / "nothing", std::nullopt, {}}),
                 "project/not-found", "no directory", "nothing");
    EXPECT_ERROR(load(Environment(), {"", std::nullopt, {}}), "project/not-found", "no directory");
    const auto file = project_with({{"app.py", ""}});
    EXPECT_ERROR(load(Environment(), {file.path() / "app.py", std::nullopt, {}}),
                 "project/not-found", "not a directory");
    EXPECT_ERROR(project_with({{"README.md", ""}}).load(), "project/not-found",
                 "no Python project");
    for (const auto* name :
         {"pyproject.toml", "pycontainer.toml", "requirements.txt", "Pipfile", "Pipfile.lock",
          "pylock.toml", "setup.cfg", "main.py", "src/app.py", "mypackage/__init__.py"})
        EXPECT_OK(project_with({{name, ""}}).load()) << name;
    EXPECT_ERROR(project_with({{".venv/x.py", ""}}).load(), "project/not-found");
}

TEST(Load, FailsForWhatCannotBeRead) {
    const auto project = project_with({});
    ASSERT_OK(make_directories(project.path() / "pyproject.toml"));
    EXPECT_ERROR(project.load(), "file/not-readable", "pyproject.toml");
}

TEST(Load, LaysAMemberOverItsWorkspace) {
    const Project files(
        {{"pyproject.toml", "[tool.pycontainer.build]\nuser = \"root-pyproject\"\n"},
         {"pycontainer.toml",
          "[build]\nbase-image = \"python:3.12-slim\"\nuser = \"root\"\npackage = "
          "\"api\"\noutput = \"out\"\n[build.env]\nA = \"1\"\nB = \"1\"\n"},
         {"packages/api/pyproject.toml",
          "[project]\nname = \"api\"\n[tool.pycontainer.build]\nuser = \"member\"\n"},
         {"packages/api/pycontainer.toml", "[build.env]\nB = \"2\"\n"}});
    const auto loaded = load(Environment(), {.project_directory = files.path() / "packages/api",
                                             .config_file = {},
                                             .overrides = {},
                                             .workspace_directory = files.path()});
    ASSERT_OK(loaded);
    const auto& config = loaded->config;
    EXPECT_EQ(config.base_image, "python:3.12-slim");
    EXPECT_EQ(config.origins.at("build.base_image"), "../../pycontainer.toml:2");
    EXPECT_EQ(config.user, "member");
    EXPECT_EQ(config.origins.at("build.user"), "pyproject.toml:4");
    EXPECT_EQ(config.env, (std::map<std::string, std::string>{{"A", "1"}, {"B", "2"}}));
    EXPECT_EQ(config.package, "api");
    EXPECT_EQ(config.output, (files.path() / "out").string());
    EXPECT_EQ(loaded->pyproject["project"]["name"], "api");
    EXPECT_EQ(loaded->files_considered.size(), 4U);
}

TEST(Load, ReadsTheNamedFileInsteadOfBothOfAWorkspace) {
    const Project files({{"pycontainer.toml", "[build]\nuser = \"root\"\n"},
                         {"api/pyproject.toml", "[project]\nname = \"api\"\n"},
                         {"api/pycontainer.toml", "[build]\npython = \"3.12\"\n"},
                         {"other.toml", "[build]\nworkdir = \"/srv\"\n"}});
    const auto loaded = load(Environment(), {.project_directory = files.path() / "api",
                                             .config_file = files.path() / "other.toml",
                                             .overrides = {},
                                             .workspace_directory = files.path()});
    ASSERT_OK(loaded);
    EXPECT_EQ(loaded->config.workdir, "/srv");
    EXPECT_EQ(loaded->config.user, std::nullopt);
    EXPECT_EQ(loaded->config.python, std::nullopt);
}

}  // namespace
}  // namespace pycontainer::config
