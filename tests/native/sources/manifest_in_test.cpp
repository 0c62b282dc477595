#include "sources/manifest_in.hpp"

#include "source_tree.hpp"

namespace pycontainer::sources {
namespace {

std::string applied(std::string_view manifest) {
    const auto tree = pycontainer::testing::source_tree(
        "//- README\n//- a/x.py\n//- a/x.txt\n//- a/b/y.txt\n//- c/z.txt\n//- c/.dot\n");
    std::set<std::string> files{"README"};
    apply_manifest(manifest, tree, files);
    std::string text;
    for (const auto& file : files) text += (text.empty() ? "" : " ") + file;
    return text;
}

TEST(ManifestIn, AppliesCommandsInOrder) {
    EXPECT_EQ(applied(""), "README");
    EXPECT_EQ(applied("include a/*.txt c/z.*\n"), "README a/x.txt c/z.txt");
    EXPECT_EQ(applied("recursive-include a *.txt\n"), "README a/b/y.txt a/x.txt");
    EXPECT_EQ(applied("global-include *.txt\nglobal-exclude z.*\n"), "README a/b/y.txt a/x.txt");
    EXPECT_EQ(applied("graft a\nprune a/b\n"), "README a/x.py a/x.txt");
    EXPECT_EQ(applied("graft c\nrecursive-exclude c .d*\nexclude README\n"), "c/z.txt");
}

TEST(ManifestIn, ReadsCommentsAndContinuations) {
    EXPECT_EQ(applied("# graft a\ninclude a/x.py \\\n  c/z.txt  # both\nnonsense here\ngraft\n"),
              "README a/x.py c/z.txt");
}

}  // namespace
}  // namespace pycontainer::sources
