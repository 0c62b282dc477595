#include "project/pyproject_check.hpp"

#include <gtest/gtest.h>

namespace pycontainer::project {
namespace {

/// Every diagnostic as `line:column severity code`.
std::vector<std::string> check(const std::string& text) {
    std::vector<std::string> found;
    for (const auto& diagnostic :
         check_pyproject(toml::parse(text, "pyproject.toml"), "pyproject.toml"))
        found.push_back(std::to_string(diagnostic.range.start.line + 1) + ":" +
                        std::to_string(diagnostic.range.start.character + 1) + " " +
                        std::string(to_string(diagnostic.severity)) + " " + diagnostic.code);
    return found;
}

using Found = std::vector<std::string>;

TEST(CheckPyproject, AcceptsWhatIsRight) {
    EXPECT_EQ(check(""), Found{});
    EXPECT_EQ(check("[tool.other]\nx = 1\n"), Found{});
    EXPECT_EQ(check("[project]\nname = 'a'\nrequires-python = '>=3.11'\ndependencies = ['flask>=3; "
                    "python_version < \"4\"']\n[project.scripts]\na = 'a.b:main'\n"),
              Found{});
}

TEST(CheckPyproject, TakesNoWrongTypeForAbsent) {
    EXPECT_EQ(check("project = 1\n"), Found{"1:11 error config/wrong-type"});
    EXPECT_EQ(check("[project]\nname = 1\n"), Found{"2:8 error config/wrong-type"});
    EXPECT_EQ(check("[project]\ndependencies = 'flask'\n"), Found{"2:16 error config/wrong-type"});
    EXPECT_EQ(check("[project]\ndependencies = ['flask', 3]\n"),
              Found{"2:26 error config/wrong-type"});
    EXPECT_EQ(check("[project]\nscripts = 'a'\n"), Found{"2:11 error config/wrong-type"});
    EXPECT_EQ(check("[project.scripts]\na = 1\n"), Found{"2:5 error config/wrong-type"});
    EXPECT_EQ(check("[project.optional-dependencies]\nx = 'y'\n"),
              Found{"2:5 error config/wrong-type"});
}

TEST(CheckPyproject, ReadsSpecifiersAndRequirements) {
    EXPECT_EQ(check("[project]\nrequires-python = 'garbage'\n"),
              Found{"2:19 error packaging/invalid-specifier"});
    EXPECT_EQ(check("[project]\nrequires-python = '>=4'\n"), Found{"2:19 error project/no-python"});
    EXPECT_EQ(check("[project]\nrequires-python = '<3.0'\n"),
              Found{"2:19 error project/no-python"});
    EXPECT_EQ(check("[project]\ndependencies = ['flask ==']\n").size(), 1U);
    EXPECT_EQ(check("[project.optional-dependencies]\nx = ['']\n").size(), 1U);
}

TEST(CheckPyproject, HintsAtCommands) {
    EXPECT_EQ(check("[project.scripts]\nmyapi = 'uvicorn app:app --port 80'\n"),
              Found{"2:9 hint project/script-is-command"});
}

}  // namespace
}  // namespace pycontainer::project
