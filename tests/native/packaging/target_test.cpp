#include "packaging/target.hpp"

#include <gtest/gtest.h>

namespace pycontainer::packaging {
namespace {

TEST(TargetEnvironment, TellsMarkersAboutTheImage) {
    const auto environment =
        TargetEnvironment{.python_version = "3.12.7", .machine = "aarch64"}.marker_environment();
    EXPECT_EQ(environment.python_version, "3.12");
    EXPECT_EQ(environment.python_full_version, "3.12.7");
    EXPECT_EQ(environment.implementation_version, "3.12.7");
    EXPECT_EQ(environment.platform_machine, "aarch64");
    EXPECT_EQ(environment.sys_platform, "linux");
    EXPECT_EQ(environment.platform_system, "Linux");
    EXPECT_EQ(environment.platform_release, "");
}

TEST(TargetEnvironment, CountsAPrereleaseAsItsRelease) {
    const TargetEnvironment target{.python_version = "3.14.0rc1", .machine = "x86_64"};
    EXPECT_EQ(target.python_minor(), 14U);
    EXPECT_EQ(target.python_release().to_string(), "3.14.0");
    EXPECT_EQ(target.marker_environment().python_full_version, "3.14.0rc1");
}

TEST(TargetEnvironment, UnderstandsSelfBuiltInterpreters) {
    const TargetEnvironment target{.python_version = "3.13.2+", .machine = "x86_64"};
    EXPECT_EQ(target.python_minor(), 13U);
    EXPECT_EQ(target.marker_environment().python_full_version, "3.13.2+local");
}

TEST(TargetEnvironment, SurvivesVersionsThatAreNone) {
    for (const char* text : {"", "x", "3", "3.99999999999999999999"})
        EXPECT_EQ((TargetEnvironment{.python_version = text}.python_minor()), 0U) << text;
}

TEST(TargetEnvironment, DescribesItself) {
    EXPECT_EQ((TargetEnvironment{.python_version = "3.13.1",
                                 .free_threaded = true,
                                 .libc = Libc::Musl,
                                 .libc_major = 1,
                                 .libc_minor = 2,
                                 .machine = "aarch64"}
                   .describe()),
              "Python 3.13t on aarch64 with musl 1.2");
}

}  // namespace
}  // namespace pycontainer::packaging
