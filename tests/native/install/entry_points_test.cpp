#include "install/entry_points.hpp"

#include "support/result_matchers.hpp"

#include <gtest/gtest.h>

namespace pycontainer::install {
namespace {

Scheme scheme() {
    Scheme result;
    result.python_minor = 11;
    result.lib_name = "python3.11";
    result.machine = "x86_64";
    return result;
}

TEST(EntryPoints, ReadsScriptsOnly) {
    const auto found = parse_entry_points(
        "# comment\n"
        "[console_scripts]\n"
        "tool = demo.cli:main\n"
        "Other=demo:App.run [extra]\n"
        "; comment\n"
        "[pytest11]\n"
        "plugin = demo.plugin\n"
        "[gui_scripts]\r\n"
        "window = demo.gui : start\r\n",
        "demo");
    ASSERT_OK(found);
    EXPECT_EQ(*found, (std::vector<EntryPoint>{{"tool", "demo.cli", "main"},
                                               {"Other", "demo", "App.run"},
                                               {"window", "demo.gui", "start"}}));
}

TEST(EntryPoints, RefusesWhatWouldBecomeOtherCode) {
    for (const std::string line :
         {"tool = demo", "tool = demo:", "tool = :main", "tool = demo:main()",
          "tool = os;import x:main", "tool = a b:main", "tool = 1a:main", "no equals",
          "../x = demo:main", "a/b = demo:main", " = demo:main"}) {
        SCOPED_TRACE(line);
        EXPECT_ERROR(parse_entry_points("[console_scripts]\n" + line + "\n", "demo 1.0"),
                     "wheel/invalid", "demo 1.0");
    }
}

TEST(EntryPoints, KnowsNamesThatBelongToTheEnvironment) {
    for (const auto* name : {"python", "python3", "python3.11", "python3.13t", "pythonw", "pypy3",
                             "activate", "activate.fish", "deactivate"})
        EXPECT_TRUE(is_reserved_script_name(name)) << name;
    for (const auto* name : {"python-argcomplete", "pythonic", "pip3", "uvicorn",
                             "activate-global-python-argcomplete"})
        EXPECT_FALSE(is_reserved_script_name(name)) << name;
}

TEST(EntryPoints, MakesLaunchers) {
    EXPECT_EQ(launcher(scheme(), {"tool", "demo.cli", "App.run"}),
              "#!/opt/venv/bin/python\n"
              "import sys\n"
              "from demo.cli import App\n"
              "if __name__ == \"__main__\":\n"
              "    sys.exit(App.run())\n");
    const std::vector<EntryPoint> one = {{"tool", "demo.cli", "main"}};
    const auto files = console_scripts(scheme(), one);
    ASSERT_EQ(files.size(), 1U);
    EXPECT_EQ(files[0].path, "opt/venv/bin/tool");
    EXPECT_EQ(files[0].mode, 0755U);
    EXPECT_EQ(files[0].mtime, kInstallTime);
}

TEST(EntryPoints, ObjectReferencesAreNotCommands) {
    EXPECT_TRUE(parse_object_reference("a", "pkg.mod:func"));
    EXPECT_TRUE(parse_object_reference("a", " caf\xc3\xa9:f "));
    EXPECT_FALSE(parse_object_reference("a", "uvicorn app:app --host 0.0.0.0"));
    EXPECT_FALSE(parse_object_reference("a", "python -m app"));
}

}  // namespace
}  // namespace pycontainer::install
