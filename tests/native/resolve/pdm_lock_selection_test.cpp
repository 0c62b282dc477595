#include "resolve/internal/pdm_project.hpp"
#include "resolve/pdm_lock.hpp"
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
const std::string kInherit = "strategy = [\"inherit_metadata\"]\n";
const std::string kWalk = "strategy = []\n";
const std::string kAnyTarget = "[[metadata.targets]]\nrequires_python = \">=3.8\"\n";

std::string package(const std::string& name, const std::string& version = "1.0",
                    const std::string& rest = "") {
    return "[[package]]\nname = \"" + name + "\"\nversion = \"" + version +
           "\"\nfiles = [{ file = \"x.whl\", hash = \"sha256:" + kHash + "\" }]\n" + rest;
}

std::string metadata(const std::string& rest) {
    return "[metadata]\nlock_version = \"4.5.0\"\n" + rest;
}

Result<Selection> select(const std::string& lock, const std::string& pyproject,
                         const Wanted& wanted) {
    const auto document = toml::parse(pyproject, "pyproject.toml");
    EXPECT_TRUE(document.diagnostics.empty());
    return select_from_pdm_lock(lock, "pdm.lock",
                                {.pyproject = &document.value,
                                 .directory = "/work/app",
                                 .groups = wanted.groups,
                                 .extras = wanted.extras,
                                 .target = wanted.target});
}

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

// ---- locks that say for each package where it is wanted

const std::string kGroups = "groups = [\"default\", \"cli\", \"test-unit\"]\n";
const std::string kProject =
    "[project]\nname = \"app\"\n[project.optional-dependencies]\ncli = []\nweb = []\n"
    "[dependency-groups]\nTest_Unit = []\ndocs = []\n";

std::string select_inheriting(const std::string& packages, const Wanted& wanted = {},
                              const std::string& pyproject = kProject) {
    return shown(select(packages + metadata(kGroups + kInherit + kAnyTarget), pyproject, wanted));
}

TEST(SelectFromPdmLock, TakesTheDefaultGroupAndThoseThatAreAskedFor) {
    const auto lock = package("a", "1.0", "groups = [\"default\"]\n") +
                      package("b", "1.0", "groups = [\"cli\"]\n") +
                      package("c", "1.0", "groups = [\"test-unit\", \"cli\"]\n") + package("d");
    EXPECT_EQ(select_inheriting(lock), "a, d");
    EXPECT_EQ(select_inheriting(lock, {.groups = {"default"}}), "a, d");
    EXPECT_EQ(select_inheriting(lock, {.extras = {"CLI"}}), "a, b, c, d");
    EXPECT_EQ(select_inheriting(lock, {.groups = {"Test.Unit"}}), "a, c, d");
    EXPECT_EQ(select_inheriting(lock, {.groups = {"docs"}}), "resolve/unknown-group");
    EXPECT_EQ(select_inheriting(lock, {.groups = {"cli"}}), "resolve/unknown-group");
    EXPECT_EQ(select_inheriting(lock, {.extras = {"web"}}), "resolve/unknown-extra");
    EXPECT_ERROR(select(lock + metadata(kGroups + kInherit), kProject, {.extras = {"web"}}),
                 "resolve/unknown-extra", "`web`", "there are: cli", "pdm lock");
}

TEST(SelectFromPdmLock, EvaluatesMarkers) {
    const auto lock =
        package("a", "1.0", "groups = [\"default\"]\nmarker = \"python_version < '3.11'\"\n") +
        package("b", "1.0", "groups = [\"default\"]\nmarker = \"sys_platform == 'linux'\"\n");
    EXPECT_EQ(select_inheriting(lock), "b");
    EXPECT_EQ(select_inheriting(lock, {.target = kOldTarget}), "a, b");
}

TEST(SelectFromPdmLock, InstallsAPackageWithExtrasOnce) {
    const auto selection =
        select(package("a", "1.0", "groups = [\"default\"]\n") +
                   package("a", "1.0", "extras = [\"x\"]\ngroups = [\"default\"]\n") +
                   package("b", "1.0", "extras = [\"x\"]\ngroups = [\"default\"]\n") +
                   metadata(kInherit + kAnyTarget),
               kProject, {});
    EXPECT_EQ(shown(selection), "a, b");
    EXPECT_EQ(selection->pins.at(0).hashes.size(), 1U);
}

TEST(SelectFromPdmLock, LeavesOutWhatIsExcluded) {
    EXPECT_EQ(select_inheriting(package("a", "1.0", "groups = [\"default\"]\n") + package("b"), {},
                                "[tool.pdm.resolution]\nexcludes = [\"B\"]\n"),
              "a");
}

