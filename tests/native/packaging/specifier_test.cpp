#include "packaging/specifier.hpp"

#include "support/result_matchers.hpp"

#include <gtest/gtest.h>

namespace pycontainer::packaging {
namespace {

void check(std::string_view specifiers, std::initializer_list<const char*> inside,
           std::initializer_list<const char*> outside) {
    const auto set = SpecifierSet::parse(specifiers);
    ASSERT_OK(set) << specifiers;
    for (const char* version : inside)
        EXPECT_TRUE(set->contains(version)) << version << " in " << specifiers;
    for (const char* version : outside)
        EXPECT_FALSE(set->contains(version)) << version << " in " << specifiers;
}

TEST(SpecifierSet, KnowsEveryOperator) {
    check("==1.4", {"1.4", "1.4.0", "1.4+local"}, {"1.4.1", "1.4rc1", "1.4.post1", "1!1.4"});
    check("==1.4+local", {"1.4+local"}, {"1.4", "1.4+other"});
    check("==1.4.*", {"1.4", "1.4.9", "1.4rc1", "1.4.post1", "1.4+x"}, {"1.5", "1.40", "1!1.4"});
    check("==1.0.0.*", {"1", "1.0.0.3"}, {"1.0.1"});
    check("!=1.4.*", {"1.5"}, {"1.4", "1.4.2"});
    check("!=1.4", {"1.4.1"}, {"1.4.0", "1.4+local"});
    check("~=1.4.2", {"1.4.2", "1.4.9", "1.4.2.post1"}, {"1.5", "1.4.1", "1.4.2rc1"});
    check("~=1.4", {"1.4", "1.99"}, {"2.0", "1.3"});
    check("~=2.2rc1", {"2.2rc1", "2.9"}, {"3"});
    check(">=1.4", {"1.4", "1.4+x", "2"}, {"1.4rc1", "1.3"});
    check("<=1.4", {"1.4", "1.4+x", "1.4rc1"}, {"1.4.post1"});
    check("<1.4", {"1.3"}, {"1.4rc1", "1.4.dev0", "1.4"});
    check("<1.4rc2", {"1.4rc1", "1.4.dev0"}, {"1.4rc2"});
    check("<1.4.post1", {"1.4", "1.4rc1", "1.4.post0.dev1"}, {"1.4.post1.dev0", "1.4.post1"});
    check(">1.4rc1", {"1.4rc2", "1.4rc2.post1", "1.4.post1"}, {"1.4rc1.post1", "1.4rc1"});
    check(">1.4.dev1", {"1.4.post5", "1.4.dev2"}, {"1.4.dev1", "1.4.dev1+x"});
    check(">1.4", {"1.4.1"}, {"1.4.post1", "1.4+x", "1.4"});
    check(">1.4.post1", {"1.4.post2"}, {"1.4.post1", "1.4.post1+x"});
    check("===1.4-Odd", {"1.4-odd"}, {"1.4"});
    check("", {"1", "1rc1"}, {});
    check(" >= 1.4 , < 2 ,", {"1.5"}, {"2", "1"});
    check("\u00a0>=\u20031.4\u3000,\u2028", {"1.5", "1.4\u00a0"}, {"1.3"});
    check(">=20200101000000000000000", {"20200101000000000000001"}, {"20200101"});
}

TEST(SpecifierSet, RefusesWhatIsNoClause) {
    for (const char* text : {"1.4", "=1.4", "=>1", ">=", "~=1", "~=1.*", ">=1.*", "<1+local",
                             "==1.4rc1.*", "==1.*.2", "==1.4 2", "^1.4", "!="})
        EXPECT_ERROR(SpecifierSet::parse(text), "packaging/invalid-specifier") << text;
    EXPECT_ERROR(SpecifierSet::parse(">=1,^2"), "packaging/invalid-specifier", "`^2`");
}

TEST(SpecifierSet, CanKeepPrereleasesOut) {
    const auto set = *SpecifierSet::parse(">=1.0");
    EXPECT_TRUE(set.contains(*Version::from("2.0rc1")));
    EXPECT_FALSE(set.contains(*Version::from("2.0rc1"), Prereleases::Exclude));
    EXPECT_FALSE(set.names_prerelease());
    EXPECT_TRUE(SpecifierSet::parse(">=1.0rc1")->names_prerelease());
    EXPECT_FALSE(SpecifierSet::parse("!=1.0rc1")->names_prerelease());
}

TEST(SpecifierSet, FindsThePin) {
    EXPECT_EQ(SpecifierSet::parse(">1,==1.4")->pinned_version(), "1.4");
    EXPECT_EQ(SpecifierSet::parse("===1.4-odd")->pinned_version(), "1.4-odd");
    EXPECT_EQ(SpecifierSet::parse("==1.*")->pinned_version(), std::nullopt);
    EXPECT_EQ(SpecifierSet::parse("~=1.4")->pinned_version(), std::nullopt);
}

TEST(SpecifierSet, PrintsEqualSetsTheSame) {
    EXPECT_EQ(SpecifierSet::parse("<2, >= 1.4,<2")->to_string(), "<2,>=1.4");
    EXPECT_EQ(SpecifierSet::parse("<2, >= 1.4,<2")->clauses().size(), 2U);
    EXPECT_EQ(SpecifierSet::parse(">1.0.0,>1.0")->to_string(), ">1.0");
    EXPECT_EQ(SpecifierSet::parse("==1.0,==v1.0.0")->clauses().size(), 1U);
    EXPECT_EQ(SpecifierSet::parse("~=1.0,~=1.0.0")->clauses().size(), 2U);
    EXPECT_EQ(SpecifierSet::parse("==1.*,==1.0.*,===1,===1.0")->clauses().size(), 4U);
}

}  // namespace
}  // namespace pycontainer::packaging
