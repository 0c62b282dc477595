#include "resolve/pylock.hpp"
#include "support/result_matchers.hpp"

#include <gtest/gtest.h>

namespace pycontainer::resolve {
namespace {

const std::string kHash(64, 'a');

std::string file(const std::string& name, const std::string& algorithm = "sha256") {
    return "{ name = \"" + name + "\", url = \"https://files.example/" + name + "\", hashes = { " +
           algorithm + " = \"" + kHash + "\" } }";
}

std::string package(const std::string& name, const std::string& more = "") {
    return "[[packages]]\nname = \"" + name + "\"\nversion = \"1\"\n" + more + "wheels = [" +
           file(name + "-1-py3-none-any.whl") + "]\n";
}

/// A lock and what is wanted of it, for Python 3.12 on x86-64 with glibc.
struct Question {
    explicit Question(const std::string& packages, const std::string& head = "")
        : text("lock-version = \"1.0\"\ncreated-by = \"test\"\n" + head + packages) {}

    Result<Selection> select() const {
        return select_from_pylock(
            text, "pylock.toml",
            {.pyproject = &pyproject,
             .directory = "/p",
             .groups = groups,
             .extras = extras,
             .target = {.python_version = "3.12.7", .libc_minor = 36, .machine = "x86_64"}});
    }
    std::string names() const {
        const auto selection = select();
        if (!selection) return selection.error().code;
        std::string result;
        for (const auto& each : selection->packages)
            result += (result.empty() ? "" : " ") + each.name;
        return result;
    }

