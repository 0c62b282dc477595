#include "sources/setup_cfg.hpp"

#include <gtest/gtest.h>

namespace pycontainer::sources {
namespace {

TEST(SetupCfg, ReadsValuesOfSeveralLines) {
    const SetupCfg cfg(
        "[metadata]\nname = a\nlong-description: file: README\n[options]\n"
        "install_requires =\n    b>=1\n    # comment\n\n    c; x == 'y'\n"
        "zip_safe = no\n");
    EXPECT_EQ(cfg.find("metadata", "name"), "a");
    EXPECT_EQ(cfg.find("metadata", "long_description"), "file: README");
    EXPECT_EQ(cfg.list("options", "install_requires"),
              (std::vector<std::string>{"b>=1", "c; x == 'y'"}));
    EXPECT_EQ(cfg.find("options", "zip_safe"), "no");
    EXPECT_EQ(cfg.find("options", "none"), std::nullopt);
    EXPECT_EQ(cfg.section("none"), nullptr);
}

TEST(SetupCfg, KeepsNamesThatAreNoSettings) {
    const SetupCfg cfg("[group]\nmy-app = a:b\n");
    EXPECT_EQ(cfg.find("group", "my-app"), "a:b");
}

TEST(SetupCfg, ReadsListsAndTables) {
    const SetupCfg cfg("[a]\nlist = x, y,\ntable =\n  = src\n  b = c\n");
    EXPECT_EQ(cfg.list("a", "list"), (std::vector<std::string>{"x", "y"}));
    EXPECT_EQ(cfg.table("a", "table"),
              (std::map<std::string, std::string>{{"", "src"}, {"b", "c"}}));
}

TEST(SetupCfg, LeavesOutWhatIsNone) {
    const SetupCfg cfg("before = 1\n[a\nb\n[c]\nno value\n = x\n");
    EXPECT_EQ(cfg.sections(), std::vector<std::string>{"c"});
    EXPECT_EQ(cfg.find("c", "no value"), std::nullopt);
}

}  // namespace
}  // namespace pycontainer::sources
