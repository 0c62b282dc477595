#include "sources/poetry_requirement.hpp"

#include "support/result_matchers.hpp"

#include <gtest/gtest.h>

namespace pycontainer::sources {
namespace {

TEST(PoetryRequirement, WritesConstraintsAsSpecifiers) {
    const auto check = [](std::string_view constraint, std::string_view expected) {
        const auto specifiers = to_specifiers(constraint);
        ASSERT_OK(specifiers);
        EXPECT_EQ(*specifiers, expected) << constraint;
    };
    check("^1.2.3", ">=1.2.3,<2.0.0");
    check("^0.2.3", ">=0.2.3,<0.3.0");
    check("^0.0.3", ">=0.0.3,<0.0.4");
    check("^0", ">=0,<1");
    check("~1.2.3", ">=1.2.3,<1.3.0");
    check("~1", ">=1,<2");
    check("~=1.4", "~=1.4");
    check("1.*", "==1.*");
    check("*", "");
    check("1.2", "==1.2");
    check(">= 1.2, < 2", ">=1.2,<2");
    check(">=1.2 <2", ">=1.2,<2");
    check("!=1.5,^1", "!=1.5,>=1,<2");
    EXPECT_ERROR(to_specifiers("^1 || ^2"), "sources/needs-build", "^1 || ^2");
    EXPECT_ERROR(to_specifiers("one"), "sources/invalid-metadata", "one");
}

TEST(PoetryRequirement, WritesTablesAsRequirements) {
    const auto check = [](const char* value, const std::vector<std::string>& expected) {
        const auto requirements = to_requirements("a", Json::parse(value));
        ASSERT_OK(requirements);
        EXPECT_EQ(*requirements, expected) << value;
    };
    check(R"("^1")", {"a (>=1,<2)"});
    check(R"({"version": "1", "extras": ["x", "y"]})", {"a[x,y] (==1)"});
    check(R"({"git": "https://x.example/a", "rev": "abc", "subdirectory": "s"})",
          {"a @ git+https://x.example/a@abc#subdirectory=s"});
    check(R"({"url": "https://x.example/a.whl"})", {"a @ https://x.example/a.whl"});
    check(R"({"path": "../a", "develop": true})", {"a"});
    check(R"({"version": "*", "platform": "linux"})", {R"(a ; sys_platform == "linux")"});
    check(R"([{"version": "1", "python": "3.8"}, {"version": "2"}])",
          {R"(a (==1) ; python_version == "3.8")", "a (==2)"});
}

}  // namespace
}  // namespace pycontainer::sources