    std::string text;
    Json pyproject = Json::object();
    std::vector<std::string> groups;
    std::vector<std::string> extras;
};

TEST(SelectFromPylock, LetsMarkersDecide) {
    const Question question(package("b", "marker = \"sys_platform == 'win32'\"\n") +
                            package("c", "marker = \"python_full_version >= '3.12.7'\"\n") +
                            package("a", "dependencies = [{ name = \"b\" }]\n"));
    EXPECT_EQ(question.names(), "a c");
    const auto selection = question.select();
    EXPECT_EQ(selection->packages[0].file, "pylock.toml");
    EXPECT_EQ(selection->packages[0].range.start.line, 13U);
    EXPECT_TRUE(selection->pins.empty());
}

TEST(SelectFromPylock, TakesDefaultGroupsAndWhatIsAskedFor) {
    Question question(package("a", "marker = \"'default' in dependency_groups\"\n") +
                          package("b", "marker = \"'Dev_Tools' in dependency_groups\"\n") +
                          package("c", "marker = \"'cli' in extras\"\n") +
                          package("d", "marker = \"'cli' not in extras\"\n"),
                      "extras = [\"cli\"]\ndependency-groups = [\"dev-tools\", \"test\"]\n"
                      "default-groups = [\"default\"]\n");
    EXPECT_EQ(question.names(), "a d");
    question.groups = {"dev.tools"};
    EXPECT_EQ(question.names(), "a b d");
    question.extras = {"CLI"};
    EXPECT_EQ(question.names(), "a b c");
    question.groups = {"docs"};
    EXPECT_ERROR(question.select(), "resolve/unknown-group", "`docs`", "default, dev-tools, test");
    question.groups = {};
    question.extras = {"gui"};
    EXPECT_ERROR(question.select(), "resolve/unknown-extra", "`gui`", "there are: cli");
}

TEST(SelectFromPylock, RefusesOtherPythons) {
    EXPECT_ERROR(Question(package("a"), "requires-python = \">=3.13\"\n").select(),
                 "resolve/python-mismatch", "`>=3.13`", "3.12.7");
    EXPECT_EQ(Question(package("a"), "requires-python = \"==3.12.*\"\n").names(), "a");
    const auto result = Question(package("a", "requires-python = \"<3.12\"\n") + package("b") +
                                 package("c", "requires-python = \">=4\"\n"))
                            .select();
    EXPECT_ERROR(result, "resolve/python-mismatch", "`a` is for Python `<3.12`", "and 1 more");
    EXPECT_EQ(result.error().diagnostics.size(), 2U);
    EXPECT_EQ(
        Question(package("a", "requires-python = \"<3\"\nmarker = \"os_name == 'nt'\"\n")).names(),
        "");
}

TEST(SelectFromPylock, RefusesEnvironmentsThatItIsNotMadeFor) {
    EXPECT_ERROR(Question(package("a"), "environments = [\"sys_platform == 'darwin'\"]\n").select(),
                 "resolve/unsupported-environment", "x86_64", "sys_platform == \"darwin\"");
    EXPECT_EQ(Question(package("a"),
                       "environments = [\"sys_platform == 'darwin'\", "
                       "\"sys_platform == 'linux'\"]\n")
                  .names(),
              "a");
}

TEST(SelectFromPylock, RefusesTwoEntriesOfOneName) {
    const auto result =
        Question(package("a", "marker = \"python_version > '3'\"\n") + package("a")).select();
    EXPECT_ERROR(result, "resolve/invalid-lock", "`a` has two entries", "line 4");
    EXPECT_EQ(result.error().diagnostics.at(0).range.start.line, 8U);
    EXPECT_EQ(Question(package("a", "marker = \"python_version < '3'\"\n") + package("a")).names(),
              "a");
}

TEST(SelectFromPylock, FindsLocalProjects) {
    const Question question(
        "[[packages]]\nname = \"app\"\ndirectory = { path = \".\", editable = true }\n"
        "[[packages]]\nname = \"lib\"\ndirectory = { path = \"libs/lib\" }\n"
        "[[packages]]\nname = \"w\"\nversion = \"1\"\nwheels = [{ path = "
        "\"wheels/w-1-py3-none-any.whl\", hashes = { sha256 = \"" +
        kHash + "\" } }]\n");
    const auto selection = question.select();
    ASSERT_OK(selection);
    EXPECT_EQ(selection->local_projects, std::vector<std::filesystem::path>{"/p/libs/lib"});
    EXPECT_EQ(selection->packages.at(0).wheels.at(0).local_path, "/p/wheels/w-1-py3-none-any.whl");
}

TEST(SelectFromPylock, RefusesWhatCannotBeBuiltOrVerified) {
    const std::string vcs =
        "[[packages]]\nname = \"g\"\nvcs = { type = \"git\", url = "
        "\"https://git.example/g\", commit-id = \"0\" }\n";
    const auto repository = Question(vcs).select();
    ASSERT_OK(repository);
    EXPECT_EQ(std::get<Repository>(repository->sources.at(0).origin).url, "https://git.example/g");
    EXPECT_ERROR(Question("[[packages]]\nname = \"g\"\nvcs = { type = \"hg\", url = \"x\", "
                          "commit-id = \"0\" }\n")
                     .select(),
                 "resolve/unsupported-source", "`g`", "repository");
    EXPECT_ERROR(Question("[[packages]]\nname = \"w\"\nversion = \"1\"\nwheels = [" +
                          file("w-1-py3-none-any.whl", "sha512") + "]\n")
                     .select(),
                 "resolve/missing-hash", "`w-1-py3-none-any.whl`", "sha256");
    // A source distribution alone is not refused here: the choice of wheels does, for all locks.
    const auto sdist =
        Question("[[packages]]\nname = \"s\"\nversion = \"1\"\nsdist = " + file("s-1.tar.gz") +
                 "\n")
            .select();
    ASSERT_OK(sdist);
    EXPECT_TRUE(sdist->packages.at(0).has_sdist);
}

TEST(SelectFromPylock, SaysWhenTheLockIsForAnotherPlatform) {
    const auto one = [](const std::string& name, const std::string& tags) {
        return "[[packages]]\nname = \"" + name + "\"\nversion = \"1\"\nwheels = [" +
               file(name + "-1-" + tags + ".whl") + "]\n";
    };
    const auto result =
        Question(one("a", "py3-none-any") + one("b", "cp312-cp312-macosx_11_0_arm64") +
                 one("c", "cp312-cp312-macosx_11_0_arm64"))
            .select();
    EXPECT_ERROR(result, "resolve/unsupported-environment", "made for another platform",
                 "b-1-cp312-cp312-macosx_11_0_arm64.whl", "`test` locked for one platform only");
    EXPECT_EQ(result.error().diagnostics.size(), 2U);
    EXPECT_EQ(
        Question(one("a", "py3-none-any") + one("b", "cp312-cp312-manylinux_2_28_x86_64")).names(),
        "a b");
    // With several wheels for a package it is that package which has none: said of it elsewhere.
    EXPECT_EQ(Question("[[packages]]\nname = \"b\"\nversion = \"1\"\nwheels = [" +
                       file("b-1-cp312-cp312-macosx_11_0_arm64.whl") + ", " +
                       file("b-1-cp312-cp312-win_amd64.whl") + "]\n")
                  .names(),
              "b");
}

TEST(SelectFromPylock, WarnsOfWhatPyprojectAsksForElse) {
    Question question(package("a") + package("b"));
    question.pyproject = {{"project", {{"name", "app"}, {"dependencies", {"a>=1", "b<2"}}}}};
    EXPECT_TRUE(question.select()->warnings.empty());
    question.pyproject["project"]["dependencies"] = {"a>=2", "b", "c"};
    const auto selection = question.select();
    ASSERT_OK(selection);
    ASSERT_EQ(selection->warnings.size(), 1U);
    EXPECT_EQ(selection->warnings[0].code, "resolve/stale-lock");
    EXPECT_EQ(selection->warnings[0].message,
              "`pylock.toml` does not have what `pyproject.toml` asks for: `a>=2` (it has 1), `c` "
              "(it has none)");
}

}  // namespace
}  // namespace pycontainer::resolve
