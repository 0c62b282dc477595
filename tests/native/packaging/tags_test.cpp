#include "packaging/tags.hpp"

#include "support/result_matchers.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace pycontainer::packaging {
namespace {

const TargetEnvironment kDebian{.python_version = "3.12.7", .libc_minor = 36, .machine = "x86_64"};
const TargetEnvironment kAlpine{.python_version = "3.12.7",
                                .libc = Libc::Musl,
                                .libc_major = 1,
                                .libc_minor = 2,
                                .machine = "aarch64"};
const TargetEnvironment kFreeThreaded{
    .python_version = "3.13.1", .free_threaded = true, .libc_minor = 36, .machine = "x86_64"};

TEST(PlatformTags, PutsTheOldNamesAfterTheirVersions) {
    const auto tags = platform_tags(kDebian);
    const auto place = [&](const char* tag) {
        return std::find(tags.begin(), tags.end(), tag) - tags.begin();
    };
    EXPECT_EQ(tags.front(), "manylinux_2_36_x86_64");
    EXPECT_EQ(place("manylinux2014_x86_64"), place("manylinux_2_17_x86_64") + 1);
    EXPECT_EQ(place("manylinux2010_x86_64"), place("manylinux_2_12_x86_64") + 1);
    EXPECT_EQ(place("manylinux1_x86_64"), place("manylinux_2_5_x86_64") + 1);
    EXPECT_EQ(tags.back(), "linux_x86_64");
}

TEST(PlatformTags, EndsEarlierOnYoungerMachines) {
    const auto tags =
        platform_tags({.python_version = "3.12.7", .libc_minor = 18, .machine = "aarch64"});
    EXPECT_EQ(tags, (std::vector<std::string>{"manylinux_2_18_aarch64", "manylinux_2_17_aarch64",
                                              "manylinux2014_aarch64", "linux_aarch64"}));
}

TEST(PlatformTags, KeepsMuslApart) {
    EXPECT_EQ(platform_tags(kAlpine),
              (std::vector<std::string>{"musllinux_1_2_aarch64", "musllinux_1_1_aarch64",
                                        "musllinux_1_0_aarch64", "linux_aarch64"}));
}

TEST(TagSet, ListsTagsBestFirst) {
    const auto tags =
        TagSet({.python_version = "3.3.1", .libc_minor = 17, .machine = "aarch64"}).tags();
    const std::vector<std::string> platforms = {"manylinux_2_17_aarch64", "manylinux2014_aarch64",
                                                "linux_aarch64"};
    std::vector<std::string> expected;
    for (const char* group : {"cp33-cp33", "cp33-abi3", "cp33-none", "cp32-abi3", "py33-none",
                              "py3-none", "py32-none", "py31-none", "py30-none"})
        for (const auto& platform : platforms)
            expected.push_back(std::string(group) + "-" + platform);
    for (const char* each : {"cp33-none-any", "py33-none-any", "py3-none-any", "py32-none-any",
                             "py31-none-any", "py30-none-any"})
        expected.emplace_back(each);
    EXPECT_EQ(tags, expected);
}

TEST(TagSet, RanksAWheelByItsBestTag) {
    for (const auto& target : {kDebian, kAlpine, kFreeThreaded}) {
        const TagSet set(target);
        const auto tags = set.tags();
        for (std::size_t i = 0; i < tags.size(); ++i)
            EXPECT_EQ(set.rank(*WheelName::parse("a-1-" + tags[i] + ".whl")), i) << tags[i];
    }
    const TagSet set(kDebian);
    EXPECT_EQ(set.rank(*WheelName::parse("a-1-py2.py3-none-any.whl")),
              set.rank(*WheelName::parse("a-1-py3-none-any.whl")));
    EXPECT_LT(set.rank(*WheelName::parse("a-1-cp312-cp312-manylinux1_x86_64.whl")),
              set.rank(*WheelName::parse("a-1-cp312-abi3-manylinux_2_36_x86_64.whl")));
}

TEST(TagSet, RefusesWhatCannotRun) {
    const auto refuses = [](const TargetEnvironment& target, const std::string& tag) {
        EXPECT_EQ(TagSet(target).rank(*WheelName::parse("a-1-" + tag + ".whl")), std::nullopt)
            << tag;
    };
    refuses(kDebian, "cp312-cp312-manylinux_2_37_x86_64");  // a newer glibc
    refuses(kDebian, "cp312-cp312-manylinux_2_17_aarch64");
    refuses(kDebian, "cp312-cp312-musllinux_1_2_x86_64");
    refuses(kDebian, "cp313-abi3-manylinux_2_17_x86_64");  // the stable ABI of a newer Python
    refuses(kDebian, "cp311-cp311-manylinux_2_17_x86_64");
    refuses(kDebian, "cp312-cp312t-manylinux_2_17_x86_64");
    refuses(kDebian, "cp312-cp312-win_amd64");
    refuses(kDebian, "py2-none-any");
    refuses(kDebian, "py313-none-any");
    refuses(kAlpine, "cp312-cp312-manylinux_2_17_aarch64");
    refuses(kFreeThreaded, "cp313-cp313-manylinux_2_17_x86_64");
    refuses(kFreeThreaded, "cp313-abi3-manylinux_2_17_x86_64");
}

}  // namespace
}  // namespace pycontainer::packaging
