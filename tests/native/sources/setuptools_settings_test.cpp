#include "sources/setuptools_settings.hpp"

#include "source_tree.hpp"

namespace pycontainer::sources {
namespace {

using pycontainer::testing::source_tree;

bool is_harmless(const std::string& setup_py) {
    return check_setup_py(source_tree("//- setup.py\n" + setup_py)).has_value();
}

TEST(SetuptoolsSettings, AcceptsASetupPyThatSaysNothing) {
    EXPECT_TRUE(check_setup_py(source_tree("//- a.py\n")).has_value());
    EXPECT_TRUE(is_harmless("from setuptools import setup\n\nsetup()\n"));
    EXPECT_TRUE(
        is_harmless("#!/usr/bin/env python\nimport setuptools\nif __name__ == \"__main__\":\n"
                    "    setuptools.setup()  # here\n"));
    EXPECT_TRUE(
        is_harmless("\"\"\"Only for old tools.\n\nMore.\n\"\"\"\nfrom setuptools import "
                    "setup\nsetup()\n"));
    EXPECT_TRUE(is_harmless("\"\"\"One line.\"\"\"\nimport setuptools\nsetuptools.setup()\n"));
}

TEST(SetuptoolsSettings, RefusesASetupPyThatSaysAnything) {
    EXPECT_FALSE(is_harmless("from setuptools import setup\nsetup(name='x')\n"));
    EXPECT_FALSE(is_harmless("import os\n"));
    EXPECT_FALSE(is_harmless("\"\"\"One line.\"\"\"\nimport os\n"));
    EXPECT_FALSE(is_harmless("from setuptools import setup\nsetup(\n)\n"));
}

TEST(SetuptoolsSettings, IncludesPackageDataByDefaultOnlyWithPyproject) {
    const Tree tree;
    const VersionHints hints;
    const auto with = [&](const Json& pyproject, std::string_view cfg) {
        return read_setuptools_settings({tree, pyproject, hints}, SetupCfg(cfg))
            ->include_package_data;
    };
    EXPECT_FALSE(with(Json::object(), ""));
    EXPECT_TRUE(with(Json::object(), "[options]\ninclude_package_data = True\n"));
    EXPECT_TRUE(with(Json{{"project", Json::object()}}, ""));
    EXPECT_FALSE(with(Json{{"project", Json::object()}}, "[options]\ninclude_package_data = no\n"));
}

}  // namespace
}  // namespace pycontainer::sources
