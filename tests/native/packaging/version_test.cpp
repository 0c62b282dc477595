#include "packaging/version.hpp"

#include "support/result_matchers.hpp"

#include <gtest/gtest.h>

namespace pycontainer::packaging {
namespace {

TEST(Version, NormalizesEverySpelling) {
    const std::pair<const char*, const char*> rows[] = {
        {"1.0", "1.0"},
        {" v1.0\t\n", "1.0"},
        {"\u202f1.0\t\u2029\n\u0085", "1.0"},
        {"1.0.0", "1.0.0"},
        {"01.002", "1.2"},
        {"1.0-alpha_2", "1.0a2"},
        {"1.0.BETA", "1.0b0"},
        {"1c1", "1rc1"},
        {"1.0preview3", "1.0rc3"},
        {"1.0-1", "1.0.post1"},
        {"1.0-r4", "1.0.post4"},
        {"1.0rev", "1.0.post0"},
        {"1.0DEV456", "1.0.dev456"},
        {"1!2.0", "1!2.0"},
        {"0!2.0", "2.0"},
        {"1.0+Ubuntu-01_x", "1.0+ubuntu.1.x"},
        {"1.0a1-post2.dev3+x", "1.0a1.post2.dev3+x"},
        {"1.0a-dev", "1.0a0.dev0"},
    };
    for (const auto& [text, normalized] : rows) {
        const auto version = Version::parse(text);
        ASSERT_OK(version) << text;
        EXPECT_EQ(version->to_string(), normalized) << text;
        EXPECT_EQ(*version, *Version::from(normalized)) << text;
    }
}

TEST(Version, RefusesWhatIsNone) {
    for (const char* text : {"", "a", "1.", ".1", "1..2", "1.0+", "1.0+_x", "1.0+a..b", "1!", "!1",
                             "1.0 a", "1.0a1b", "1.0--1", "1.0a1-", "==1.0", "1.0\x80"})
        EXPECT_ERROR(Version::parse(text), "packaging/invalid-version") << text;
    EXPECT_ERROR(Version::parse(std::string(100'000, '1')), "packaging/invalid-version", "…");
}

TEST(Version, OrdersAsThePackagingSpecificationDoes) {
    const char* ascending[] = {
        "1.dev0",
        "1.0.dev456",
        "1.0a1",
        "1.0a2.dev456",
        "1.0a12.dev456",
        "1.0a12",
        "1.0b1.dev456",
        "1.0b2",
        "1.0b2.post345.dev456",
        "1.0b2.post345",
        "1.0rc1.dev456",
        "1.0rc1",
        "1.0",
        "1.0+abc.5",
        "1.0+abc.7",
        "1.0+5",
        "1.0+5.0",
        "1.0+10",
        "1.0.post456.dev34",
        "1.0.post456",
        "1.0.15",
        "1.1.dev1",
        "1.10",
        "99999999999999999999.1",
        "99999999999999999999.2",
        "100000000000000000000",
        "1!0.1",
    };
    for (std::size_t i = 0; i < std::size(ascending); ++i)
        for (std::size_t j = 0; j < std::size(ascending); ++j)
            EXPECT_EQ(*Version::from(ascending[i]) <=> *Version::from(ascending[j]), i <=> j)
                << ascending[i] << " and " << ascending[j];
}

TEST(Version, IgnoresZerosAtTheEnd) {
    EXPECT_EQ(*Version::from("1"), *Version::from("1.0.0"));
    EXPECT_EQ(*Version::from("1.0+1"), *Version::from("1.0+01"));
    EXPECT_NE(*Version::from("1.0"), *Version::from("1.0+1"));
}

TEST(Version, TellsItsParts) {
    const auto version = *Version::from("2!1.4rc2.post3.dev4+local.1");
    EXPECT_TRUE(version.is_prerelease());
    EXPECT_TRUE(version.is_postrelease());
    EXPECT_EQ(version.public_version().to_string(), "2!1.4rc2.post3.dev4");
    EXPECT_EQ(version.base_version().to_string(), "2!1.4");
    EXPECT_TRUE(Version::from("1.0.dev1")->is_prerelease());
    EXPECT_FALSE(Version::from("1.0.post1")->is_prerelease());
}

TEST(Version, ScansTheLongestBeginning) {
    const auto scanned = Version::scan("1.4rc1, <2");
    ASSERT_TRUE(scanned);
    EXPECT_EQ(scanned->first.to_string(), "1.4rc1");
    EXPECT_EQ(scanned->second, 6U);
    EXPECT_FALSE(Version::scan("x1"));
}

}  // namespace
}  // namespace pycontainer::packaging
