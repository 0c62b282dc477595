#include "sources/script_file.hpp"

#include "support/result_matchers.hpp"

#include <gtest/gtest.h>

namespace pycontainer::sources {
namespace {

TEST(ScriptFile, GetsTheFirstLineThatInstallersReplace) {
    const auto check = [](const std::string& text, std::string_view expected) {
        const auto entry = script_entry({"bin/x", false, text}, "d/x");
        ASSERT_OK(entry);
        EXPECT_EQ(std::get<std::string>(entry->content), expected);
        EXPECT_TRUE(entry->executable);
        EXPECT_EQ(entry->path, "d/x");
    };
    check("#!/usr/bin/env python3\nx\n", "#!python\nx\n");
    check("#!/usr/bin/python3.11 -u\nx\n", "#!python -u\nx\n");
    check("#!/bin/sh\npython x\n", "#!/bin/sh\npython x\n");
    check("x\n", "x\n");
    check("#!python", "#!python");
    check("", "");
}

}  // namespace
}  // namespace pycontainer::sources
