#include "sources/core_metadata.hpp"

#include <gtest/gtest.h>

namespace pycontainer::sources {
namespace {

TEST(CoreMetadata, WritesMetadata) {
    CoreMetadata metadata;
    metadata.name = "My_App";
    metadata.version = "1.0";
    metadata.summary = "Two\nlines";
    metadata.license = "Line one\n\nLine two\n";
    metadata.authors = {{"Ada", ""}, {"Grace", "grace@x.example"}};
    metadata.dependencies = {"a>=1"};
    metadata.extras["x"] = {"b; os_name == 'nt' or os_name == 'posix'",
                            "c @ https://x.example/c;d"};
    metadata.readme = "# Title\n";
    metadata.readme_type = "text/markdown";
    EXPECT_EQ(metadata_text(metadata),
              "Metadata-Version: 2.4\nName: My_App\nVersion: 1.0\nSummary: Two lines\n"
              "Author: Ada\nAuthor-email: Grace <grace@x.example>\n"
              "License: Line one\n        \n        Line two\nRequires-Dist: a>=1\n"
              "Requires-Dist: b ; (os_name == 'nt' or os_name == 'posix') and extra == 'x'\n"
              "Requires-Dist: c @ https://x.example/c;d ; extra == 'x'\nProvides-Extra: x\n"
              "Description-Content-Type: text/markdown\n\n# Title\n");
    EXPECT_EQ(metadata.file_stem(), "my_app-1.0");
}

TEST(CoreMetadata, WritesEntryPoints) {
    CoreMetadata metadata;
    EXPECT_EQ(entry_points_text(metadata), std::nullopt);
    metadata.entry_points = {
        {"console_scripts", {{"run", "a:b"}}}, {"empty", {}}, {"g", {{"n", "m"}}}};
    EXPECT_EQ(entry_points_text(metadata), "[console_scripts]\nrun = a:b\n\n[g]\nn = m\n");
}

TEST(PackageInfo, IsReliableFromVersion22On) {
    const auto info = parse_package_info(
        "Metadata-Version: 2.2\nName: a\nVersion: 1\nRequires-Dist: b\n  >=1\n"
        "Provides-Extra: x\nDynamic: License-File\n\nRequires-Dist: not this\n");
    EXPECT_TRUE(info.is_reliable());
    EXPECT_EQ(info.requires_dist, std::vector<std::string>{"b >=1"});
    EXPECT_EQ(info.description, "Requires-Dist: not this\n");
    EXPECT_EQ(info.provides_extra, std::vector<std::string>{"x"});
    EXPECT_FALSE(parse_package_info("Metadata-Version: 2.1\nName: a\nVersion: 1\n").is_reliable());
    EXPECT_FALSE(parse_package_info("Metadata-Version: 2.2\nName: a\nVersion: 1\n"
                                    "Dynamic: Requires-Dist\n")
                     .is_reliable());
    EXPECT_FALSE(parse_package_info("").is_reliable());
}

}  // namespace
}  // namespace pycontainer::sources
