#include "source_tree.hpp"

#include "sources/backend.hpp"

namespace pycontainer::sources {
namespace {

using namespace pycontainer::testing;  // NOLINT(google-build-using-namespace)

std::string project(std::string_view more, std::string_view files) {
    return "//- pyproject.toml\n[build-system]\nbuild-backend = \"setuptools.build_meta\"\n"
           "[project]\nname = \"app\"\nversion = \"1.0\"\n" +
           std::string(more) + "\n" + std::string(files);
}
std::string with_cfg(std::string_view cfg, std::string_view files) {
    return "//- setup.cfg\n" + std::string(cfg) + "\n" + std::string(files);
}
constexpr std::string_view kTop = " app-1.0.dist-info/top_level.txt";

TEST(Setuptools, TakesModulesOfPackagesAndTyping) {
    check_wheel(project("",
                        "//- app/__init__.py\n//- app/py.typed\n//- app/a.pyi\n//- app/b.txt\n"
                        "//- app/sub/c.py\n//- tests/test_a.py\n"),
                "app-1.0.dist-info/top_level.txt app/__init__.py app/a.pyi app/py.typed "
                "app/sub/c.py");
    check_wheel(project("", "//- src/app/__init__.py\n//- src/m.py\n"),
                "app-1.0.dist-info/top_level.txt app/__init__.py m.py");
    check_wheel(project("[tool.setuptools]\npy-modules = [\"m\"]\n", "//- m.py\n//- n.py\n"),
                "app-1.0.dist-info/top_level.txt m.py");
}

TEST(Setuptools, TakesPackageData) {
    constexpr std::string_view kFiles =
        "//- app/__init__.py\n//- app/a.json\n//- app/.hidden.json\n//- app/data/b.json\n"
        "//- app/data/c.txt\n";
    const auto with = [&](std::string_view settings) {
        return project("[tool.setuptools]\npackages = [\"app\"]\n" + std::string(settings), kFiles);
    };
    check_wheel(with(""), "app-1.0.dist-info/top_level.txt app/__init__.py");
    check_wheel(with("[tool.setuptools.package-data]\napp = [\"*.json\"]"),
                "app-1.0.dist-info/top_level.txt app/__init__.py app/a.json");
    check_wheel(with("[tool.setuptools.package-data]\n\"*\" = [\"**/*.json\", \"data/*\"]"),
                "app-1.0.dist-info/top_level.txt app/__init__.py app/a.json app/data/b.json "
                "app/data/c.txt");
    check_wheel(with("[tool.setuptools.package-data]\napp = [\"data/*\"]\n"
                     "[tool.setuptools.exclude-package-data]\napp = [\"*.txt\"]"),
                "app-1.0.dist-info/top_level.txt app/__init__.py app/data/b.json");
}

TEST(Setuptools, TakesWhatTheManifestNames) {
    constexpr std::string_view kFiles =
        "//- MANIFEST.in\ngraft app\nglobal-exclude *.log\n//- app/__init__.py\n//- app/a.json\n"
        "//- app/b.log\n//- app/deep/x.py\n";
    check_wheel(project("[tool.setuptools]\npackages = [\"app\"]\n", kFiles),
                "app-1.0.dist-info/top_level.txt app/__init__.py app/a.json app/deep/x.py");
    check_wheel(
        project("[tool.setuptools]\npackages = [\"app\"]\ninclude-package-data = false\n", kFiles),
        "app-1.0.dist-info/top_level.txt app/__init__.py");
    check_wheel(project("[tool.setuptools]\npackages = [\"app\"]\n",
                        "//- app.egg-info/SOURCES.txt\napp/a.json\ngone.txt\n//- "
                        "app/__init__.py\n//- app/a.json\n"),
                "app-1.0.dist-info/top_level.txt app/__init__.py app/a.json");
}

TEST(Setuptools, ReadsSetupCfg) {
    constexpr std::string_view kCfg =
        "[metadata]\nname = app\nversion = attr: app.__version__\n[options]\npackages = find:\n"
        "package_dir =\n    =src\npython_requires = >=3.8\ninstall_requires =\n    requests>=2\n"
        "    # not this\n    idna; python_version < '3.9'\n[options.packages.find]\nwhere = src\n"
        "[options.extras_require]\nCLI_x = click\n[options.entry_points]\nconsole_scripts =\n"
        "    app = app:main\n[options.package_data]\n* = *.txt\n";
    const auto text = with_cfg(kCfg,
                               "//- src/app/__init__.py\n__version__ = '1.0'\n"
                               "//- src/app/a.txt\n//- src/n/no_package.py\n//- setup.py\n"
                               "from setuptools import setup\n\nsetup()\n");
    check_wheel(text, std::string(kTop.substr(1)) + " app/__init__.py app/a.txt");
    EXPECT_EQ(metadata_of(text),
              "Metadata-Version: 2.4\nName: app\nVersion: 1.0\nRequires-Python: >=3.8\n"
              "Requires-Dist: requests>=2\nRequires-Dist: idna; python_version < '3.9'\n"
              "Requires-Dist: click ; extra == 'cli-x'\nProvides-Extra: cli-x\n");
}

TEST(Setuptools, ReadsDynamicFieldsFromFiles) {
    const auto text =
        "//- pyproject.toml\n[build-system]\nbuild-backend = \"setuptools.build_meta\"\n[project]\n"
        "name = \"a\"\ndynamic = [\"version\", \"dependencies\", \"optional-dependencies\"]\n"
        "[tool.setuptools.dynamic]\nversion = {file = \"VERSION\"}\n"
        "dependencies = {file = [\"requirements.txt\"]}\n"
        "optional-dependencies.x = {file = \"x.txt\"}\n"
        "//- VERSION\n2.1\n//- requirements.txt\n# comment\nb>=1  # why\n\n//- x.txt\nc\n//- "
        "a.py\n";
    EXPECT_EQ(metadata_of(text),
              "Metadata-Version: 2.4\nName: a\nVersion: 2.1\nRequires-Dist: b>=1\n"
              "Requires-Dist: c ; extra == 'x'\nProvides-Extra: x\n");
}

TEST(Setuptools, RefusesWhatCodeDecides) {
    check_needs_build(project("", "//- setup.py\nfrom setuptools import setup\nsetup(name='x')\n"),
                      "`setup.py`");
    check_needs_build(project("[[tool.setuptools.ext-modules]]\nname = \"x\"\n", ""),
                      "extension modules");
    check_needs_build(project("[tool.setuptools.cmdclass]\nbuild_py = \"x.y\"\n", ""), "commands");
    check_needs_build(with_cfg("[metadata]\nname = a\nversion = attr: a.VERSION\n",
                               "//- a.py\nVERSION = compute()\n"),
                      "attr: a.VERSION");
    check_needs_build(with_cfg("[metadata]\nname = a\n[options]\nnamespace_packages = a\n", ""),
                      "namespaces");
}

TEST(Setuptools, TakesDataFilesAndScripts) {
    check_wheel(project("[tool.setuptools]\npackages = []\nscript-files = [\"bin/run\"]\n"
                        "[tool.setuptools.data-files]\n\"share/app\" = [\"data/*.json\"]\n",
                        "//- bin/run\n#!/usr/bin/python\n//- data/a.json\n//- LICENSE\n"),
                "app-1.0.data/data/share/app/a.json app-1.0.data/scripts/run "
                "app-1.0.dist-info/licenses/LICENSE app-1.0.dist-info/top_level.txt");
}

}  // namespace
}  // namespace pycontainer::sources
