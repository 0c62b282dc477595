#include "project/glob.hpp"

#include <gtest/gtest.h>

namespace pycontainer::project {
namespace {

void check(GlobDialect dialect, std::string_view pattern,
           std::initializer_list<std::string_view> fit,
           std::initializer_list<std::string_view> misfit) {
    SCOPED_TRACE(pattern);
    const Glob glob(pattern, dialect);
    for (const auto path : fit) EXPECT_TRUE(glob.matches(path)) << path;
    for (const auto path : misfit) EXPECT_FALSE(glob.matches(path)) << path;
}

TEST(Glob, StarAndQuestionMarkStayWithinAComponent) {
    for (const auto dialect : {GlobDialect::Git, GlobDialect::Docker}) {
        check(dialect, "*.log", {"a.log", ".log", "a.b.log"}, {"a.logs", "d/a.log", "log"});
        check(dialect, "a*c", {"ac", "abc", "abbc"}, {"a/c", "abd", "xac"});
        check(dialect, "a?c", {"abc"}, {"ac", "a/c", "abbc"});
        check(dialect, "src/*/x", {"src/a/x"}, {"src/x", "src/a/b/x"});
        check(dialect, "plain", {"plain"}, {"plain2", "a/plain", ""});
        check(dialect, "*", {"a", ".b"}, {"a/b"});
        check(dialect, "*a*b*c", {"abc", "xaxbxc", "aabbcc"}, {"acb", "ab", "a/bc"});
    }
}

TEST(Glob, TwoStarsCrossDirectories) {
    for (const auto dialect : {GlobDialect::Git, GlobDialect::Docker}) {
        check(dialect, "**/foo", {"foo", "a/foo", "a/b/foo"}, {"afoo", "a/bfoo", "foo/a"});
        check(dialect, "foo/**", {"foo/a", "foo/a/b"}, {"foo", "foob/a"});
        check(dialect, "a/**/b", {"a/b", "a/x/b", "a/x/y/b"}, {"a/xb", "ab", "a/b/c"});
        check(dialect, "**", {"a", "a/b"}, {});
        check(dialect, "**/*.py", {"a.py", "x/a.py"}, {"a.pyc"});
    }
    check(GlobDialect::Git, "a**b", {"ab", "axb"},
          {"a/b"});  // not a component of its own: an ordinary star
    check(GlobDialect::Docker, "a**", {"a", "ab", "a/b"}, {"ba"});
    check(GlobDialect::Docker, "a**b", {"ab", "ax/b"}, {"axb"});  // moby's expression is `a(.*/)?b`
}

TEST(Glob, KnowsCharacterClasses) {
    check(GlobDialect::Git, "*.py[cod]", {"a.pyc", "a.pyo", "a.pyd"}, {"a.py", "a.pyx", "a.py["});
    check(GlobDialect::Git, "[!a-c]x", {"dx", "-x"}, {"ax", "bx", "/x"});
    check(GlobDialect::Git, "[^a]", {"b"}, {"a", "/"});
    check(GlobDialect::Git, "[]]", {"]"}, {"["});
    check(GlobDialect::Git, "[a-]", {"a", "-"}, {"b"});
    check(GlobDialect::Git, "[\\]]", {"]"}, {"\\"});
    check(GlobDialect::Git, "[[:digit:]_]", {"1", "_"}, {"a", ":"});
    check(GlobDialect::Git, "[[:upper:]]*", {"README"}, {"readme"});
    check(GlobDialect::Docker, "[!a]", {"!", "a"}, {"b"});
}

TEST(Glob, EscapesWithBackslash) {
    check(GlobDialect::Git, "\\*.txt", {"*.txt"}, {"a.txt"});
    check(GlobDialect::Git, "a\\?b", {"a?b"}, {"axb"});
    check(GlobDialect::Git, "\\#x", {"#x"}, {"\\#x"});
}

TEST(Glob, NeverMatchesWhenBroken) {
    for (const auto* pattern : {"[abc", "a\\", "[", "[!", "[[:digit:]"})
        check(GlobDialect::Git, pattern, {}, {pattern, "a", "abc", "["});
    check(GlobDialect::Git, std::string(5000, 'a'), {}, {std::string(5000, 'a')});
}

TEST(Glob, CostsLittleForHostilePatterns) {
    std::string pattern;
    for (int i = 0; i < 300; ++i) pattern += "*a**/";
    EXPECT_FALSE(Glob(pattern + "b", GlobDialect::Docker).matches(std::string(3000, 'a')));
    EXPECT_FALSE(Glob("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", GlobDialect::Git)
                     .matches(std::string(3000, 'a')));
}

TEST(Glob, SaysWhereItMayMatch) {
    EXPECT_TRUE(Glob("gen/out/*.py", GlobDialect::Git).may_match_below("gen"));
    EXPECT_TRUE(Glob("gen/out/*.py", GlobDialect::Git).may_match_below("gen/out"));
    EXPECT_FALSE(Glob("gen/out/*.py", GlobDialect::Git).may_match_below("gen/other"));
    EXPECT_FALSE(Glob("gen", GlobDialect::Git).may_match_below("gen"));
    EXPECT_TRUE(Glob("gen/a", GlobDialect::Git).may_match_below("gen"));
    EXPECT_FALSE(Glob("gen/a", GlobDialect::Git).may_match_below("ge"));
    EXPECT_TRUE(Glob("**/a", GlobDialect::Git).may_match_below("x/y"));
}

}  // namespace
}  // namespace pycontainer::project
