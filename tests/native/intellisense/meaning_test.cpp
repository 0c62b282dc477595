#include "intellisense/meaning.hpp"

#include "project.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace pycontainer::intellisense {
namespace {

/// `file:line severity code`, one a line.
std::string found_in(const std::string& files) {
    TestProject project(files);
    const auto view = project.look();
    std::string text;
    if (!view) return "no project";
    for (const auto& diagnostic : diagnose_meaning(*view))
        text += fmt::format(
            "{}:{} {} {}\n", std::filesystem::path(diagnostic.file).filename().string(),
            diagnostic.range.start.line + 1, to_string(diagnostic.severity), diagnostic.code);
    return text;
}

std::string project_with(const std::string& configuration, const std::string& more = "") {
    return "//- pyproject.toml\n[project]\nname = \"shop\"\nversion = \"1\"\nrequires-python = "
           "\">=3.11,<3.13\"\n" +
           more + "//- shop/__init__.py\n//- shop/main.py\ndef run():\n    pass\n" +
           "//- app.py\nprint(1)\n//- pycontainer.toml\n" + configuration;
}

TEST(Meaning, IsSilentWithoutSettingsOfOurs) {
    EXPECT_EQ(found_in("//- pyproject.toml\n[project]\nname = \"a\"\ndependencies = [\"x\"]\n"),
              "");
}

TEST(Meaning, ChecksTheBaseImage) {
    EXPECT_EQ(found_in(project_with("[build]\nbase_image = \"python:3.12-slim\"\n")),
              "pycontainer.toml:2 hint config/unpinned-base\n");
    EXPECT_EQ(found_in(project_with("[build]\nbase_image = \"python\"\n")),
              "pycontainer.toml:2 warning config/unpinned-base\n");
    EXPECT_EQ(found_in(project_with(
                  "[build]\nbase_image = \"python:3.13@sha256:" + std::string(64, 'a') + "\"\n")),
              "pycontainer.toml:2 error base/python-mismatch\n");
    EXPECT_EQ(found_in(project_with("[build]\npython = \"3.11\"\nbase_image = "
                                    "\"ghcr.io/astral-sh/uv:python3.12-alpine\"\n")),
              "pycontainer.toml:3 error base/python-mismatch\n"
              "pycontainer.toml:3 hint config/unpinned-base\n");
}

TEST(Meaning, LooksForTheEntryPointInTheSources) {
    EXPECT_EQ(found_in(project_with("[build]\nentrypoint = \"uvicorn shop.main:run\"\n")), "");
    EXPECT_EQ(found_in(project_with("[build]\nentrypoint = [\"gunicorn\", \"shop.main:rnu\"]\n")),
              "pycontainer.toml:2 error project/entrypoint-not-found\n");
    EXPECT_EQ(found_in(project_with("[build]\nentrypoint = \"python -m shop.mian\"\n")),
              "pycontainer.toml:2 error project/entrypoint-not-found\n");
    EXPECT_EQ(found_in(project_with("[build]\nentrypoint = \"gunicorn celery.bin:main\"\n")), "");
}

constexpr const char* kUvLock = R"(
//- uv.lock
version = 1
revision = 3
requires-python = ">=3.11"
ENVIRONMENTS
[[package]]
name = "shop"
version = "1"
source = { virtual = "." }
dependencies = [{ name = "fast" }]
[package.metadata]
requires-dist = [{ name = "fast" }]
[[package]]
name = "fast"
version = "2.0"
source = { registry = "https://index.example/simple" }
SDIST
wheels = [
    { url = "https://index.example/fast-2.0-cp312-cp312-manylinux_2_17_x86_64.whl", hash = "sha256:HASH", size = 1 },
]
)";

std::string locked_project(const std::string& configuration, const std::string& environments = "",
                           const std::string& sdist = "") {
    auto lock = replace_all(kUvLock, "HASH", std::string(64, 'a'));
    lock = replace_all(replace_all(lock, "ENVIRONMENTS", environments), "SDIST", sdist);
    return "//- pyproject.toml\n[project]\nname = \"shop\"\nversion = \"1\"\nrequires-python = "
           "\">=3.11\"\ndependencies = [\"fast\"]\n//- app.py\nprint(1)\n" +
           std::string("//- pycontainer.toml\n") + configuration + lock;
}

TEST(Meaning, ChecksTheLockForEachPlatform) {
    const std::string base =
        "[build]\nbase_image = \"python:3.12@sha256:" + std::string(64, 'b') + "\"\n";
    EXPECT_EQ(found_in(locked_project(base)), "");
    EXPECT_EQ(found_in(locked_project(base + "platforms = [\"linux/amd64\", \"linux/arm64\"]\n")),
              "pycontainer.toml:3 error resolve/no-wheel\n");
    EXPECT_EQ(found_in(locked_project(
                  base + "platforms = [\"linux/arm64\"]\n", "",
                  "sdist = { url = \"https://index.example/fast-2.0.tar.gz\", hash = \"sha256:" +
                      std::string(64, 'c') + "\", size = 1 }")),
              "pycontainer.toml:3 warning resolve/no-wheel\n");
    EXPECT_EQ(found_in(locked_project(replace_all(base, "3.12", "3.11"))),
              "pycontainer.toml:2 error resolve/no-wheel\n");
    EXPECT_EQ(found_in(locked_project(base, "supported-markers = [\"sys_platform == 'darwin'\"]")),
              "pycontainer.toml:2 error resolve/unsupported-environment\n");
    EXPECT_EQ(found_in(locked_project(base + "lock = \"none.txt\"\n")),
              "pycontainer.toml:3 error resolve/lock-not-found\n");
}

