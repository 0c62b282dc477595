#include "resolve/internal/pdm_lock_file.hpp"

#include <gtest/gtest.h>

namespace pycontainer::resolve::internal {
namespace {

using Fit = PdmTarget::Fit;

const packaging::TargetEnvironment kGlibc{
    .python_version = "3.12.7", .libc_minor = 36, .machine = "x86_64"};
const packaging::TargetEnvironment kMusl{.python_version = "3.12.7",
                                         .libc = packaging::Libc::Musl,
                                         .libc_major = 1,
                                         .libc_minor = 2,
                                         .machine = "aarch64"};

PdmTarget on(const std::string& platform, const std::string& implementation = "") {
    return {.requires_python = "",
            .pythons = {},
            .platform = platform,
            .implementation = implementation,
            .gil_disabled = {}};
}

TEST(PdmTarget, ComparesPlatforms) {
    EXPECT_EQ(on("").fit(kGlibc), Fit::Full);
    EXPECT_EQ(on("manylinux_2_17_x86_64").fit(kGlibc), Fit::Full);
    EXPECT_EQ(on("manylinux_2_36_amd64").fit(kGlibc), Fit::Full);
    EXPECT_EQ(on("manylinux_2_40_x86_64").fit(kGlibc), Fit::NewerLibc);
    EXPECT_EQ(on("linux").fit(kGlibc), Fit::NewerLibc);
    EXPECT_EQ(on("manylinux_2_17_aarch64").fit(kGlibc), Fit::None);
    EXPECT_EQ(on("musllinux_1_2_x86_64").fit(kGlibc), Fit::None);
    EXPECT_EQ(on("windows_amd64").fit(kGlibc), Fit::None);
    EXPECT_EQ(on("macos_14_0_arm64").fit(kMusl), Fit::None);
    EXPECT_EQ(on("musllinux_1_1_arm64").fit(kMusl), Fit::Full);
    EXPECT_EQ(on("alpine").fit(kMusl), Fit::None);
    EXPECT_EQ(on("manylinux_99999999999_1_x86_64").fit(kGlibc), Fit::None);
}

TEST(PdmTarget, ComparesImplementations) {
    EXPECT_EQ(on("", "cpython").fit(kGlibc), Fit::Full);
    EXPECT_EQ(on("", "pypy").fit(kGlibc), Fit::None);
    auto free_threaded = on("", "cpython");
    free_threaded.gil_disabled = true;
    EXPECT_EQ(free_threaded.fit(kGlibc), Fit::None);
}

TEST(PdmTarget, ComparesPythons) {
    auto target = on("");
    target.pythons = {*packaging::SpecifierSet::parse("<3.9"),
                      *packaging::SpecifierSet::parse(">=3.11")};
    EXPECT_EQ(target.fit(kGlibc), Fit::Full);
    target.pythons.pop_back();
    EXPECT_EQ(target.fit(kGlibc), Fit::OtherPython);
}

TEST(PdmTarget, DescribesItself) {
    EXPECT_EQ(on("").describe(), "Python of any version");
    auto target = on("alpine", "pypy");
    target.requires_python = ">=3.11";
    EXPECT_EQ(target.describe(), "Python `>=3.11` on alpine (pypy)");
}

}  // namespace
}  // namespace pycontainer::resolve::internal
