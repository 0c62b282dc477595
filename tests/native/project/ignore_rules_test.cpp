#include "project/ignore_rules.hpp"

#include <gtest/gtest.h>

namespace pycontainer::project {
namespace {

enum class Says { Ignored, Kept, Nothing };

void check(std::string_view rules, std::string_view path, Says expected) {
    SCOPED_TRACE(std::string(rules) + " | " + std::string(path));
    const bool directory = path.ends_with('/');
    if (directory) path.remove_suffix(1);
    const auto verdict = GitIgnore(rules, ".gitignore")
                             .verdict(path, directory ? EntryKind::Directory : EntryKind::Other);
    EXPECT_EQ(!verdict ? Says::Nothing : *verdict ? Says::Ignored : Says::Kept, expected);
}

TEST(GitIgnore, FitsNamesAnywhereAndPathsFromItsDirectory) {
    check("foo", "foo", Says::Ignored);
    check("foo", "a/b/foo", Says::Ignored);
    check("foo", "foobar", Says::Nothing);
    check("/foo", "foo", Says::Ignored);
    check("/foo", "a/foo", Says::Nothing);
    check("a/foo", "a/foo", Says::Ignored);
    check("a/foo", "b/a/foo", Says::Nothing);
    check("**/a/foo", "b/a/foo", Says::Ignored);
    check("*.log", "deep/down/x.log", Says::Ignored);
    check("doc/*.txt", "doc/a.txt", Says::Ignored);
    check("doc/*.txt", "doc/server/a.txt", Says::Nothing);
}

TEST(GitIgnore, TakesAFinalSlashForDirectoriesOnly) {
    check("foo/", "foo/", Says::Ignored);
    check("foo/", "a/foo/", Says::Ignored);
    check("foo/", "foo", Says::Nothing);
    check("/foo/", "a/foo/", Says::Nothing);
}

TEST(GitIgnore, LetsTheLastRuleDecide) {
    check("*.log\n!keep.log", "keep.log", Says::Kept);
    check("!keep.log\n*.log", "keep.log", Says::Ignored);
    check("/*\n!/src", "src/", Says::Kept);
    check("/*\n!/src", "src/x", Says::Nothing);
}

TEST(GitIgnore, ReadsTheSyntaxOfTheFile) {
    check("# foo\nbar", "# foo", Says::Nothing);
    check("\\#foo", "#foo", Says::Ignored);
    check("\\!foo", "!foo", Says::Ignored);
    check("foo   ", "foo", Says::Ignored);
    check("foo\\ ", "foo ", Says::Ignored);
    check("foo\r\nbar\r\n", "bar", Says::Ignored);
    check(
        "\xEF\xBB\xBF"
        "foo",
        "foo", Says::Ignored);
    check(" foo", "foo", Says::Nothing);
    check("\n\n/\n!\n", "anything", Says::Nothing);
}

void check_docker(std::string_view rules, std::initializer_list<std::string_view> ignored,
                  std::initializer_list<std::string_view> kept) {
    SCOPED_TRACE(rules);
    const DockerIgnore file(rules);
    const auto is_ignored = [&file](std::string_view path) {
        DockerIgnore::Fits fits;
        for (std::size_t end = path.find('/');; end = path.find('/', end + 1)) {
            fits = file.fits(path.substr(0, end), fits);
            if (end == std::string_view::npos) return file.is_ignored(fits);
        }
    };
    for (const auto path : ignored) EXPECT_TRUE(is_ignored(path)) << path;
    for (const auto path : kept) EXPECT_FALSE(is_ignored(path)) << path;
}

TEST(DockerIgnore, FitsPathsFromTheRoot) {
    check_docker("foo", {"foo", "foo/a/b"}, {"a/foo", "foob"});
    check_docker("/foo", {"foo"}, {"a/foo"});
    check_docker("*/temp*", {"a/temp", "a/temporary/x"}, {"temp", "a/b/temp"});
    check_docker("**/*.log", {"a.log", "d/e/a.log"}, {"a.txt"});
    check_docker("./foo/", {"foo/x"}, {"bar"});
    check_docker("a/../b//c", {"b/c/d"}, {"a", "b"});
    check_docker("*.md\n!README.md", {"CHANGES.md"}, {"README.md", "docs/CHANGES.md"});
}

TEST(DockerIgnore, BringsFilesBackFromIgnoredDirectories) {
    check_docker("docs\n!docs/README.md", {"docs", "docs/a.md"}, {"docs/README.md"});
    check_docker("*\n!src\n!pyproject.toml", {"tests", "tests/a.py", "README.md"},
                 {"src", "src/a/b.py", "pyproject.toml"});
    check_docker("*\n!src\nsrc/secret", {"src/secret/a"}, {"src/a"});
    check_docker("**\n!app/**", {"x/y", "app"}, {"app/a", "app/b/c"});
    EXPECT_TRUE(DockerIgnore("docs\n!docs/README.md").may_bring_back_below("docs"));
    EXPECT_FALSE(DockerIgnore("docs\n!src/README.md").may_bring_back_below("docs"));
}

TEST(DockerIgnore, ReadsTheSyntaxOfTheFile) {
    check_docker("#foo\n  bar  \n! bar/x\n\n.\n/\n", {"bar", "bar/y"}, {"#foo", "bar/x", "baz"});
}

}  // namespace
}  // namespace pycontainer::project