TEST(Meaning, ChecksPaths) {
    EXPECT_EQ(found_in(project_with("[build]\ninclude = [\".env\", \"a/none\"]\n"
                                    "//- .env\nA=1\n")),
              "pycontainer.toml:2 warning config/secret-left-out\n"
              "pycontainer.toml:2 warning config/path-not-found\n");
}

TEST(Meaning, KnowsGroupsAndExtras) {
    const std::string tables =
        "[project.optional-dependencies]\nPost_Gres = []\n[dependency-groups]\nprod = []\n";
    EXPECT_EQ(
        found_in(project_with("[build]\nextras = [\"post-gres\"]\ngroups = [\"prod\"]\n", tables)),
        "");
    EXPECT_EQ(found_in(project_with("[build]\nextras = [\"mysql\"]\ngroups = [\"prd\"]\n", tables)),
              "pycontainer.toml:3 error resolve/unknown-group\n"
              "pycontainer.toml:2 error resolve/unknown-extra\n");
}

TEST(Meaning, WarnsOfWhatHarms) {
    EXPECT_EQ(found_in(project_with("[build]\nuser = \"root\"\n")),
              "pycontainer.toml:2 warning config/root-user\n");
    EXPECT_EQ(found_in(project_with("[build]\nports = [8080, 80]\n")),
              "pycontainer.toml:2 warning config/privileged-port\n");
    EXPECT_EQ(found_in(project_with("[build]\nworkdir = \"/opt/venv/x\"\n")),
              "pycontainer.toml:2 error config/reserved-workdir\n");
    EXPECT_EQ(
        found_in(project_with("[build.env]\nDB_PASSWORD = \"geheim\"\nDB_PASSWORD_FILE = "
                              "\"x\"\nAPI_TOKEN = \"/run/secrets/token\"\nHINT = \"ghp_x\"\n")),
        "pycontainer.toml:2 warning config/secret-in-image\n"
        "pycontainer.toml:5 warning config/secret-in-image\n");
    EXPECT_EQ(found_in(project_with("[build]\ninclude = [\"static/site.css\", \"*.css\"]\n")),
              "pycontainer.toml:2 warning config/path-not-found\n");
    EXPECT_EQ(found_in(project_with("[build]\nframework = \"flask\"\nentrypoint = \"x\"\n",
                                    "dependencies = [\"fastapi\"]\n//- requirements.txt\n"
                                    "fastapi==1.0\n")),
              "pycontainer.toml:2 warning config/framework-not-installed\n");
}

TEST(Meaning, FindsWhatIsSaidTwice) {
    EXPECT_EQ(found_in(project_with("[build]\ntags = [\"a\", \"b\", \"a:latest\"]\n")),
              "pycontainer.toml:2 warning config/duplicate-value\n");
    EXPECT_EQ(found_in(project_with("[build]\nworkdir = \"/srv\"\n",
                                    "[tool.pycontainer.build]\nworkdir = \"/x\"\nuser = \"a\"\n")),
              "pyproject.toml:6 info config/overridden\n");
}

TEST(Meaning, WatchesTheLock) {
    EXPECT_EQ(
        found_in(project_with("[build]\nworkdir = \"/srv\"\n", "dependencies = [\"fastapi\"]\n")),
        "pyproject.toml:5 info resolve/no-lock\n");
    const auto lock = [](const std::string& wanted) {
        constexpr const char* kText = R"(dependencies = ["attrs"]
//- uv.lock
version = 1
requires-python = ">=3.11"
[[package]]
name = "shop"
version = "1"
source = { editable = "." }
dependencies = [{ name = "WANTED" }]
[package.metadata]
requires-dist = [{ name = "WANTED" }]
[[package]]
name = "WANTED"
version = "1"
source = { registry = "https://index.example/simple" }
sdist = { url = "https://index.example/WANTED-1.tar.gz", hash = "sha256:HASH", size = 1 }
)";
        return replace_all(replace_all(kText, "WANTED", wanted), "HASH", std::string(64, 'a'));
    };
    EXPECT_EQ(found_in(project_with("[build]\nworkdir = \"/srv\"\n", lock("attrs"))), "");
    EXPECT_EQ(found_in(project_with("[build]\nworkdir = \"/srv\"\n", lock("other"))),
              "pyproject.toml:5 warning resolve/stale-lock\n");
}

}  // namespace
}  // namespace pycontainer::intellisense
