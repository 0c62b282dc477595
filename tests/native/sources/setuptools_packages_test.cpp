#include "sources/setuptools_packages.hpp"

#include "source_tree.hpp"

namespace pycontainer::sources {
namespace {

using pycontainer::testing::source_tree;

std::string found(const std::string& files, const SetuptoolsSettings& settings = {}) {
    const auto packages = find_setuptools_packages(source_tree(files), settings);
    if (!packages) return packages.error().code;
    std::string text;
    for (const auto* all : {&packages->packages, &packages->py_modules})
        for (const auto& [name, place] : *all) text += name + "@" + place + " ";
    return text;
}

TEST(SetuptoolsPackages, DiscoversLayouts) {
    EXPECT_EQ(found("//- a/__init__.py\n//- a/b/c.py\n//- docs/x.py\n//- _x/y.py\n"),
              "a@a a.b@a/b ");
    EXPECT_EQ(found("//- src/a/x.py\n//- src/m.py\n//- b/__init__.py\n"), "a@src/a m@src/m.py ");
    EXPECT_EQ(found("//- m.py\n//- setup.py\n//- conftest.py\n"), "m@m.py ");
    EXPECT_EQ(found("//- a/__init__.py\n//- a-stubs/__init__.pyi\n"), "a@a a-stubs@a-stubs ");
    EXPECT_EQ(found("//- a/x.py\n//- b/x.py\n"), "sources/file-not-found");
    EXPECT_EQ(found("//- m.py\n//- n.py\n"), "sources/file-not-found");
    SetuptoolsSettings settings;
    settings.package_dir = {{"x", "lib"}};
    EXPECT_EQ(found("//- lib/__init__.py\n//- lib/y/z.py\n", settings), "x@lib x.y@lib/y ");
}

TEST(SetuptoolsPackages, FindsWithPatterns) {
    SetuptoolsSettings settings;
    auto& find = settings.find.emplace();
    constexpr const char* kFiles =
        "//- a/__init__.py\n//- a/tests/__init__.py\n//- n/x.py\n//- a/b/__init__.py\n";
    EXPECT_EQ(found(kFiles, settings), "a@a a.b@a/b a.tests@a/tests n@n ");
    find.namespaces = false;
    EXPECT_EQ(found(kFiles, settings), "a@a a.b@a/b a.tests@a/tests ");
    find.exclude = {"*.tests"};
    EXPECT_EQ(found(kFiles, settings), "a@a a.b@a/b ");
    find.include = {"a.b"};
    EXPECT_EQ(found(kFiles, settings), "a.b@a/b ");
    find = {};
    find.where = {"a"};
    EXPECT_EQ(found(kFiles, settings), "b@a/b tests@a/tests ");
}

TEST(SetuptoolsPackages, PlacesListedPackages) {
    SetuptoolsSettings settings;
    settings.packages = {{"a", "a.b", "c"}};
    settings.py_modules = {{"m"}};
    EXPECT_EQ(found("", settings), "a@a a.b@a/b c@c m@m.py ");
    settings.package_dir = {{"", "lib"}, {"a", "other"}};
    EXPECT_EQ(found("", settings), "a@other a.b@other/b c@lib/c m@lib/m.py ");
}

}  // namespace
}  // namespace pycontainer::sources
