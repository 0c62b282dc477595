#include "project/detect.hpp"

#include "detected_project.hpp"

#include "support/result_matchers.hpp"

#include <gtest/gtest.h>

namespace pycontainer::project {
namespace {

using pycontainer::testing::DetectedProject;

TEST(DetectPython, TakesTheLocksWordWhereTheProjectSaysNothing) {
    const PythonConstraint locked{{"==3.13.*", "Pipfile.lock: python_version"}};
    const auto choose = [&](std::string_view pyproject) {
        const DetectedProject project("//- pyproject.toml\n" + std::string(pyproject));
        return detect_python(project.path(), project.pyproject(), std::nullopt, locked);
    };
    EXPECT_EQ(choose("[project]\nname = \"x\"\n")->minor, "3.13");
    EXPECT_NE(choose("")->evidence.find("Pipfile.lock: python_version"), std::string::npos);
    EXPECT_EQ(choose("[project]\nrequires-python = \">=3.12\"\n")->minor, "3.12");
    EXPECT_EQ(choose("[tool.poetry.dependencies]\npython = \"^3.12\"\n")->minor, "3.12");
}

TEST(Detect, TellsAllAboutAProject) {
    const DetectedProject project(
        "//- pyproject.toml\n[project]\nname = \"myapi\"\nversion = \"0.1.0\"\nrequires-python = "
        "\">=3.11\"\n[project.scripts]\nmyapi = \"uvicorn app:app --host 0.0.0.0 --port "
        "8080\"\n//- app.py\n");
    const auto facts = detect(project.request({"fastapi", "uvicorn"}));
    ASSERT_OK(facts);
    EXPECT_EQ(facts->python.minor, "3.11");
    EXPECT_EQ(facts->python.evidence,
              "the oldest supported release that fits `>=3.11` (pyproject.toml:4: [project] "
              "requires-python)");
    EXPECT_FALSE(facts->identity.has_build_system);
    EXPECT_TRUE(facts->warnings.empty());
    const auto json = to_json(*facts);
    EXPECT_EQ(json["name"]["value"], "myapi");
    EXPECT_EQ(json["version"]["evidence"], "pyproject.toml:3: [project] version");
    EXPECT_EQ(json["python"]["candidates"][0], "3.11");
    EXPECT_EQ(json["entrypoint"]["value"][0], "uvicorn");
    EXPECT_EQ(json["ports"][0]["value"], 8080);
    EXPECT_EQ(json["layout"]["value"], "flat");
    EXPECT_EQ(json["build_system"], false);
}

TEST(Detect, MakesTheApplicationsDirectoryImportable) {
    const DetectedProject project(
        "//- my-api/main.py\nfrom fastapi import FastAPI\napp = FastAPI()\n");
    const auto facts = detect(project.request({"fastapi", "uvicorn"}));
    ASSERT_OK(facts);
    EXPECT_EQ(facts->layout.import_roots, (std::vector<std::string>{"", "my-api"}));
    EXPECT_EQ(facts->entrypoint.framework->value, "FastAPI");
}

TEST(Detect, WorksWithoutPyproject) {
    const DetectedProject project("//- main.py\n");
    const auto facts = detect(project.request());
    ASSERT_OK(facts);
    EXPECT_EQ(facts->python.evidence, "the oldest supported release (no `requires-python`)");
    EXPECT_EQ(pycontainer::testing::joined(facts->entrypoint.argv), "python main.py");
}

TEST(Detect, ReadsPoetrysPython) {
    const DetectedProject project(
        "//- pyproject.toml\n[tool.poetry]\nname = \"a\"\nversion = "
        "\"1\"\n[tool.poetry.dependencies]\npython = \"^3.12\"\n//- main.py\n");
    EXPECT_EQ(detect(project.request())->python.minor, "3.12");
}

TEST(Detect, SurvivesValuesOfTheWrongType) {
    const DetectedProject project(
        "//- pyproject.toml\nbuild-system = 1\n[project]\nname = 1\nversion = []\nrequires-python "
        "= {}\nscripts = [1]\nurls = \"x\"\nauthors = [1, {name = 2}]\ndynamic = \"version\"\n"
        "dependencies = [1]\n[tool]\nsetuptools = 3\npoetry = {packages = [1], scripts = {a = "
        "1}}\n//- main.py\n");
    const auto facts = detect(project.request());
    ASSERT_OK(facts);
    EXPECT_EQ(pycontainer::testing::joined(facts->entrypoint.argv), "python main.py");
    EXPECT_FALSE(make_dist_info(facts->identity, project.pyproject(), {}).metadata.empty());
}

TEST(Detect, CollectsTheWarningsOfAllParts) {
    const DetectedProject project(
        "//- .python-version\n3.9\n//- out -> /etc\n//- app.py\nfrom flask import Flask\napp = "
        "Flask(__name__)\n");
    const auto facts = detect(project.request({"flask"}));
    ASSERT_OK(facts);
    EXPECT_EQ(pycontainer::testing::codes(facts->warnings),
              (std::vector<std::string>{"project/link-escapes", "project/python-ended",
                                        "project/development-server"}));
}

}  // namespace
}  // namespace pycontainer::project
