#include "oci/platform.hpp"

#include "support/result_matchers.hpp"

#include <gtest/gtest.h>

namespace pycontainer::oci {
namespace {

TEST(Platform, IsReadAndWritten) {
    for (const auto* text : {"linux/amd64", "linux/arm64", "linux/arm/v6", "linux/s390x"})
        EXPECT_EQ(Platform::parse(text)->to_string(), text);
    EXPECT_EQ(Platform::parse("linux/arm64/v8")->to_string(), "linux/arm64");
    EXPECT_EQ(Platform::parse("linux/arm64")->machine(), "aarch64");
    EXPECT_EQ(Platform::parse("linux/amd64")->machine(), "x86_64");
}

TEST(Platform, SuggestsTheNameThatImagesUse) {
    EXPECT_ERROR(Platform::parse("linux/x86_64"), "platform/invalid", "linux/amd64");
    EXPECT_ERROR(Platform::parse("linux/aarch64"), "platform/invalid", "linux/arm64");
    EXPECT_ERROR(Platform::parse("windows/amd64"), "platform/invalid", "Linux");
    EXPECT_ERROR(Platform::parse("amd64"), "platform/invalid", "os/architecture");
    EXPECT_ERROR(Platform::parse("linux/mips"), "platform/invalid");
}

TEST(Platform, MatchesTheDefaultVariant) {
    const auto arm64 = *Platform::parse("linux/arm64");
    EXPECT_TRUE(arm64.matches(
        Platform::from_json({{"os", "linux"}, {"architecture", "arm64"}, {"variant", "v8"}})));
    EXPECT_FALSE(arm64.matches(Platform::from_json({{"os", "linux"}, {"architecture", "amd64"}})));
    EXPECT_FALSE(Platform::parse("linux/arm/v6")->matches(*Platform::parse("linux/arm")));
}

TEST(Platform, OfADocumentKeepsItsVariant) {
    const Json json{{"os", "linux"}, {"architecture", "arm64"}, {"variant", "v8"}};
    EXPECT_EQ(Platform::from_json(json).variant, "v8");
    EXPECT_EQ(Platform::from_json(json).to_string(), "linux/arm64");
}

}  // namespace
}  // namespace pycontainer::oci
