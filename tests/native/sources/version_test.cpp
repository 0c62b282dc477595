#include "sources/version.hpp"

#include "source_tree.hpp"

namespace pycontainer::sources {
namespace {

TEST(Version, IsReadFromPython) {
    const auto tree = pycontainer::testing::source_tree(
        "//- a.py\nimport x\n__version__: str = '1.2'\n//- scm.py\n__version__ = version = '2.0'\n"
        "//- line.py\n  __version__ = '0'\nVersion = 'v3.1'  # x\n//- no.py\n__version__ = f()\n");
    EXPECT_EQ(literal_in(tree, "a.py", "__version__"), "1.2");
    EXPECT_EQ(literal_in(tree, "scm.py", "__version__"), "2.0");
    EXPECT_EQ(literal_in(tree, "scm.py", "version"), "2.0");
    EXPECT_EQ(literal_in(tree, "no.py", "__version__"), std::nullopt);
    EXPECT_EQ(literal_in(tree, "none.py", "__version__"), std::nullopt);
    EXPECT_EQ(version_line_in(tree, "line.py"), "3.1");
    EXPECT_EQ(version_line_in(tree, "no.py"), std::nullopt);
}

TEST(Version, ComesFromWhatIsKnownBeforeATag) {
    EXPECT_EQ(version_from_vcs({.known = "1", .exact_tag = "v2"}, "a"), "1");
    EXPECT_EQ(version_from_vcs({.known = "", .exact_tag = "my-app-v2"}, "my-app"), "2");
    EXPECT_EQ(version_from_vcs({.known = "", .exact_tag = "nightly"}, "a"), std::nullopt);
    EXPECT_EQ(version_from_vcs({}, "a"), std::nullopt);
}

}  // namespace
}  // namespace pycontainer::sources
