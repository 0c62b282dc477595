#include "packaging/requirement.hpp"

#include "support/result_matchers.hpp"

#include <gtest/gtest.h>

namespace pycontainer::packaging {
namespace {

void check(std::string_view text, std::string_view printed) {
    const auto requirement = Requirement::parse(text);
    ASSERT_OK(requirement) << text;
    EXPECT_EQ(requirement->to_string(), printed) << text;
}

TEST(Requirement, ReadsEveryForm) {
    check("name", "name");
    check("name<=1", "name<=1");
    check("name>=3,<2", "name<2,>=3");
    check("Na.me[b, a] (>= 1.0, != 1.5) ; python_version<'3'",
          "Na.me[a,b]!=1.5,>=1.0; python_version < \"3\"");
    check("name[]", "name");
    check("name ()", "name");
    check("name===1.0+odd;os_name=='nt'", "name===1.0+odd; os_name == \"nt\"");
    check("name @ https://index.example/a;b.whl", "name @ https://index.example/a;b.whl");
    check("name@git+https://git.example/x@v1#egg=name ; os_name=='nt'",
          "name @ git+https://git.example/x@v1#egg=name ; os_name == \"nt\"");
    check("  name\t>= 1.0,", "name>=1.0");
    check("name[b,a,b]", "name[a,b]");
}

TEST(Requirement, NormalizesNames) {
    const auto requirement = *Requirement::parse("Zope.Interface[Test_Extra,b,b]");
    EXPECT_EQ(requirement.normalized_name(), "zope-interface");
    EXPECT_EQ(requirement.normalized_extras(), (std::vector<std::string>{"b", "test-extra"}));
}

TEST(Requirement, SaysWhereTheFaultIs) {
    EXPECT_ERROR(Requirement::parse(""), "packaging/invalid-requirement", "package name");
    EXPECT_ERROR(Requirement::parse("-name"), "packaging/invalid-requirement", "package name");
    EXPECT_ERROR(Requirement::parse("name 1.0"), "packaging/invalid-requirement", "character 6");
    EXPECT_ERROR(Requirement::parse("name>=1.*"), "packaging/invalid-requirement");
    EXPECT_ERROR(Requirement::parse("name[a"), "packaging/invalid-requirement", "`]`");
    EXPECT_ERROR(Requirement::parse("name[a b]"), "packaging/invalid-requirement", "`,`");
    EXPECT_ERROR(Requirement::parse("name[a,]"), "packaging/invalid-requirement", "extra");
    EXPECT_ERROR(Requirement::parse("name (>=1"), "packaging/invalid-requirement", "`)`");
    EXPECT_ERROR(Requirement::parse("name @"), "packaging/invalid-requirement", "URL");
    EXPECT_ERROR(Requirement::parse("name; nonsense"), "packaging/invalid-marker");
    EXPECT_ERROR(Requirement::parse("./wheel.whl"), "packaging/invalid-requirement");
}

}  // namespace
}  // namespace pycontainer::packaging
