#include "archive/file_entry.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace pycontainer::archive {
namespace {

TEST(FileEntry, SortsADirectoryRightBeforeWhatIsInIt) {
    std::vector<std::string> paths = {"a.b", "a/c", "a", "a-b", "a/b/c", "a/b", "\xc3\xa9", "z"};
    std::sort(paths.begin(), paths.end(), path_less);
    EXPECT_EQ(paths, (std::vector<std::string>{"a", "a/b", "a/b/c", "a/c", "a-b", "a.b", "z",
                                               "\xc3\xa9"}));
}

TEST(FileEntry, FindsTheParentsThatAreMissing) {
    EXPECT_EQ(missing_parents({"a/b/c", "a/b/d", "x", "q/r"}),
              (std::vector<std::string>{"a", "a/b", "q"}));
    EXPECT_EQ(missing_parents({"a", "a/b/c"}), (std::vector<std::string>{"a/b"}));
    EXPECT_TRUE(missing_parents({}).empty());
}

TEST(FileEntry, KnowsTheSizeOfGivenText) {
    const auto entry = text_entry("a", "hello", 7, 0755);
    EXPECT_EQ(entry.size, 5U);
    EXPECT_EQ(entry.mode, 0755U);
    EXPECT_EQ(directory_entry("d", 7).type, FileEntry::Type::Directory);
    EXPECT_EQ(symlink_entry("l", "../t", 7).link, "../t");
}

}  // namespace
}  // namespace pycontainer::archive
