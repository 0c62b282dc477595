#include "sources/distribution.hpp"

#include "source_tree.hpp"

namespace pycontainer::sources {
namespace {

using namespace pycontainer::testing;  // NOLINT(google-build-using-namespace)

TEST(Distribution, HasItsMetadataFiles) {
    const auto distribution = read_distribution(source_tree(
        "//- pyproject.toml\n[build-system]\nbuild-backend = \"hatchling.build\"\n[project]\nname "
        "= "
        "\"a\"\nversion = \"v1.0-RC1\"\n[project.scripts]\nrun = \"a:main\"\n//- a.py\n"));
    ASSERT_OK(distribution);
    std::string paths;
    for (const auto& file : distribution->files) paths += file.path + " ";
    EXPECT_EQ(paths,
              "a-1.0rc1.dist-info/METADATA a-1.0rc1.dist-info/WHEEL "
              "a-1.0rc1.dist-info/entry_points.txt a.py ");
}

TEST(Distribution, IsRefusedWhenItsBackendHasToBeRun) {
    check_needs_build(
        "//- pyproject.toml\n[build-system]\nbuild-backend = \"maturin\"\n[project]\n"
        "name = \"a\"\n",
        "`maturin`");
    check_needs_build(
        "//- pyproject.toml\n[build-system]\nbuild-backend = \"hatchling.build\"\n"
        "backend-path = [\".\"]\n[project]\nname = \"a\"\n",
        "part of the project");
    check_needs_build(
        "//- pyproject.toml\n[build-system]\nbuild-backend = \"hatchling.build\"\n"
        "[project]\nname = \"a\"\nversion = \"1\"\ndynamic = [\"dependencies\"]\n"
        "//- a.py\n",
        "`dependencies`");
}

TEST(Distribution, SaysWhatIsWrongWithItsFiles) {
    EXPECT_ERROR(read_metadata(source_tree("//- a.py\n")), "sources/no-project");
    EXPECT_ERROR(read_metadata(source_tree("//- pyproject.toml\n[project\n")),
                 "sources/invalid-metadata", "line 1");
    const auto with = [](std::string_view table) {
        return read_metadata(
            source_tree("//- pyproject.toml\n[build-system]\nbuild-backend = "
                        "\"hatchling.build\"\n[project]\n" +
                        std::string(table) + "\n//- a.py\n"));
    };
    EXPECT_ERROR(with("version = \"1\""), "sources/invalid-metadata", "name");
    EXPECT_ERROR(with("name = \"a/b\""), "sources/invalid-metadata", "a/b");
    EXPECT_ERROR(with("name = \"a\"\nversion = \"one\""), "sources/invalid-metadata", "one");
    EXPECT_ERROR(with("name = \"a\"\nversion = \"1\"\ndependencies = [\"b >\"]"),
                 "sources/invalid-metadata", "b >");
}

TEST(Distribution, BelievesThePkgInfoOfAnSdist) {
    const auto metadata = read_metadata(source_tree(
        "//- pyproject.toml\n[build-system]\nbuild-backend = \"hatchling.build\"\n[project]\nname "
        "= "
        "\"a\"\ndynamic = [\"version\", \"dependencies\"]\n//- PKG-INFO\nMetadata-Version: 2.3\n"
        "Name: A\nVersion: 3.1\nRequires-Dist: b\nRequires-Dist: c; extra == 'x'\nProvides-Extra: "
        "x\n"));
    ASSERT_OK(metadata);
    EXPECT_EQ(metadata->version, "3.1");
    EXPECT_EQ(metadata->requires_dist(), (std::vector<std::string>{"b", "c; extra == 'x'"}));
    EXPECT_EQ(metadata->extras.count("x"), 1U);
}

}  // namespace
}  // namespace pycontainer::sources
