#include "index/ini.hpp"

#include "support/result_matchers.hpp"

#include <gtest/gtest.h>

namespace pycontainer::index {
namespace {

TEST(Ini, ReadsWhatPipWrites) {
    const auto ini = parse_ini(
        "\xEF\xBB\xBF# a comment\r\n[global]\r\nindex-url = https://a.example/?x=1\r\n"
        "EXTRA_INDEX_URL =\r\n    https://b.example\r\n  ; not this\r\n\r\n\thttps://c.example\r\n"
        "[install]\nno-index: yes\n--find-links=/srv\nempty =\n",
        "pip.conf");
    ASSERT_OK(ini);
    EXPECT_EQ(ini->at("global").at("index-url").text, "https://a.example/?x=1");
    EXPECT_EQ(ini->at("global").at("index-url").line, 3U);
    EXPECT_EQ(ini->at("global").at("extra-index-url").text,
              "\nhttps://b.example\nhttps://c.example");
    EXPECT_EQ(ini->at("install").at("no-index").text, "yes");
    EXPECT_EQ(ini->at("install").at("find-links").text, "/srv");
    EXPECT_EQ(ini->at("install").at("empty").text, "");
}

TEST(Ini, SaysWhichLineIsWrong) {
    const auto check = [](const char* text, const char* part) {
        EXPECT_ERROR(parse_ini(text, "pip.conf"), "index/invalid-configuration", "`pip.conf`",
                     part);
    };
    check("a = b\n", "line 1 is in no section");
    check("[global]\n\nnonsense\n", "line 3 is not");
    check("[global]\n= value\n", "line 2 is not");
    check("[global\n", "line 1 has no");
}

}  // namespace
}  // namespace pycontainer::index
