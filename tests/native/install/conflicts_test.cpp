#include "install/conflicts.hpp"

#include "support/result_matchers.hpp"

#include <gtest/gtest.h>

namespace pycontainer::install {
namespace {

const std::string kSite = "opt/venv/lib/python3.11/site-packages/";

Scheme scheme() {
    Scheme result;
    result.python_minor = 11;
    result.lib_name = "python3.11";
    return result;
}

/// A wheel with files, each `path=content`; `path~content` declares a namespace.
PreparedWheel wheel(const std::string& name, const std::vector<std::string>& files) {
    PreparedWheel result;
    result.wheel.name = name;
    result.wheel.version = "1";
    std::vector<std::string> paths;
    for (const auto& text : files) {
        const auto cut = text.find_first_of("=~");
        InstalledFile file;
        file.path = text.substr(0, cut);
        file.digest = Digest::of(text.substr(cut + 1));
        file.declares_namespace = text[cut] == '~';
        paths.push_back(file.path);
        result.files.push_back(std::move(file));
    }
    result.directories = archive::missing_parents(paths);
    return result;
}

Result<FileConflicts> find(const std::vector<PreparedWheel>& wheels,
                           ConflictPolicy policy = ConflictPolicy::Error) {
    std::vector<WheelGroup> groups(1);
    for (std::size_t i = 0; i < wheels.size(); ++i) groups[0].wheels.push_back(i);
    return find_conflicts(wheels, groups, scheme(), policy);
}

TEST(Conflicts, EqualFilesAreNone) {
    const std::vector wheels = {wheel("a", {kSite + "ns/__init__.py=same", kSite + "ns/a.py=1"}),
                                wheel("b", {kSite + "ns/__init__.py=same", kSite + "ns/b.py=2"})};
    const auto found = find(wheels);
    ASSERT_OK(found);
    EXPECT_TRUE(found->warnings.empty());
    EXPECT_EQ(found->dropped[0].size(), 1U);
    EXPECT_TRUE(found->dropped[0].contains(kSite + "ns/__init__.py"));
    EXPECT_TRUE(found->dropped[1].empty());
}

TEST(Conflicts, NameEveryPairAndHowToGoOn) {
    const std::vector wheels = {
        wheel("a", {kSite + "cv2/x.py=1", kSite + "cv2/y.py=1", kSite + "jwt.py=1"}),
        wheel("b", {kSite + "cv2/x.py=2", kSite + "cv2/y.py=2"}), wheel("c", {kSite + "jwt.py=3"})};
    EXPECT_ERROR(find(wheels), "install/conflicting-files",
                 "a 1 and b 1 both have 2 files, such as `/" + kSite +
                     "cv2/x.py`, with different contents; a 1 and c 1 both have `/" + kSite +
                     "jwt.py`, with different contents",
                 "[build] conflicting_files = \"warn\"");
    const auto warned = find(wheels, ConflictPolicy::Warn);
    ASSERT_OK(warned);
    ASSERT_EQ(warned->warnings.size(), 2U);
    EXPECT_NE(warned->warnings[0].message.find("those of b are used"), std::string::npos);
    EXPECT_EQ(warned->dropped[0].size(), 3U);
}

TEST(Conflicts, AreNotListedWithoutEnd) {
    std::vector<PreparedWheel> wheels;
    for (int i = 0; i < 20; ++i)
        wheels.push_back(wheel(fmt::format("p{:02}", i), {kSite + fmt::format("x.py={}", i)}));
    EXPECT_ERROR(find(wheels), "install/conflicting-files", "14 more pairs");
}

TEST(Conflicts, InDifferentLayersKeepBothFiles) {
    const std::vector wheels = {wheel("a", {kSite + "x.py=1"}), wheel("b", {kSite + "x.py=2"})};
    const std::vector<WheelGroup> groups = {{{1}, true}, {{0}, true}};
    const auto found = find_conflicts(wheels, groups, scheme(), ConflictPolicy::Warn);
    ASSERT_OK(found);
    EXPECT_TRUE(found->dropped[0].empty());
    EXPECT_TRUE(found->dropped[1].empty());
    ASSERT_EQ(found->warnings.size(), 1U);  // the upper layer counts
    EXPECT_NE(found->warnings[0].message.find("that of a is used"), std::string::npos);
}

TEST(Conflicts, OfNoConsequenceAreWarnings) {
    for (const std::string& path : std::vector{
             kSite + "tests/__init__.py", kSite + "docs/conf.py", kSite + "examples/a/b.py",
             kSite + "LICENSE", kSite + "README.md", kSite + "setup.py", kSite + "CHANGELOG.rst",
             kSite + ".gitignore", std::string("opt/venv/bin/fastapi"),
             std::string("opt/venv/share/man/man1/x.1"),
             std::string("opt/venv/share/doc/x/index")}) {
        SCOPED_TRACE(path);
        EXPECT_TRUE(is_harmless_conflict(path, scheme()));
        const auto found = find({wheel("a", {path + "=1"}), wheel("b", {path + "=2"})});
        ASSERT_OK(found);
        ASSERT_EQ(found->warnings.size(), 1U);
        EXPECT_EQ(found->warnings[0].code, "install/conflicting-files");
    }
    for (const std::string& path :
         std::vector{kSite + "pkg/tests/__init__.py", kSite + "tests.py", kSite + "pkg/LICENSE",
                     kSite + "pkg/__init__.py", kSite + "licenser.py", kSite + "a.pth",
                     std::string("opt/venv/share/x"), std::string("opt/venv/lib/x"),
                     kSite + "testsuite/x.py"}) {
        SCOPED_TRACE(path);
        EXPECT_FALSE(is_harmless_conflict(path, scheme()));
        EXPECT_ERROR(find({wheel("a", {path + "=1"}), wheel("b", {path + "=2"})}),
                     "install/conflicting-files");
    }
}

TEST(Conflicts, DeclarationsOfANamespaceMayDiffer) {
    const auto init = kSite + "google/__init__.py";
    const auto found = find({wheel("a", {init + "~1"}), wheel("b", {init + "~2"})});
    ASSERT_OK(found);
    EXPECT_EQ(found->warnings.size(), 1U);
    EXPECT_ERROR(find({wheel("a", {init + "~1"}), wheel("b", {init + "=code"})}),
                 "install/conflicting-files", "google");
}

TEST(Conflicts, AFileIsNoDirectory) {
    EXPECT_ERROR(
        find({wheel("a", {kSite + "x=1"}), wheel("b", {kSite + "x/y=1"})}, ConflictPolicy::Warn),
        "install/conflicting-files", "a 1", "b 1", "site-packages/x");
}

TEST(Conflicts, PathsThatDifferByCaseAreWarnedOf) {
    const auto check = [](const std::vector<PreparedWheel>& wheels, const std::string& expected) {
        const auto found = find(wheels);
        ASSERT_OK(found);
        ASSERT_EQ(found->warnings.size(), expected.empty() ? 0U : 1U);
        if (expected.empty()) return;
        EXPECT_EQ(found->warnings[0].code, "install/case-conflict");
        EXPECT_NE(found->warnings[0].message.find(expected), std::string::npos)
            << found->warnings[0].message;
    };
    check({wheel("a", {kSite + "Foo.py=1"}), wheel("b", {kSite + "foo.py=1"})},
          "foo.py` and `/" + kSite + "Foo.py` differ only by case");
    check({wheel("a", {kSite + "FOO.py=1", kSite + "Foo.py=1"})}, "differ only by case");
    check({wheel("a", {kSite + "Pkg/a.py=1"}), wheel("b", {kSite + "pkg/b.py=1"})},
          "pkg` and `/" + kSite + "Pkg` differ");
    check({wheel("a", {kSite + "Pkg=1"}), wheel("b", {kSite + "pkg/b.py=1"})}, "differ");
    check({wheel("a", {kSite + "A.py=1", kSite + "B.py=1"}),
           wheel("b", {kSite + "a.py=1", kSite + "b.py=1"})},
          "and so do 1 other pairs");
    check({wheel("a", {kSite + "Pkg/a.py=1"}), wheel("b", {kSite + "Pkg/b.py=1"})}, "");
}

}  // namespace
}  // namespace pycontainer::install
