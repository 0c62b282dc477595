#include "base/digest.hpp"
#include "resolve/internal/poetry_project.hpp"
#include "resolve/poetry_lock.hpp"
#include "support/result_matchers.hpp"
#include "toml/document.hpp"

#include <gtest/gtest.h>

namespace pycontainer::resolve {
namespace {

const packaging::TargetEnvironment kTarget{
    .python_version = "3.12.7", .libc_minor = 36, .machine = "x86_64"};
const packaging::TargetEnvironment kOldTarget{
    .python_version = "3.9.18", .libc_minor = 36, .machine = "x86_64"};

struct Wanted {
    std::vector<std::string> groups;
    std::vector<std::string> extras;
    packaging::TargetEnvironment target = kTarget;
};

const std::string kHash(64, 'a');

/// A package of an index, its files in it.
std::string package(const std::string& name, const std::string& version = "1.0",
                    const std::string& rest = "") {
    return "[[package]]\nname = \"" + name + "\"\nversion = \"" + version +
           "\"\nfiles = [{ file = \"x.whl\", hash = \"sha256:" + kHash + "\" }]\n" + rest;
}

std::string metadata(const std::string& version, const std::string& python = "*",
                     const std::string& hash = "") {
    return "[metadata]\nlock-version = \"" + version + "\"\npython-versions = \"" + python +
           "\"\ncontent-hash = \"" + hash + "\"\n";
}

Result<Selection> select(const std::string& lock, const std::string& pyproject,
                         const Wanted& wanted) {
    const auto document = toml::parse(pyproject, "pyproject.toml");
    EXPECT_TRUE(document.diagnostics.empty());
    return select_from_poetry_lock(lock, "poetry.lock",
                                   {.pyproject = &document.value,
                                    .directory = "/work/app",
                                    .groups = wanted.groups,
                                    .extras = wanted.extras,
                                    .target = wanted.target});
}

/// Names, with the versions that are not 1.0, of pins, packages and local projects; warnings; or
/// the error's code.
std::string shown(const Result<Selection>& selection) {
    if (!selection) return selection.error().code;
    std::string result;
    const auto add = [&](const std::string& name, const std::string& version) {
        result += (result.empty() ? "" : ", ") + name + (version == "1.0" ? "" : " " + version);
    };
    for (const auto& each : selection->pins) add(each.name, each.version);
    for (const auto& each : selection->packages) add(each.name + "!", each.version);
    for (const auto& each : selection->local_projects) add(each.string(), "1.0");
    for (const auto& each : selection->warnings) result += " (" + each.code + ")";
    return result;
}

// ---- format 2.1

std::string select_21(const std::string& packages, const Wanted& wanted = {},
                      const std::string& pyproject = "") {
    return shown(select(packages + metadata("2.1"), pyproject, wanted));
}

TEST(SelectFromPoetryLock, TakesTheMainGroupAndThoseThatAreAskedFor) {
    const auto lock = package("a", "1.0", "groups = [\"main\"]\n") +
                      package("b", "1.0", "groups = [\"dev\", \"main\"]\n") +
                      package("c", "1.0", "groups = [\"dev\"]\n") +
                      package("d", "1.0", "groups = [\"test-unit\"]\n");
    EXPECT_EQ(select_21(lock), "a, b");
    EXPECT_EQ(select_21(lock, {.groups = {"main"}}), "a, b");
    EXPECT_EQ(select_21(lock, {.groups = {"dev"}}), "a, b, c");
    EXPECT_EQ(select_21(lock, {.groups = {"Test_Unit", "dev"}}), "a, b, c, d");
    EXPECT_EQ(select_21(lock, {.groups = {"docs"}}), "resolve/unknown-group");
    EXPECT_EQ(select_21(lock, {.groups = {"docs"}}, "[dependency-groups]\ndocs = []\n"), "a, b");
    EXPECT_ERROR(select(lock + metadata("2.1"), "", {.groups = {"docs"}}), "resolve/unknown-group",
                 "`docs`", "there are: dev, test-unit", "poetry lock");
}

TEST(SelectFromPoetryLock, EvaluatesMarkersOfTheChosenGroups) {
    const auto lock =
        package("a", "1.0", "groups = [\"main\"]\nmarkers = \"python_version < '3.11'\"\n") +
        package("b", "1.0",
                "groups = [\"dev\", \"main\"]\n"
                "markers = { main = \"sys_platform == 'win32'\" }\n") +
        package("c", "1.0",
                "groups = [\"dev\", \"main\"]\nmarkers = { dev = \"python_version < '3.11'\", main "
                "= \"platform_machine == 'x86_64'\" }\n");
    EXPECT_EQ(select_21(lock), "c");
    EXPECT_EQ(select_21(lock, {.groups = {"dev"}}), "b, c");
    EXPECT_EQ(select_21(lock, {.target = kOldTarget}), "a, c");
}

TEST(SelectFromPoetryLock, TakesOptionalPackagesForTheirExtras) {
    const auto lock =
        package("a", "1.0",
                "optional = true\ngroups = [\"main\"]\nmarkers = \"extra == 'cli' or extra == "
                "'all'\"\n") +
        package("b", "1.0", "groups = [\"main\"]\nmarkers = \"extra != 'cli'\"\n") +
        "[extras]\ncli = [\"a\"]\nall = [\"a\"]\nfull_set = [\"a\"]\n";
    EXPECT_EQ(select_21(lock), "b");
    EXPECT_EQ(select_21(lock, {.extras = {"CLI"}}), "a");
    EXPECT_EQ(select_21(lock, {.extras = {"all"}}), "a, b");
    EXPECT_EQ(select_21(lock, {.extras = {"full.set"}}), "b");
    EXPECT_ERROR(select(lock + metadata("2.1"), "", {.extras = {"clo"}}), "resolve/unknown-extra",
                 "`clo`", "did you mean `cli`");
}

TEST(SelectFromPoetryLock, RefusesTwoVersionsOfOneName) {
    const auto lock =
        package("a", "1.0",
                "groups = [\"main\", \"dev\"]\nmarkers = { main = \"sys_platform == 'linux'\", dev "
                "= \"sys_platform == 'win32'\" }\n") +
        package("a", "2.0",
                "groups = [\"main\", \"dev\"]\nmarkers = { main = \"sys_platform == "
                "'win32'\", dev = \"sys_platform == 'linux'\" }\n");
    EXPECT_EQ(select_21(lock), "a");
    EXPECT_EQ(select_21(lock, {.groups = {"dev"}}), "resolve/conflicting-pins");
}

TEST(SelectFromPoetryLock, RefusesOtherPythons) {
    EXPECT_ERROR(select(metadata("2.1", ">=3.13,<4.0"), "", {}), "resolve/python-mismatch",
                 ">=3.13,<4.0", "3.12.7");
    EXPECT_EQ(select(metadata("2.1", ">=3.13,<4.0"), "", {}).error().diagnostics.size(), 1U);
    EXPECT_EQ(shown(select(metadata("2.1", "^3.8"), "",
                           {.target = {.python_version = "3.13.0rc1", .machine = "x86_64"}})),
              "");
}

TEST(SelectFromPoetryLock, TellsSourcesApart) {
    const auto source = [](const std::string& type, const std::string& url) {
        return "groups = [\"main\"]\n[package.source]\ntype = \"" + type + "\"\nurl = \"" + url +
               "\"\nreference = \"r\"\n";
    };
    const auto selection = select(
        package("a", "1.0", source("legacy", "https://index.example/simple")) +
            package("b", "1.0", source("url", "https://files.example/b-1.0-py3-none-any.whl")) +
            package("c", "1.0", source("file", "wheels/c-1.0-py3-none-any.whl")) +
            package("d", "1.0", source("directory", "../d")) +
            package("e", "1.0", source("directory", ".")) + metadata("2.1"),
        "", {});
    EXPECT_EQ(shown(selection), "a, b!, c!, /work/d");
    EXPECT_EQ(selection->pins.at(0).index_url, "https://index.example/simple");
    EXPECT_EQ(selection->pins[0].hashes.at(0).hex, kHash);
    EXPECT_EQ(selection->pins[0].file, "poetry.lock");
    EXPECT_EQ(selection->packages.at(0).wheels.at(0).sha256->hex(), kHash);
    EXPECT_EQ(selection->packages.at(1).wheels.at(0).local_path,
              "/work/app/wheels/c-1.0-py3-none-any.whl");
    const auto git = package("g", "1.0", source("git", "https://files.example/g.git"));
    EXPECT_EQ(select_21(git), "resolve/unsupported-source");
    EXPECT_EQ(select(git + metadata("2.1"), "", {}).error().diagnostics.at(0).range,
              (Range{{1, 7}, {1, 10}}));
}

// ---- older formats

std::string select_20(const std::string& packages, const std::string& pyproject,
                      const Wanted& wanted = {}) {
    return shown(select(packages + metadata("2.0"), pyproject, wanted));
}

std::string needs(const std::string& dependencies, const std::string& extras = "") {
    return "[package.dependencies]\n" + dependencies +
           (extras.empty() ? "" : "[package.extras]\n" + extras);
}

TEST(SelectFromOlderPoetryLock, WalksAlongDependencies) {
    const auto lock = package("a", "1.0",
                              needs("b = \"*\"\nw = { version = \"*\", markers = \"sys_platform == "
                                    "'win32'\" }\n")) +
                      package("b", "1.0", needs("A = \"*\"\n")) + package("w") + package("unused");
    EXPECT_EQ(select_20(lock, "[tool.poetry.dependencies]\npython = \"^3.8\"\na = \"^1\"\n"),
              "a, b");
    EXPECT_EQ(select_20(lock, "[project]\ndependencies = [\"a>=1\"]\n"), "a, b");
}

TEST(SelectFromOlderPoetryLock, TakesGroupsThatAreAskedFor) {
    const auto lock = package("a") + package("b") + package("c") + package("d");
    const std::string pyproject =
        "[tool.poetry.dependencies]\na = \"*\"\n[tool.poetry.dev-dependencies]\nb = \"*\"\n"
        "[tool.poetry.group.docs]\noptional = true\n[tool.poetry.group.docs.dependencies]\nc = "
        "\"*\"\n[dependency-groups]\nlint = [\"d\", { include-group = \"docs\" }]\n";
    EXPECT_EQ(select_20(lock, pyproject), "a");
    EXPECT_EQ(select_20(lock, pyproject, {.groups = {"dev"}}), "a, b");
    EXPECT_EQ(select_20(lock, pyproject, {.groups = {"docs"}}), "a, c");
    EXPECT_EQ(select_20(lock, pyproject, {.groups = {"lint"}}), "a, c, d");
    EXPECT_EQ(select_20(lock, pyproject, {.groups = {"test"}}), "resolve/unknown-group");
}

TEST(SelectFromOlderPoetryLock, TakesOptionalDependenciesForTheirExtras) {
    const auto lock = package("a") + package("b") + package("c") +
                      "[extras]\ncli = [\"b\"]\nall = [\"b\", \"c\"]\n";
    const std::string poetry =
        "[tool.poetry.dependencies]\na = \"*\"\nb = { version = \"*\", optional = true }\nc = { "
        "version = \"*\", optional = true }\n[tool.poetry.extras]\ncli = [\"b\"]\nall = [\"b\", "
        "\"c\"]\n";
    const std::string project =
        "[project]\ndependencies = [\"a\"]\n[project.optional-dependencies]\ncli = [\"b\"]\nall = "
        "[\"b\", \"c\"]\n";
    for (const auto& pyproject : {poetry, project}) {
        EXPECT_EQ(select_20(lock, pyproject), "a");
        EXPECT_EQ(select_20(lock, pyproject, {.extras = {"cli"}}), "a, b");
        EXPECT_EQ(select_20(lock, pyproject, {.extras = {"All"}}), "a, b, c");
        EXPECT_EQ(select_20(lock, pyproject, {.extras = {"x"}}), "resolve/unknown-extra");
    }
}

TEST(SelectFromOlderPoetryLock, FollowsExtrasOfDependencies) {
    const auto lock =
        package("a", "1.0",
                needs("b = { version = \">=1\", optional = true }\n"
                      "c = { version = \"*\", optional = true, markers = \"extra == 'slow'\" }\n"
                      "d = { version = \"*\", markers = \"extra == 'all' and python_version < "
                      "'3.11'\" }\n",
                      "fast = [\"b (>=1)\"]\nslow = [\"c\"]\nall = [\"a[fast,slow]\", \"d\"]\n")) +
        package("b") + package("c") + package("d");
    const auto with = [](const std::string& extras) {
        return "[tool.poetry.dependencies]\na = { version = \"*\", extras = [" + extras + "] }\n";
    };
    EXPECT_EQ(select_20(lock, with("")), "a");
    EXPECT_EQ(select_20(lock, with("\"Fast\"")), "a, b");
    EXPECT_EQ(select_20(lock, with("\"slow\"")), "a, c");
    EXPECT_EQ(select_20(lock, with("\"all\"")), "a, b, c");
    EXPECT_EQ(select_20(lock, with("\"all\""), {.target = kOldTarget}), "a, b, c, d");
    EXPECT_EQ(select_20(lock, with("\"unknown\"")), "a");
}

TEST(SelectFromOlderPoetryLock, TurnsPythonAndPlatformIntoMarkers) {
    const auto lock = package("a") + package("b") + package("c");
    const std::string pyproject =
        "[tool.poetry.dependencies]\na = { version = \"*\", python = \"~3.9\" }\n"
        "b = { version = \"*\", python = \"^3.10\" }\nc = { version = \"*\", platform = \"darwin\" "
        "}\n";
    EXPECT_EQ(select_20(lock, pyproject), "b");
    EXPECT_EQ(select_20(lock, pyproject, {.target = kOldTarget}), "a");
}

TEST(SelectFromOlderPoetryLock, ChoosesAmongVersionsOfOneName) {
    const auto lock = package("a", "1.0") + package("a", "2.0") + package("a", "3.0") +
                      package("b", "1.0", needs("a = \">=1,<3\"\n")) +
                      package("c", "1.0", needs("a = \"^1.0\"\n"));
    EXPECT_EQ(select_20(lock, "[tool.poetry.dependencies]\na = \"*\"\n"), "a 3.0");
    EXPECT_EQ(select_20(lock, "[tool.poetry.dependencies]\na = \"*\"\nb = \"*\"\n"), "a 2.0, b");
    EXPECT_EQ(select_20(lock, "[tool.poetry.dependencies]\na = \"*\"\nb = \"*\"\nc = \"*\"\n"),
              "a, b, c");
    EXPECT_EQ(select_20(lock,
                        "[tool.poetry.dependencies]\na = [{ version = \"1.0\", python = \"<3.10\" "
                        "}, { version = \"3.*\", python = \">=3.10\" }]\n"),
              "a 3.0");
    EXPECT_EQ(select_20(lock,
                        "[tool.poetry.dependencies]\na = [{ version = \"1.0\", python = \"<3.10\" "
                        "}, { version = \"3.*\", python = \">=3.10\" }]\n",
                        {.target = kOldTarget}),
              "a");
    EXPECT_ERROR(
        select(lock + metadata("2.0"), "[tool.poetry.dependencies]\na = \"^3\"\nc = \"*\"\n", {}),
        "resolve/invalid-lock", "no locked version of `a`");
}

TEST(SelectFromOlderPoetryLock, TakesAnOlderVersionWhoseDependenciesFit) {
    const auto lock = package("a", "1.0") + package("a", "2.0") +
                      package("p", "1.0", needs("a = \"<2\"\n")) +
                      package("p", "2.0", needs("a = \">=2\"\n"));
    EXPECT_EQ(select_20(lock, "[tool.poetry.dependencies]\np = \"*\"\n"), "a 2.0, p 2.0");
    EXPECT_EQ(select_20(lock, "[tool.poetry.dependencies]\np = \"*\"\na = \"<2\"\n"), "a, p");
}

TEST(SelectFromOlderPoetryLock, PassesOverVersionsForOtherPythons) {
    const auto lock = package("a", "1.0") + package("a", "2.0", "python-versions = \">=3.10\"\n") +
                      package("p", "1.0") + package("p", "2.0", needs("a = \">=2\"\n"));
    EXPECT_EQ(select_20(lock, "[tool.poetry.dependencies]\np = \"*\"\n"), "a 2.0, p 2.0");
    EXPECT_EQ(select_20(lock, "[tool.poetry.dependencies]\np = \"*\"\n", {.target = kOldTarget}),
              "p");
}

TEST(SelectFromOlderPoetryLock, ChoosesByPythonAndSource) {
    const auto lock =
        package("a", "1.0", "python-versions = \">=3.8\"\n") +
        package("a", "2.0", "python-versions = \">=3.10\"\n") + package("t", "1.0") +
        package("t", "1.0+cpu",
                "[package.source]\ntype = \"legacy\"\nurl = \"https://index.example/cpu\"\n"
                "reference = \"CPU\"\n") +
        package("t", "9.0",
                "[package.source]\ntype = \"url\"\nurl = "
                "\"https://files.example/t-9.0-py3-none-any.whl\"\n");
    EXPECT_EQ(select_20(lock, "[tool.poetry.dependencies]\na = \"*\"\n"), "a 2.0");
    EXPECT_EQ(select_20(lock, "[tool.poetry.dependencies]\na = \"*\"\n", {.target = kOldTarget}),
              "a");
    EXPECT_EQ(select_20(lock,
                        "[tool.poetry.dependencies]\nt = { version = \"^1.0\", source = \"cpu\" "
                        "}\n"),
              "t 1.0+cpu");
    EXPECT_EQ(select_20(lock,
                        "[tool.poetry.dependencies]\nt = { url = "
                        "\"https://files.example/t-9.0-py3-none-any.whl\" }\n"),
              "t! 9.0");
}

TEST(SelectFromOlderPoetryLock, RefusesPackagesForOtherPythons) {
    EXPECT_ERROR(select(package("a", "1.0", "python-versions = \"<3.10\"\n") + metadata("2.0"),
                        "[tool.poetry.dependencies]\na = \"*\"\n", {}),
                 "resolve/python-mismatch", "`a 1.0` is for Python `<3.10`");
}

TEST(SelectFromOlderPoetryLock, WarnsAboutWhatWasNotLocked) {
    const auto lock = package("a", "1.0", needs("setuptools = \"*\"\n"));
    EXPECT_EQ(select_20(lock, "[tool.poetry.dependencies]\na = \"*\"\n"), "a (resolve/not-locked)");
    EXPECT_ERROR(select(package("a", "1.0", needs("ghost = \"*\"\n")) + metadata("2.0"),
                        "[tool.poetry.dependencies]\na = \"*\"\nspirit = \"*\"\n", {}),
                 "resolve/invalid-lock", "`a` needs `ghost`", "and 1 more");
}

TEST(SelectFromOlderPoetryLock, NeedsToKnowTheProject) {
    EXPECT_EQ(select_20(package("a"), ""), "resolve/no-root");
    EXPECT_EQ(select_20(package("a"), "[tool.poetry.dependencies]\na = \"newest\"\n"),
              "resolve/invalid-dependency");
    EXPECT_EQ(select_21(package("a", "1.0", "groups = [\"main\"]\n"), {},
                        "[tool.poetry.dependencies]\na = \"newest\"\n"),
              "a");
}

// ---- staleness

TEST(SelectFromPoetryLock, ComparesTheContentHash) {
    const std::string pyproject =
        "[project]\ndependencies = [\"a\"]\n[dependency-groups]\nx = []\n";
    const auto json = toml::parse(pyproject, "").value;
    const auto warnings = [&](const std::string& hash, const std::string& text) {
        const auto selection = select(
            package("a", "1.0", "groups = [\"main\"]\n") + metadata("2.1", "*", hash), text, {});
        EXPECT_OK(selection);
        return selection->warnings.empty() ? "" : selection->warnings.front().message;
    };
    EXPECT_EQ(warnings(internal::poetry_content_hash(json, true), pyproject), "");
    EXPECT_EQ(warnings(internal::poetry_content_hash(json, false), pyproject), "");
    EXPECT_EQ(warnings("c0ffee", ""), "");
    EXPECT_EQ(warnings("", pyproject), "");
    EXPECT_EQ(warnings("c0ffee", pyproject),
              "`poetry.lock` was made from another `pyproject.toml`");
    EXPECT_EQ(warnings("c0ffee", "[project]\ndependencies = [\"a>=2\", \"b\"]\n"),
              "`poetry.lock` was made from another `pyproject.toml`: `b` is only in "
              "`pyproject.toml`, `a>=2` is not met by `1.0`");
}

}  // namespace
}  // namespace pycontainer::resolve
