#include "packaging/names.hpp"

#include <gtest/gtest.h>

namespace pycontainer::packaging {
namespace {

TEST(NormalizeName, MakesOneSpellingOfAll) {
    const std::pair<const char*, const char*> rows[] = {
        {"Friendly-Bard", "friendly-bard"},   {"friendly.bard", "friendly-bard"},
        {"friendly_bard", "friendly-bard"},   {"FRIENDLY--.bard", "friendly-bard"},
        {"zope.interface", "zope-interface"}, {"", ""},
    };
    for (const auto& [text, normalized] : rows) EXPECT_EQ(normalize_name(text), normalized) << text;
}

TEST(IsValidName, WantsALetterOrDigitAtBothEnds) {
    for (const char* name : {"a", "A1", "a.b-c_d", "0"}) EXPECT_TRUE(is_valid_name(name)) << name;
    for (const char* name : {"", "-a", "a-", "_a", "a_", "a b", "a/b", "\xc3\xbc", "a\n"})
        EXPECT_FALSE(is_valid_name(name)) << name;
}

}  // namespace
}  // namespace pycontainer::packaging