TEST(SelectFromPdmLock, TellsSourcesApart) {
    const auto selection = select(
        "[[package]]\nname = \"a\"\nversion = \"1.0\"\nfiles = [{ url = "
        "\"https://files.example/a-1.0-py3-none-any.whl\", hash = \"sha256:" +
            kHash + "\" }]\n" +
            package("b", "1.0", "url = \"https://files.example/b-1.0-py3-none-any.whl\"\n") +
            package("c", "1.0", "path = \"./c-1.0-py3-none-any.whl\"\n") +
            package("d", "0.1", "path = \"./libs/d\"\neditable = true\n") +
            metadata(kInherit + kAnyTarget),
        kProject, {});
    EXPECT_EQ(shown(selection), "a!, b!, c!, /work/app/libs/d");
    EXPECT_EQ(selection->packages.at(0).wheels.at(0).sha256->hex(), kHash);
    EXPECT_EQ(selection->packages.at(2).wheels.at(0).local_path,
              "/work/app/c-1.0-py3-none-any.whl");
    EXPECT_EQ(select_inheriting(package("g", "1.0", "git = \"https://files.example/g.git\"\n")),
              "resolve/unsupported-source");
}

// ---- targets

TEST(SelectFromPdmLock, ChecksItsTargets) {
    const auto with = [](const std::string& targets, const Wanted& wanted = {}) {
        return shown(select(metadata(kInherit + targets), kProject, wanted));
    };
    const std::string windows =
        "[[metadata.targets]]\nrequires_python = \">=3.8\"\nplatform = \"windows_amd64\"\n";
    EXPECT_EQ(with(kAnyTarget), "");
    EXPECT_EQ(with(windows), "resolve/unsupported-environment");
    EXPECT_EQ(with(windows + kAnyTarget), "");
    EXPECT_EQ(with("[[metadata.targets]]\nrequires_python = \">=3.8\"\nplatform = \"linux\"\n"),
              " (resolve/not-cross-platform)");
    EXPECT_EQ(with("[[metadata.targets]]\nrequires_python = \"==3.9.*\"\n"),
              "resolve/python-mismatch");
    EXPECT_ERROR(select(metadata(kInherit + windows), kProject, {}),
                 "resolve/unsupported-environment", "x86_64", "on windows_amd64");
    EXPECT_EQ(select(metadata(kInherit + windows), kProject, {}).error().diagnostics.size(), 1U);
}

TEST(SelectFromPdmLock, SaysWhenAnOlderLockIsForOneMachine) {
    EXPECT_EQ(shown(select(metadata(kInherit), kProject, {})), " (resolve/not-cross-platform)");
    EXPECT_EQ(shown(select(metadata("strategy = [\"cross_platform\", \"inherit_metadata\"]\n"),
                           kProject, {})),
              "");
    EXPECT_ERROR(select(metadata("strategy = [\"cross_platform\", \"inherit_metadata\"]\n"),
                        "[project]\nname = \"app\"\nrequires-python = \">=3.13\"\n", {}),
                 "resolve/python-mismatch", "`pyproject.toml` is for Python `>=3.13`");
}

// ---- locks that leave it to the requirements

std::string select_walking(const std::string& packages, const std::string& pyproject,
                           const Wanted& wanted = {}) {
    return shown(select(packages + metadata(kWalk + kAnyTarget), pyproject, wanted));
}

std::string needs(const std::string& list) {
    return "dependencies = [" + list + "]\n";
}

TEST(SelectFromPdmLockByWalking, FollowsRequirementsWhoseMarkersHold) {
    const auto lock = package("a", "1.0", needs("\"b\", \"w; sys_platform == 'win32'\"")) +
                      package("b", "1.0", needs("\"A\"")) + package("w") + package("unused");
    EXPECT_EQ(select_walking(lock, "[project]\nname = \"app\"\ndependencies = [\"a>=1\"]\n"),
              "a, b");
}

TEST(SelectFromPdmLockByWalking, TakesGroupsAndExtrasThatAreAskedFor) {
    const auto lock = package("a") + package("b") + package("c") + package("d");
    const std::string pyproject =
        "[project]\nname = \"app\"\ndependencies = [\"a\"]\n[project.optional-dependencies]\n"
        "cli = [\"b\"]\nall = [\"app[cli]\", \"c\"]\n[dependency-groups]\ntest = [\"d\"]\n";
    EXPECT_EQ(select_walking(lock, pyproject), "a");
    EXPECT_EQ(select_walking(lock, pyproject, {.extras = {"cli"}}), "a, b");
    EXPECT_EQ(select_walking(lock, pyproject, {.extras = {"all"}}), "a, b, c");
    EXPECT_EQ(select_walking(lock, pyproject, {.groups = {"test"}}), "a, d");
    EXPECT_EQ(select_walking(lock, pyproject, {.groups = {"cli"}}), "resolve/unknown-group");
}

TEST(SelectFromPdmLockByWalking, FollowsTheEntryOfTheExtras) {
    const auto lock =
        package("a") + package("a", "1.0", "extras = [\"x\"]\n" + needs("\"a==1.0\", \"b\"")) +
        package("a", "1.0", "extras = [\"x\", \"y\"]\n" + needs("\"a==1.0\", \"c\"")) +
        package("b") + package("c");
    const auto with = [](const std::string& requirement) {
        return "[project]\nname = \"app\"\ndependencies = [\"" + requirement + "\"]\n";
    };
    EXPECT_EQ(select_walking(lock, with("a")), "a");
    EXPECT_EQ(select_walking(lock, with("a[X]")), "a, b");
    EXPECT_EQ(select_walking(lock, with("a[y,x]")), "a, c");
    EXPECT_EQ(select_walking(lock, with("a[z,y,x]")), "a, b, c");
}

