#include "sources/tree.hpp"

#include "source_tree.hpp"

#include "project/project_fixture.hpp"
#include "support/test_context.hpp"

namespace pycontainer::sources {
namespace {

using pycontainer::testing::ProjectFixture;
using pycontainer::testing::source_tree;
using pycontainer::testing::TestContext;

TEST(Tree, FindsFilesAndDirectories) {
    const auto tree = source_tree("//- a/b/c\nx\n//- a-b/d\n//- a/b.txt\n//- e +x\n");
    EXPECT_TRUE(tree.has_file("a/b/c"));
    EXPECT_FALSE(tree.has_file("a/b"));
    EXPECT_TRUE(tree.has_directory("a/b"));
    EXPECT_EQ(tree.below("a").size(), 2U);
    EXPECT_EQ(tree.below("./a/b/").size(), 1U);
    EXPECT_EQ(tree.below("").size(), 4U);
    EXPECT_TRUE(tree.below("../x").empty());
    EXPECT_EQ(tree.directories_in(""), (std::vector<std::string>{"a", "a-b"}));
    EXPECT_EQ(tree.directories_in("a"), std::vector<std::string>{"b"});
    EXPECT_EQ(tree.read("a/b/c"), "x\n");
    EXPECT_EQ(tree.read("none"), std::nullopt);
    EXPECT_TRUE(tree.find("e")->executable);
    EXPECT_EQ(tree.subtree("a").files().front().path, "b.txt");
}

TEST(Tree, ReadsADirectoryWithoutWhatNeverBelongs) {
    const ProjectFixture project(
        "//- a.py +x\nx\n//- .gitignore\n*.log\n//- b.log\n//- .git/HEAD\n//- .env\nSECRET=1\n"
        "//- .venv/pyvenv.cfg\n//- link.py -> a.py\n//- out -> ../x\n//- loop -> loop\n");
    const TestContext test;
    const auto tree = Tree::read_directory(test.ctx, project.path());
    ASSERT_OK(tree);
    std::string paths;
    for (const auto& file : tree->files()) paths += file.path + " ";
    EXPECT_EQ(paths, ".gitignore a.py b.log link.py ");
    EXPECT_EQ(tree->read("link.py"), "x\n");
    EXPECT_TRUE(tree->find("link.py")->executable);
}

TEST(Tree, NormalizesPathsThatStayInside) {
    EXPECT_EQ(normalize_path("a/./b/../c/"), "a/c");
    EXPECT_EQ(normalize_path("."), "");
    EXPECT_EQ(normalize_path("a/../.."), std::nullopt);
    EXPECT_EQ(normalize_path("/a"), std::nullopt);
}

TEST(Tree, TheLastOfEqualPathsCounts) {
    const auto tree = source_tree("//- a\n1\n//- b\n//- a\n3\n");
    EXPECT_EQ(tree.files().size(), 2U);
    EXPECT_EQ(tree.read("a"), "3\n");
}

}  // namespace
}  // namespace pycontainer::sources
