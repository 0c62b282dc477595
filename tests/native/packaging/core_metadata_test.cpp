#include "packaging/core_metadata.hpp"

#include "support/result_matchers.hpp"

#include <gtest/gtest.h>

namespace pycontainer::packaging {
namespace {

using Texts = std::vector<std::string>;

TEST(CoreMetadata, ReadsWhatResolvingNeeds) {
    const auto metadata = CoreMetadata::parse(
        "Metadata-Version: 2.2\r\nName: Foo.Bar\r\nVersion:  1.0 \r\nRequires-Python: "
        ">=3.9\r\nRequires-Dist: a>=1\r\nREQUIRES-DIST: b; extra == \"x\"\r\nProvides-Extra: "
        "x\r\nDynamic: Requires-Dist\r\n\r\nRequires-Dist: in-the-description\r\n");
    ASSERT_OK(metadata);
    EXPECT_EQ(metadata->metadata_version, "2.2");
    EXPECT_EQ(metadata->name, "Foo.Bar");
    EXPECT_EQ(metadata->version, "1.0");
    EXPECT_EQ(metadata->requires_python, ">=3.9");
    EXPECT_EQ(metadata->requires_dist, (Texts{"a>=1", "b; extra == \"x\""}));
    EXPECT_EQ(metadata->provides_extra, Texts{"x"});
    EXPECT_EQ(metadata->dynamic, Texts{"requires-dist"});
}

TEST(CoreMetadata, JoinsContinuationLines) {
    const auto metadata = CoreMetadata::parse(
        "Name: a\nSummary: one\n two\nVersion: 1\nRequires-Dist: b>=1,\n        <2\nLicense: x\n "
        "y");
    ASSERT_OK(metadata);
    EXPECT_EQ(metadata->requires_dist, Texts{"b>=1, <2"});
}

TEST(CoreMetadata, WantsANameAndAVersion) {
    EXPECT_ERROR(CoreMetadata::parse("Version: 1\n"), "packaging/invalid-metadata", "no name");
    EXPECT_ERROR(CoreMetadata::parse("Name: a\n\nVersion: 1\n"), "packaging/invalid-metadata",
                 "no version");
    EXPECT_ERROR(CoreMetadata::parse("<html>"), "packaging/invalid-metadata");
    EXPECT_ERROR(CoreMetadata::parse(" starts with a continuation\n"),
                 "packaging/invalid-metadata");
}

TEST(HeaderLine, HoldsNoLineEnd) {
    EXPECT_EQ(header_line(" a\r\nRequires-Dist: evil\t\x7f b\n"), "a Requires-Dist: evil b");
    EXPECT_EQ(header_line("\n \n"), "");
    EXPECT_EQ(header_line("gr\xC3\xBC\xC3\x9F"), "gr\xC3\xBC\xC3\x9F");
}

}  // namespace
}  // namespace pycontainer::packaging
