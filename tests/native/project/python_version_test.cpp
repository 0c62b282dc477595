#include "project/python_version.hpp"

#include "project_fixture.hpp"

#include "project/python_releases.hpp"
#include "support/result_matchers.hpp"

#include <gtest/gtest.h>

namespace pycontainer::project {
namespace {

using pycontainer::testing::ProjectFixture;
using Texts = std::vector<std::string>;

Result<PythonChoice> choose(std::string required, std::string file = "",
                            std::optional<std::string> configured = std::nullopt) {
    const ProjectFixture project;
    if (!file.empty()) project.write(".python-version", file);
    PythonRequest request{project.path(), std::move(configured), std::nullopt,
                          ConstraintSyntax::Pep440};
    if (!required.empty())
        request.required =
            Fact<std::string>{std::move(required), "pyproject.toml: requires-python"};
    return choose_python(request);
}

void check(const std::string& required, std::string_view expected, const Texts& warnings = {}) {
    SCOPED_TRACE(required);
    const auto choice = choose(required);
    ASSERT_OK(choice);
    EXPECT_EQ(choice->minor, expected);
    Texts codes;
    for (const auto& warning : choice->warnings) codes.push_back(warning.code);
    EXPECT_EQ(codes, warnings);
}

TEST(PythonVersion, TakesTheOldestSupportedReleaseThatFits) {
    check("", "3.11");
    check(">=3.8", "3.11");
    check(">=3.11", "3.11");
    check(">=3.11.4", "3.11");
    check(">3.11", "3.11");
    check(">=3.12,<3.14", "3.12");
    check("~=3.12", "3.12");
    check("~=3.12.3", "3.12");
    check("==3.13.*", "3.13");
    check("==3.12.7", "3.12");
    check("!=3.11.*", "3.12");
    check(">=3.6,!=3.11.*,!=3.12.*,<4", "3.13");
    check(">=3.11.99", "3.11");
    check(">=2.7", "3.11");
}

TEST(PythonVersion, TakesTheNewestEndedReleaseWithAWarningIfNothingElseFits) {
    check("<3.10", "3.9", {"project/python-ended"});
    check(">=3.7,<3.8", "3.7", {"project/python-ended"});
    check("==3.10.*", "3.10", {"project/python-ended"});
}

TEST(PythonVersion, FailsIfNothingFits) {
    EXPECT_ERROR(choose(">=4"), "project/no-python", "`>=4`", "requires-python");
    EXPECT_ERROR(choose("<3"), "project/no-python", "`<3`");
    EXPECT_ERROR(choose(">=3.13,<3.12"), "project/no-python", "3.6 to");
    EXPECT_ERROR(choose("three"), "packaging/invalid-specifier", "three");
}

TEST(PythonVersion, ListsTheCandidatesForThePlan) {
    EXPECT_EQ(choose(">=3.12,<3.14")->candidates, (Texts{"3.12", "3.13"}));
    EXPECT_EQ(choose("", "3.12\n")->candidates, (Texts{"3.12"}));
}

TEST(PythonVersion, LetsTheVersionFileWin) {
    const auto pinned = choose(">=3.11", "3.13\n");
    ASSERT_OK(pinned);
    EXPECT_EQ(pinned->minor, "3.13");
    EXPECT_EQ(pinned->evidence, ".python-version: 3.13");
    EXPECT_EQ(choose("", "# comment\nsystem\n3.12.4 3.11.2\n")->minor, "3.12");
    EXPECT_EQ(choose(">=3.12", "3.11\n")->warnings.at(0).code, "project/python-mismatch");
    EXPECT_EQ(choose("", "3.9.1\n")->warnings.at(0).code, "project/python-ended");
}

TEST(PythonVersion, WarnsOfAVersionFileThatNamesNone) {
    for (const auto* file : {"pypy3.10-7.3.12\n", "myenv\n", "system"}) {
        const auto choice = choose(">=3.12", file);
        ASSERT_OK(choice);
        EXPECT_EQ(choice->minor, "3.12");
        EXPECT_EQ(choice->warnings.at(0).code, "project/python-version-file");
    }
    EXPECT_TRUE(choose("", "\n# nothing\n")->warnings.empty());
}

TEST(PythonVersion, LetsTheConfigurationWinOverAll) {
    const auto choice = choose(">=3.11", "3.13\n", "3.12");
    ASSERT_OK(choice);
    EXPECT_EQ(choice->minor, "3.12");
    EXPECT_EQ(choice->evidence, "[build] python");
    EXPECT_ERROR(choose("", "", "two"), "project/invalid-python", "`two`", "`3.12`");
}

TEST(PythonVersion, ReadsManySpellings) {
    const auto reads = [](std::string_view text, std::optional<std::string> expected) {
        EXPECT_EQ(python_minor_of(text), expected) << text;
    };
    for (const auto* text : {"3.12", " 3.12 ", "3.12.4", "v3.12", "cpython-3.12", "cpython@3.12.1",
                             "cpython-3.12.4-linux-x86_64-gnu", "python3.12", "python-3.12.7",
                             "3.12t", "3.12-dev", "3.12.0rc1", "3.12.1/envs/x"})
        reads(text, "3.12");
    for (const auto* text : {"", "3", "3.", "2.7", "pypy3.10", "3.12.", "3.1.2.3", "3.x", "3.012",
                             "3.99999", "system", "miniconda3-3.9"})
        reads(text, std::nullopt);
}

TEST(PythonVersion, UnderstandsPoetrysConstraints) {
    const auto reads = [](std::string_view text, const Texts& expected) {
        EXPECT_EQ(specifiers_of_poetry_constraint(text), expected) << text;
    };
    reads("^3.9", {">=3.9,<4"});
    reads("~3.9", {">=3.9,<3.10"});
    reads("~3.9.2", {">=3.9.2,<3.10"});
    reads(">=3.9,<3.13", {">=3.9,<3.13"});
    reads(">= 3.9 < 3.13", {">=3.9,<3.13"});
    reads("3.11.*", {"==3.11.*"});
    reads("*", {""});
    reads("~3.9 || ^3.11", {">=3.9,<3.10", ">=3.11,<4"});
    reads("~=3.9", {"~=3.9"});
    // Longer than any small string: views into it must outlive the loop.
    reads(">= 3.9.1 , < 3.13.0 || >= 3.14.1 , < 4.0.0", {">=3.9.1,<3.13.0", ">=3.14.1,<4.0.0"});
    const ProjectFixture project;
    const auto choice = choose_python(
        {project.path(), std::nullopt,
         Fact<std::string>{"~3.9 || ~3.12", "pyproject.toml: [tool.poetry.dependencies] python"},
         ConstraintSyntax::Poetry});
    ASSERT_OK(choice);
    EXPECT_EQ(choice->minor, "3.12");
}

TEST(PythonReleases, AreSortedAndSupportedToTheEnd) {
    const auto releases = python_releases();
    for (std::size_t i = 1; i < releases.size(); ++i) {
        EXPECT_EQ(releases[i].minor, releases[i - 1].minor + 1);
        EXPECT_LT(releases[i - 1].end_of_life, releases[i].end_of_life);
        EXPECT_GE(releases[i].is_supported, releases[i - 1].is_supported);
    }
}

}  // namespace
}  // namespace pycontainer::project
