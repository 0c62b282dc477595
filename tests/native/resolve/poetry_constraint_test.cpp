#include "resolve/poetry_constraint.hpp"

#include "support/result_matchers.hpp"

#include <gtest/gtest.h>

#include <initializer_list>

namespace pycontainer::resolve {
namespace {

packaging::Version version(std::string_view text) {
    return *packaging::Version::from(text);
}

void check(std::string_view constraint, std::initializer_list<std::string_view> allowed,
           std::initializer_list<std::string_view> refused) {
    const auto parsed = PoetryConstraint::parse(constraint);
    ASSERT_OK(parsed);
    for (const auto text : allowed)
        EXPECT_TRUE(parsed->allows(version(text))) << constraint << " allows " << text;
    for (const auto text : refused)
        EXPECT_FALSE(parsed->allows(version(text))) << constraint << " refuses " << text;
}

TEST(PoetryConstraint, CaretKeepsTheFirstPartThatIsNotNil) {
    check("^1.2.3", {"1.2.3", "1.9", "1.9.9.post1"}, {"1.2.2", "2.0", "2.0.0rc1", "2.0.dev0"});
    check("^1", {"1.0", "1.99"}, {"0.9", "2"});
    check("^0.2.3", {"0.2.3", "0.2.9"}, {"0.3.0", "0.3.0a1"});
    check("^0.0.3", {"0.0.3", "0.0.3.1"}, {"0.0.4", "0.0.2"});
    check("^0.0", {"0.0.5"}, {"0.1"});
    check("^0", {"0.9"}, {"1.0"});
    check("^ 1.9", {"1.10"}, {"2.0"});
    check("^1.0a1", {"1.0a1", "1.5"}, {"2.0a1"});
    check("^9999999999999999999999", {"9999999999999999999999.1"}, {"10000000000000000000000"});
    check("^1!1.2", {"1!1.3"}, {"1.3", "1!2"});
}

TEST(PoetryConstraint, TildeKeepsTheMinorVersion) {
    check("~1.2.3", {"1.2.3", "1.2.99"}, {"1.3", "1.2.2"});
    check("~1.2", {"1.2", "1.2.5"}, {"1.3", "1.3.dev1"});
    check("~1", {"1.0", "1.9"}, {"2.0"});
    check("~=1.4.5", {"1.4.5", "1.4.9"}, {"1.5", "1.4.4"});
    check("~=1.4", {"1.4", "1.9"}, {"2.0"});
    check("~=1", {"1", "1.5"}, {"2"});
}

TEST(PoetryConstraint, BareVersionsAreExact) {
    check("1.2", {"1.2", "1.2.0", "1.2+local"}, {"1.2.1", "1.2rc1"});
    check("=1.2", {"1.2"}, {"1.2.1"});
    check("==1.2", {"1.2"}, {"1.2.1"});
    check("v1.2", {"1.2"}, {"1.3"});
    check("2.0.1+cu118", {"2.0.1+cu118"}, {"2.0.1", "2.0.1+cpu"});
    check("!=1.2", {"1.2.1", "1.1", "1.2.dev1", "1.2.post1"}, {"1.2", "1.2+local"});
}

TEST(PoetryConstraint, WildcardsTakeEverythingBelow) {
    check("*", {"0", "1.0.dev1", "99"}, {});
    check("x", {"1"}, {});
    check("*.*", {"1"}, {});
    check("1.2.*", {"1.2", "1.2.dev0", "1.2.9"}, {"1.3", "1.3.dev0", "1.1.9"});
    check("1.*", {"1.0", "1.9"}, {"2.0a1"});
    check("==1.2.*", {"1.2.3"}, {"1.3"});
    check("!=1.2.*", {"1.3", "1.1"}, {"1.2", "1.2.5"});
    check(">=1.2.*", {"1.2"}, {"1.1"});
}

TEST(PoetryConstraint, ComparesAsPep440Says) {
    check(">1.2", {"1.2.1", "1.3"}, {"1.2", "1.2.post1", "1.2+local"});
    check(">1.2.post1", {"1.2.post2"}, {"1.2.post1"});
    check("<2.0", {"1.9", "1.9rc1"}, {"2.0", "2.0rc1", "2.0.dev0"});
    check("<2.0rc1", {"2.0b1"}, {"2.0rc1"});
    check("<=2.0", {"2.0", "2.0rc1", "2.0+local"}, {"2.0.1"});
    check(">=2.0+cpu", {"2.0+cpu", "2.1"}, {"1.9"});
}

TEST(PoetryConstraint, JoinsClausesAndAlternatives) {
    check(">=1.2,<2.0", {"1.2", "1.9"}, {"1.1", "2.0"});
    check(">= 1.2 , < 2.0", {"1.9"}, {"2.0"});
    check(">=1.2 <2.0,", {"1.9"}, {"2.0"});
    check("<2.7 || >=3.4", {"2.6", "3.4"}, {"2.7", "3.3"});
    check("1.0|1.1", {"1.0", "1.1"}, {"1.2"});
    check(">=2.7, !=3.0.*, !=3.1.*, <4", {"2.7", "3.2"}, {"3.0.5", "3.1", "4"});
    check(">=1.25.4,<2.2.0 || >2.2.0,<3", {"2.2.1", "2.1"}, {"2.2.0", "3", "1.25.3"});
}

TEST(PoetryConstraint, ReadsPythonAsAMarker) {
    const auto check_python = [](std::string_view text, std::string_view python, bool expected) {
        const auto parsed = PoetryConstraint::parse_python_marker(text);
        ASSERT_OK(parsed);
        EXPECT_EQ(parsed->allows(version(python)), expected) << text << " and " << python;
    };
    check_python("3.8", "3.8.10", true);
    check_python("==3.8", "3.8.10", true);
    check_python("3.8.1", "3.8.10", false);
    check_python("<3.8", "3.8.0", false);
    check_python("<=3.8", "3.8.10", false);
    check_python("~3.8 || ^3.10", "3.12.7", true);
    check_python("~3.8 || ^3.10", "3.9.1", false);
    check_python("!=3.8", "3.8.10", true);
}

TEST(PoetryConstraint, KnowsWhetherItRestrictsAnything) {
    EXPECT_TRUE(PoetryConstraint().is_any());
    EXPECT_TRUE(PoetryConstraint::parse("*")->is_any());
    EXPECT_TRUE(PoetryConstraint::parse("1.0 || *")->is_any());
    EXPECT_FALSE(PoetryConstraint::parse("*,<2")->is_any());
    EXPECT_EQ(PoetryConstraint::parse(" >=1 ")->to_string(), ">=1");
}

TEST(PoetryConstraint, RefusesWhatIsNone) {
    for (const char* text : {"", "  ", "||", "1.0 ||", "latest", "^", "^1.*", "~x", "===1.0",
                             "1.0 - 2.0", "<>1.0", ">=1.2,,^abc", "1.2.x.3"})
        EXPECT_ERROR(PoetryConstraint::parse(text), "resolve/invalid-constraint") << text;
    EXPECT_ERROR(PoetryConstraint::parse(std::string(5000, '1')), "resolve/invalid-constraint",
                 "5000 bytes");
}

}  // namespace
}  // namespace pycontainer::resolve
