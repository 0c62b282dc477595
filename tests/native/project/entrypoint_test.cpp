#include "project/entrypoint.hpp"

#include "detected_project.hpp"

#include "support/result_matchers.hpp"

#include <gtest/gtest.h>

namespace pycontainer::project {
namespace {

using pycontainer::testing::DetectedProject;

constexpr std::string_view kNamed = "//- pyproject.toml\n[project]\nname = \"My.Shop\"\n";

Result<Entrypoint> find(const std::string& files, std::vector<std::string> dependencies = {},
                        std::optional<std::vector<std::string>> configured = std::nullopt) {
    const DetectedProject project(files);
    auto request = project.request(std::move(dependencies));
    request.entrypoint = std::move(configured);
    auto facts = detect(request);
    if (!facts) return tl::unexpected(facts.error());
    return facts->entrypoint;
}

void check(const std::string& files, std::string_view argv, std::string_view evidence,
           std::vector<std::string> dependencies = {}) {
    SCOPED_TRACE(files);
    const auto entrypoint = find(files, std::move(dependencies));
    ASSERT_OK(entrypoint);
    EXPECT_EQ(pycontainer::testing::joined(entrypoint->argv), argv);
    EXPECT_EQ(entrypoint->evidence, evidence);
}

TEST(Entrypoint, FollowsTheDocumentedOrder) {
    const std::string file = "//- app.py\n//- main.py\n";
    const std::string package = file + "//- worker/__main__.py\n";
    const std::string framework =
        package + "//- api.py\nfrom fastapi import FastAPI\napp = FastAPI()\n";
    const std::string scripts =
        framework + std::string(kNamed) + "[project.scripts]\nserve = \"api:main\"\n";
    const std::vector<std::string> dependencies{"fastapi", "uvicorn"};
    check(file, "python app.py", "app.py", dependencies);
    check(package, "python -m worker", "worker/__main__.py", dependencies);
    check(framework, "uvicorn api:app --host 0.0.0.0 --port 8000",
          "FastAPI (api.py:2: app = FastAPI(…)), started by uvicorn", dependencies);
    check(scripts, "/opt/venv/bin/serve", "pyproject.toml:4: [project.scripts] serve",
          dependencies);
    const auto configured =
        find(scripts, dependencies,
             std::vector<std::string>{"uvicorn", "x:y", "--port", "81", "--host", "0.0.0.0"});
    ASSERT_OK(configured);
    EXPECT_EQ(configured->argv.at(1), "x:y");
    EXPECT_EQ(configured->ports.at(0).value, 81U);
    EXPECT_EQ(configured->console_scripts.size(), 1U);  // made all the same
}

TEST(Entrypoint, TakesTheScriptNamedLikeTheProject) {
    const std::string named(kNamed);
    check(named + "[project.scripts]\na = \"m:f\"\nmy-shop = \"m:g\"\n", "/opt/venv/bin/my-shop",
          "pyproject.toml:5: [project.scripts] my-shop");
    EXPECT_ERROR(find(named + "[project.scripts]\na = \"m:f\"\nb = \"m:g\"\n"),
                 "project/ambiguous-entrypoint", "`a`, `b`", "[build] entrypoint");
    check(named + "[tool.poetry.scripts]\nonly = \"m:f\"\n", "/opt/venv/bin/only",
          "pyproject.toml:4: [tool.poetry.scripts] only");
}

TEST(Entrypoint, RunsCommandsInScriptsAsTheyAre) {
    const auto entrypoint =
        find(std::string(kNamed) +
             "[project.scripts]\nmyapi = \"uvicorn app:app --host 0.0.0.0 --port 8080\"\n");
    ASSERT_OK(entrypoint);
    EXPECT_EQ(pycontainer::testing::joined(entrypoint->argv),
              "uvicorn app:app --host 0.0.0.0 --port 8080");
    EXPECT_EQ(entrypoint->ports, (std::vector<Fact<unsigned>>{{8080, "--port 8080"}}));
    EXPECT_TRUE(entrypoint->console_scripts.empty());
    EXPECT_TRUE(entrypoint->warnings.empty());
    EXPECT_EQ(pycontainer::testing::codes(entrypoint->notes),
              (std::vector<std::string>{"project/script-is-command"}));
    const auto variables =
        find(std::string(kNamed) +
             "[project.scripts]\na = \"uvicorn app:app --host 0.0.0.0 --port $PORT\"\n");
    EXPECT_EQ(pycontainer::testing::codes(variables->warnings),
              (std::vector<std::string>{"project/script-variables"}));
}

TEST(Entrypoint, RunsPackagesAndFiles) {
    check(std::string(kNamed) + "//- a/__main__.py\n//- my_shop/__main__.py\n", "python -m my_shop",
          "my_shop/__main__.py");
    check("//- src/pkg/__init__.py\n//- src/pkg/__main__.py\n//- tests/__main__.py\n",
          "python -m pkg", "src/pkg/__main__.py");
    EXPECT_ERROR(find("//- a/__main__.py\n//- b/__main__.py\n"), "project/ambiguous-entrypoint",
                 "`a`, `b`", "python -m a");
    check("//- main.py\n//- __main__.py\n", "python main.py", "main.py");
    check("//- __main__.py\n", "python __main__.py", "__main__.py");
    check("//- src/main.py\n", "python src/main.py", "src/main.py");
}

TEST(Entrypoint, SaysHowToNameOne) {
    EXPECT_ERROR(find("//- lib.py\n"), "project/no-entrypoint", "nothing was found",
                 "[build] entrypoint", "__main__.py");
    EXPECT_ERROR(find("//- lib.py\n", {"fastapi"}), "project/no-entrypoint",
                 "FastAPI is among the dependencies");
}

}  // namespace
}  // namespace pycontainer::project
