#include "install/unmet_requirements.hpp"

#include "packaging/target.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace pycontainer::install {
namespace {

PreparedWheel wheel_of(const std::string& name, const std::string& version,
                       const std::vector<std::string>& requires_dist) {
    PreparedWheel wheel;
    wheel.name = name;
    wheel.version = version;
    wheel.requires_dist = requires_dist;
    return wheel;
}

std::string unmet(const std::vector<PreparedWheel>& wheels) {
    const packaging::TargetEnvironment target{
        .python_version = "3.12.7", .libc_minor = 36, .machine = "x86_64"};
    std::string text;
    for (const auto& each : find_unmet_requirements(wheels, target.marker_environment()))
        text += fmt::format("{}: {} {} ({})\n", each.wheel, each.name, each.requirement,
                            each.installed);
    return text;
}

TEST(UnmetRequirements, AreMissingOrOfAnotherVersion) {
    EXPECT_EQ(unmet({wheel_of("a", "1", {"B.b>=2", "c"}), wheel_of("b-b", "1.9", {})}),
              "a 1: b-b B.b>=2 (1.9)\na 1: c c ()\n");
    EXPECT_EQ(unmet({wheel_of("a", "1", {"b>=1,<2"}), wheel_of("b", "1.9", {"a"})}), "");
    EXPECT_EQ(unmet({wheel_of("a", "1", {"b>=1.0rc1"}), wheel_of("b", "1.0rc2", {})}), "");
}

TEST(UnmetRequirements, AreNotWhatMarkersExclude) {
    EXPECT_EQ(unmet({wheel_of("a", "1",
                              {"b; sys_platform == 'win32'", "c; extra == 'x'",
                               "d; python_version < '3.12'"})}),
              "");
    EXPECT_EQ(unmet({wheel_of("a", "1", {"b>1; sys_platform == 'linux'"})}), "a 1: b b>1 ()\n");
}

TEST(UnmetRequirements, AreNotWhatCannotBeRead) {
    EXPECT_EQ(unmet({wheel_of("a", "1", {"?!", "b (>=1"})}), "");
    EXPECT_EQ(unmet({wheel_of("a", "1", {"b @ https://me:secret@h.example/b.whl"})}),
              "a 1: b b ()\n");
    EXPECT_EQ(unmet({wheel_of("a", "1", {"b @ https://h.example/b.whl"}), wheel_of("b", "1", {})}),
              "");
}

}  // namespace
}  // namespace pycontainer::install
