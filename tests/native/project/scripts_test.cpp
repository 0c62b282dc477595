#include "project/scripts.hpp"

#include "detected_project.hpp"

#include "support/result_matchers.hpp"

#include <gtest/gtest.h>

namespace pycontainer::project {
namespace {

using pycontainer::testing::joined;

Result<Scripts> read(const std::string& toml) {
    const auto document = toml::parse(toml, "pyproject.toml");
    EXPECT_TRUE(document.diagnostics.empty()) << toml;
    return read_scripts(Pyproject(document.value, &document));
}

TEST(Scripts, TellsReferencesFromCommands) {
    const auto scripts = read(
        "[project.scripts]\nserve = \"uvicorn app:app --host '0.0.0.0'\"\napi = "
        "\"acme.api:main\"\ncls = \"acme.api:Main.run [extra]\"\nrun = \"python -m acme\"\n");
    ASSERT_OK(scripts);
    ASSERT_EQ(scripts->scripts.size(), 4U);
    EXPECT_EQ(joined(scripts->scripts[0].argv), "/opt/venv/bin/api");
    EXPECT_EQ(scripts->scripts[0].evidence, "pyproject.toml:3: [project.scripts] api");
    EXPECT_EQ(joined(scripts->scripts[2].argv), "python -m acme");
    EXPECT_EQ(joined(scripts->scripts[3].argv), "uvicorn app:app --host 0.0.0.0");
    EXPECT_EQ(
        scripts->console_scripts,
        (std::vector<ConsoleScript>{{"api", "acme.api", "main"}, {"cls", "acme.api", "Main.run"}}));
    EXPECT_EQ(pycontainer::testing::codes(scripts->notes),
              (std::vector<std::string>{"project/script-is-command", "project/script-is-command"}));
}

TEST(Scripts, ReadsPoetrysTableIfThereIsNoOther) {
    EXPECT_EQ(read("[tool.poetry.scripts]\na = \"m:f\"\nb = {reference = \"m:g\", type = "
                   "\"console\"}\nc = {reference = \"bin/c\", type = \"file\"}\n")
                  ->console_scripts,
              (std::vector<ConsoleScript>{{"a", "m", "f"}, {"b", "m", "g"}}));
    EXPECT_EQ(read("[project.scripts]\na = \"m:f\"\n[tool.poetry.scripts]\nb = \"m:f\"\n")
                  ->console_scripts.size(),
              1U);
    EXPECT_TRUE(read("")->scripts.empty());
    EXPECT_TRUE(read("[project]\nscripts = 1\n")->scripts.empty());
}

TEST(Scripts, TakesGuiScriptsAsScripts) {
    const auto scripts = read("[project.gui-scripts]\ng = \"m:f\"\n");
    EXPECT_TRUE(scripts->scripts.empty());
    EXPECT_EQ(scripts->console_scripts.size(), 1U);
}

TEST(Scripts, RefusesNamesThatWouldDoHarm) {
    for (const std::string name :
         {"../x", "a/b", "python", "python3", "python3.12", ".hidden", "-x", "a b", ""})
        EXPECT_ERROR(read("[project.scripts]\n\"" + name + "\" = \"m:f\"\n"),
                     "project/invalid-script", "name of a script");
    EXPECT_OK(read("[project.scripts]\npython-app = \"m:f\"\n"));
    EXPECT_ERROR(read("[project.scripts]\na = \"\"\n"), "project/invalid-script", "empty",
                 "pyproject.toml:2");
    EXPECT_ERROR(read("[project.scripts]\na = \"run 'x\"\n"), "project/invalid-script", "quotes");
}

TEST(Scripts, ParsesObjectReferences) {
    for (const auto* text : {"a:b", "a.b:c.d", " a : b ", "a:b [x,y]", "a:b[x]"})
        EXPECT_TRUE(parse_object_reference("n", text)) << text;
    for (const auto* text : {"a", "a:", ":b", "a b:c", "uvicorn a:b", "a:b --x", "a..b:c", "1a:b",
                             "a:b:c", "a-b:c", "./a:b"})
        EXPECT_FALSE(parse_object_reference("n", text)) << text;
}

}  // namespace
}  // namespace pycontainer::project