TEST(SelectFromPdmLockByWalking, ChoosesAmongVersionsOfOneName) {
    const auto lock = package("a", "1.0") + package("a", "2.0", "requires_python = \">=3.10\"\n") +
                      package("b", "1.0", needs("\"a>=2\"")) + package("c", "1.0", needs("\"a\""));
    const auto with = [](const std::string& requirements) {
        return "[project]\nname = \"app\"\ndependencies = [" + requirements + "]\n";
    };
    EXPECT_EQ(select_walking(lock, with("\"c\"")), "a 2.0, c");
    EXPECT_EQ(select_walking(lock, with("\"a<2\", \"c\"")), "a, c");
    EXPECT_EQ(select_walking(lock, with("\"c\", \"b\"")), "a 2.0, b, c");
    EXPECT_EQ(select_walking(lock, with("\"a<2; python_version < '3.10'\", \"a>=2; python_version "
                                        ">= '3.10'\"")),
              "a 2.0");
    EXPECT_EQ(select_walking(lock, with("\"c\""), {.target = kOldTarget}), "a, c");
    EXPECT_EQ(select_walking(lock, with("\"a<2\", \"b\"")), "resolve/invalid-lock");
    EXPECT_EQ(select_walking(
                  lock, with("\"a<2\", \"b\"") + "[tool.pdm.resolution.overrides]\na = \"1.0\"\n"),
              "a, b");
}

TEST(SelectFromPdmLockByWalking, FindsLocalProjectsByTheirPlace) {
    const auto lock =
        package("lib", "0.1", "path = \"./libs/lib\"\n" + needs("\"a\"")) + package("a");
    EXPECT_EQ(select_walking(lock,
                             "[project]\nname = \"app\"\n[tool.pdm.dev-dependencies]\ndev = [\"-e "
                             "./libs/lib\"]\n",
                             {.groups = {"dev"}}),
              "a, /work/app/libs/lib");
    EXPECT_EQ(select_walking(lock,
                             "[project]\nname = \"app\"\ndependencies = [\"lib @ "
                             "file:///${PROJECT_ROOT}/libs/lib\"]\n"),
              "a, /work/app/libs/lib");
}

TEST(SelectFromPdmLockByWalking, SaysWhatIsMissing) {
    EXPECT_ERROR(select(package("a", "1.0", needs("\"ghost>1\"")) + metadata(kWalk + kAnyTarget),
                        "[project]\nname = \"app\"\ndependencies = [\"a\", \"spirit\"]\n", {}),
                 "resolve/invalid-lock", "`a` needs `ghost>1`", "and 1 more");
    EXPECT_EQ(select_walking(package("a"), ""), "resolve/no-root");
    EXPECT_EQ(select_walking(package("a"), "[project]\nname = \"app\"\ndependencies = [\"=\"]\n"),
              "resolve/invalid-dependency");
}

// ---- staleness

TEST(SelectFromPdmLock, ComparesTheContentHash) {
    const auto warnings = [](const std::string& lock_metadata, const std::string& pyproject) {
        const auto selection = select(
            package("a", "1.0") + metadata(kInherit + lock_metadata + kAnyTarget), pyproject, {});
        EXPECT_OK(selection);
        return selection->warnings.empty() ? "" : selection->warnings.front().message;
    };
    const std::string fresh = "[project]\nname = \"app\"\ndependencies = [\"a\"]\n";
    const std::string changed =
        "[project]\nname = \"app\"\ndependencies = [\"a>=2\", \"b\"]\n[dependency-groups]\nx = "
        "[\"not-locked\"]\n";
    const std::string groups = "groups = [\"default\"]\n";
    const std::string old_hash = "content_hash = \"sha256:c0ffee\"\n";
    const std::string difference =
        "`pdm.lock` was made from another `pyproject.toml`: `b` is only in `pyproject.toml`, "
        "`a>=2` is not met by `1.0`";
    for (const auto& hash : internal::pdm_content_hashes(toml::parse(fresh, "").value))
        EXPECT_EQ(warnings("content_hash = \"sha256:" + hash + "\"\n", fresh), "");
    EXPECT_EQ(warnings(old_hash, fresh), "`pdm.lock` was made from another `pyproject.toml`");
    EXPECT_EQ(warnings(groups + old_hash, changed), difference);
    EXPECT_EQ(warnings(old_hash, ""), "");
    // Other ways to notice, of which only names can be told.
    EXPECT_EQ(warnings(groups + "lock_inputs = { project = {} }\n", fresh), "");
    EXPECT_EQ(warnings(groups + "lock_inputs = { project = {} }\n", changed), difference);
    EXPECT_EQ(warnings(old_hash, fresh + "[tool.pdm.workspace]\nmembers = []\n"), "");
}

}  // namespace
}  // namespace pycontainer::resolve
