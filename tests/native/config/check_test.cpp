#include "config/check.hpp"

#include "base/file.hpp"
#include "support/result_matchers.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <map>

namespace pycontainer::config {
namespace {

/// The messages of every file in a folder of the fixtures.
std::map<std::string, std::vector<Diagnostic>> check_folder(const std::string& folder) {
    std::map<std::string, std::vector<Diagnostic>> found;
    for (const auto& entry : std::filesystem::directory_iterator(
             std::string(PYC_SOURCE_DIR) + "/tests/fixtures/config/" + folder)) {
        const auto text = read_file(entry.path());
        if (text)
            found[entry.path().filename().string()] =
                check_document(toml::parse(*text, "f.toml"), "", "f.toml").diagnostics;
    }
    EXPECT_FALSE(found.empty()) << folder;
    return found;
}

void check_codes(const std::string& folder, const std::vector<std::string>& codes) {
    for (const auto& [name, diagnostics] : check_folder(folder)) {
        ASSERT_EQ(diagnostics.size(), 1U) << folder << "/" << name;
        EXPECT_NE(std::find(codes.begin(), codes.end(), diagnostics[0].code), codes.end())
            << folder << "/" << name << ": " << diagnostics[0].code;
        EXPECT_GT(diagnostics[0].range.end, diagnostics[0].range.start)
            << folder << "/" << name << " has no place";
    }
}

TEST(CheckDocument, AgreesWithTheFixtures) {
    for (const auto& [name, diagnostics] : check_folder("valid"))
        EXPECT_TRUE(diagnostics.empty()) << name << ": " << diagnostics[0].message;
    check_codes("schema", {"config/unknown-key", "config/wrong-type", "config/invalid-value"});
    check_codes("meaning", {"config/invalid-value"});
    check_codes("syntax", {"toml/syntax"});
}

TEST(CheckDocument, RemembersWhereEachKeyWasWritten) {
    const auto checked = check_document(
        toml::parse("[build]\nbase-image = \"a\"\nenv.PORT = \"1\"\n[registry]\nurl = \"a/b\"",
                    "f"),
        "", "f");
    ASSERT_TRUE(checked.diagnostics.empty());
    std::map<std::string, Range> places(checked.places.begin(), checked.places.end());
    EXPECT_EQ(places["build.base_image"], (Range{{1, 0}, {1, 10}}));
    EXPECT_EQ(places["build.env.PORT"], (Range{{2, 4}, {2, 8}}));
    EXPECT_EQ(places["registry.url"], (Range{{4, 0}, {4, 3}}));
    EXPECT_EQ(checked.settings.base_image, "a");
}

TEST(CheckDocument, ReadsNothingFromWhatDoesNotFitTheSchema) {
    const auto checked =
        check_document(toml::parse("[build]\nuser = \"app\"\nworkdir = 3\n", "f"), "", "f");
    EXPECT_EQ(checked.diagnostics.size(), 1U);
    EXPECT_FALSE(checked.settings.user.has_value());
}

TEST(CheckDocument, FindsTheTableOfPyproject) {
    const auto checked = check_document(
        toml::parse("[tool.pycontainer.build]\nworkdir = \"/srv\"\n", "f"), kPyprojectTable, "f");
    EXPECT_EQ(checked.settings.workdir, "/srv");
    EXPECT_TRUE(check_document(toml::parse("[tool]\nx = 1", "f"), kPyprojectTable, "f")
                    .diagnostics.empty());
    EXPECT_TRUE(
        check_document(toml::parse("tool = 1", "f"), kPyprojectTable, "f").diagnostics.empty());
}

}  // namespace
}  // namespace pycontainer::config
