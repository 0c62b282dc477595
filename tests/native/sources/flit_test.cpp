#include "source_tree.hpp"

#include "sources/backend.hpp"

namespace pycontainer::sources {
namespace {

using namespace pycontainer::testing;  // NOLINT(google-build-using-namespace)

std::string project(std::string_view more, std::string_view files) {
    return "//- pyproject.toml\n[build-system]\nbuild-backend = \"flit_core.buildapi\"\n"
           "[project]\nname = \"my-app\"\n" +
           std::string(more) + "\n" + std::string(files);
}
constexpr std::string_view kDynamic = "dynamic = [\"version\", \"description\"]";

TEST(Flit, TakesOneModuleOrPackage) {
    check_wheel(project("version = \"1.0\"",
                        "//- my_app/__init__.py\n//- my_app/a/b.txt\n"
                        "//- my_app/__pycache__/c.txt\n//- other.py\n"),
                "my_app/__init__.py my_app/a/b.txt");
    check_wheel(project("version = \"1.0\"", "//- src/my_app.py\n"), "my_app.py");
    check_wheel(project("version = \"1.0\"\n[tool.flit.module]\nname = \"ns.x\"\n",
                        "//- ns/x/__init__.py\n//- ns/y.py\n"),
                "ns/x/__init__.py");
    EXPECT_ERROR(read_distribution(source_tree(
                     project("version = \"1.0\"", "//- my_app.py\n//- src/my_app.py\n"))),
                 "sources/file-not-found", "several");
    EXPECT_ERROR(read_distribution(source_tree(project("version = \"1.0\"", ""))),
                 "sources/file-not-found", "no file");
}

TEST(Flit, ReadsVersionAndSummaryOfTheModule) {
    EXPECT_EQ(metadata_of(project(kDynamic,
                                  "//- my_app.py\n# x\n\"\"\"\nDoes it.\n\nMore.\n\"\"\"\n"
                                  "__version__ = '1.2'\n")),
              "Metadata-Version: 2.4\nName: my-app\nVersion: 1.2\nSummary: Does it.\n");
    EXPECT_EQ(version_in(project(kDynamic,
                                 "//- my_app/__init__.py\n'''D.'''\nfrom .version import "
                                 "__version__\n//- my_app/version.py\n__version__ = "
                                 "\"3\"\n")),
              "3");
    check_needs_build(project(kDynamic, "//- my_app.py\n'''D'''\n__version__ = compute()\n"),
                      "__version__");
}

TEST(Flit, ReadsItsOlderTable) {
    const auto text =
        "//- pyproject.toml\n[build-system]\nbuild-backend = \"flit_core.buildapi\"\n"
        "[tool.flit.metadata]\nmodule = \"m\"\nauthor = \"Ada\"\nauthor-email = \"ada@x.example\"\n"
        "requires = [\"a>=1\"]\nrequires-python = \">=3.8\"\n[tool.flit.metadata.requires-extra]\n"
        "t = [\"b\"]\n[tool.flit.scripts]\nrun = \"m:main\"\n"
        "//- m.py\n'''Sums.'''\n__version__ = '1'\n";
    EXPECT_EQ(metadata_of(text),
              "Metadata-Version: 2.4\nName: m\nVersion: 1\nSummary: Sums.\n"
              "Author-email: Ada <ada@x.example>\nRequires-Python: >=3.8\nRequires-Dist: a>=1\n"
              "Requires-Dist: b ; extra == 't'\nProvides-Extra: t\n");
    const auto distribution = read_distribution(source_tree(text));
    ASSERT_OK(distribution);
    EXPECT_EQ(entry_points_text(distribution->metadata), "[console_scripts]\nrun = m:main\n");
}

TEST(Flit, TakesExternalData) {
    check_wheel(project("version = \"1.0\"\n[tool.flit.external-data]\ndirectory = \"data\"\n",
                        "//- my_app.py\n//- data/share/man/a.1\n"),
                "my_app-1.0.data/data/share/man/a.1 my_app.py");
}

}  // namespace
}  // namespace pycontainer::sources
