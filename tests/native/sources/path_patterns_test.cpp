#include "sources/path_patterns.hpp"

#include "source_tree.hpp"

namespace pycontainer::sources {
namespace {

TEST(PathPatterns, TheLastThatFitsDecides) {
    const auto check = [](const std::vector<std::string>& patterns, std::string_view path,
                          bool expected) {
        EXPECT_EQ(PathPatterns(patterns).matches(path), expected) << path;
    };
    check({"*.py"}, "a/b.py", true);
    check({"/a"}, "a/b.py", true);
    check({"a/"}, "x/a/b", true);
    check({"a/"}, "a", false);
    check({"*.py", "!b.py"}, "a/b.py", false);
    check({"!b.py", "*.py"}, "a/b.py", true);
    check({}, "a", false);
}

TEST(PathGlob, MatchesAsPythonsGlob) {
    const auto check = [](std::string_view pattern, std::string_view path, bool expected,
                          Hidden hidden = Hidden::No) {
        EXPECT_EQ(PathGlob(pattern, hidden).matches(path), expected) << pattern << " " << path;
    };
    check("a/*.txt", "a/b.txt", true);
    check("a/*.txt", "a/c/b.txt", false);
    check("a/**/*.txt", "a/b.txt", true);
    check("a/**/*.txt", "a/c/d/b.txt", true);
    check("a/**", "a/c/d", true);
    check("./a//[bc].?", "a/b.x", true);
    check("*", ".hidden", false);
    check("*", ".hidden", true, Hidden::Yes);
    check(".h*", ".hidden", true);
    check("**/x", ".git/x", false);
    check("a", "a/b", false);
    EXPECT_TRUE(PathGlob("a").matches_parent("a/b"));
    EXPECT_FALSE(PathGlob("b").matches_parent("a/b/c") && PathGlob("c").matches("a/b/c"));
}

TEST(PathPatterns, MatchNamesAsFnmatch) {
    EXPECT_TRUE(fnmatches("a*", "a/b/c"));
    EXPECT_TRUE(fnmatches("*.tests", "a.b.tests"));
    EXPECT_FALSE(fnmatches("*.tests", "a.tests.b"));
    EXPECT_TRUE(fnmatches("a/*.txt", "a/b/c.txt"));
}

TEST(VcsIgnored, FollowsIgnoreFilesOfDirectories) {
    const auto tree = pycontainer::testing::source_tree(
        "//- .gitignore\n*.log\nbuild/\n//- a/.gitignore\n!keep.log\n/only\n//- a/keep.log\n"
        "//- a/x.log\n//- a/only\n//- a/b/only\n//- build/keep\n");
    const VcsIgnored ignored(tree);
    EXPECT_FALSE(ignored.is_ignored("a/keep.log"));
    EXPECT_TRUE(ignored.is_ignored("a/x.log"));
    EXPECT_TRUE(ignored.is_ignored("a/only"));
    EXPECT_FALSE(ignored.is_ignored("a/b/only"));
    EXPECT_TRUE(ignored.is_ignored("build/keep"));
}

}  // namespace
}  // namespace pycontainer::sources
