#include "schema/pattern.hpp"

#include <gtest/gtest.h>

#include <string>

namespace pycontainer::schema {
namespace {

void check(std::string_view pattern, std::string_view text, bool expected) {
    SCOPED_TRACE(testing::Message() << pattern << " on " << text);
    const auto compiled = Pattern::compile(pattern);
    ASSERT_TRUE(compiled.has_value());
    EXPECT_EQ(compiled->matches(text), expected);
}

TEST(Pattern, MatchesAnywhereUnlessAnchored) {
    check("b", "abc", true);
    check("^b", "abc", false);
    check("c$", "abc", true);
    check("^abc$", "abc", true);
    check("^abc$", "abcd", false);
    check("", "", true);
    check("", "x", true);
    check("^$", "x", false);
}

TEST(Pattern, Repeats) {
    check("^a?b+c*$", "b", true);
    check("^a?b+c*$", "abbcc", true);
    check("^a?b+c*$", "ac", false);
    check("^a{2}$", "aa", true);
    check("^a{2}$", "aaa", false);
    check("^[0-9]{1,3}$", "", false);
    check("^[0-9]{1,3}$", "123", true);
    check("^[0-9]{1,3}$", "1234", false);
    check("^(ab){0,2}$", "abab", true);
    check("^(ab){0,2}$", "aba", false);
}

TEST(Pattern, KnowsClassesGroupsAndEscapes) {
    check("^[A-Za-z_][A-Za-z0-9_]*$", "_A9", true);
    check("^[A-Za-z_][A-Za-z0-9_]*$", "9A", false);
    check("^[^/]+$", "a/b", false);
    check("^[a.-]+$", "a.-", true);
    check("^(tcp|udp|)$", "udp", true);
    check("^(tcp|udp|)$", "", true);
    check("^(tcp|udp)$", "tcpudp", false);
    check("^3\\.\\d+$", "3.11", true);
    check("^3\\.\\d+$", "3x11", false);
    check("^\\w+\\s\\[$", "ab [", true);
    check("^a|b$", "ax", true);
    check("^.$", "\n", false);
}

TEST(Pattern, TakesLinearTime) {
    check("^(a*)*(a|aa)+$", std::string(20'000, 'a') + "b", false);
    check("(x+x+)+y", std::string(20'000, 'x'), false);
}

TEST(Pattern, RefusesWhatItDoesNotKnow) {
    for (const auto* text : {"(", ")", "a)", "[a", "a{", "a{2", "a{3,1}", "a{1000}", "*", "a**b\\",
                             "\\q", "(?i)a", "{2}"})
        EXPECT_FALSE(Pattern::compile(text).has_value()) << text;
    EXPECT_FALSE(Pattern::compile(std::string(100, '(') + std::string(100, ')')).has_value());
}

}  // namespace
}  // namespace pycontainer::schema
