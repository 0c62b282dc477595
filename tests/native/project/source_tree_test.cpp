#include "project/source_tree.hpp"

#include "project_fixture.hpp"

#include "support/result_matchers.hpp"
#include "support/test_context.hpp"

#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

namespace pycontainer::project {
namespace {

using pycontainer::testing::ProjectFixture;
using Paths = std::vector<std::string>;

SourceTree scan(const ProjectFixture& project, ScanRequest request = {}) {
    const pycontainer::testing::TestContext context;
    if (request.directory.empty()) request.directory = project.path();
    auto tree = scan_sources(context.ctx, request);
    EXPECT_OK(tree);
    return tree ? std::move(*tree) : SourceTree();
}

Paths paths(const SourceTree& tree) {
    Paths result;
    for (const auto& file : tree.files) result.push_back(file.path);
    return result;
}

void check(std::string_view project, const Paths& expected, ScanRequest request = {}) {
    const ProjectFixture fixture(project);
    EXPECT_EQ(paths(scan(fixture, std::move(request))), expected) << project;
}

bool warns(const SourceTree& tree, std::string_view code, std::string_view part) {
    for (const auto& warning : tree.warnings)
        if (warning.code == code && warning.message.find(part) != std::string::npos) return true;
    return false;
}

TEST(SourceTree, ListsFilesSortedWithTheirModes) {
    const ProjectFixture project("//- b/c.py\n//- b.py\n//- run.sh +x\nx\n//- empty/\n//- d/e/f\n");
    const auto tree = scan(project);
    EXPECT_EQ(paths(tree), (Paths{"b.py", "b/c.py", "d/e/f", "run.sh"}));
    EXPECT_EQ(tree.directories, (Paths{"b", "d", "d/e"}));
    EXPECT_TRUE(tree.find("run.sh")->executable);
    EXPECT_FALSE(tree.find("b.py")->executable);
    EXPECT_EQ(tree.find("run.sh")->size, 2U);
    EXPECT_EQ(tree.find("nothing"), nullptr);
    EXPECT_TRUE(tree.ignore_file.empty());
}

TEST(SourceTree, LeavesOutWhatNeverBelongsInAnImage) {
    const ProjectFixture project(
        "//- app.py\n//- .git/HEAD\n//- .venv/bin/x\n//- myenv/pyvenv.cfg\n//- myenv/lib/x\n//- "
        "conda/conda-meta/history\n"
        "//- a/__pycache__/a.pyc\n//- .env\n//- a/.env.local\n//- dist/image/index.json\n//- "
        "build/x\n//- a/build/y\n//- key.pem\n-----BEGIN PRIVATE KEY-----\n"
        "//- ca.pem\n-----BEGIN CERTIFICATE-----\n");
    const auto tree = scan(project);
    EXPECT_EQ(paths(tree), (Paths{"a/build/y", "app.py", "ca.pem"}));
    EXPECT_EQ(tree.secrets, (Paths{".env", "a/.env.local", "key.pem"}));
    EXPECT_EQ(tree.ignored, (std::vector<Ignored>{{".env", "secret"},
                                                  {".git/", "version control"},
                                                  {".venv/", "virtual environment"},
                                                  {"a/.env.local", "secret"},
                                                  {"a/__pycache__/", "cache"},
                                                  {"build/", "build output"},
                                                  {"conda/", "virtual environment"},
                                                  {"dist/", "build output"},
                                                  {"key.pem", "secret"},
                                                  {"myenv/", "virtual environment"}}));
}

TEST(SourceTree, LeavesOutTheOutput) {
    const ProjectFixture project("//- app.py\n//- out/image/index.json\n//- out/notes\n");
    EXPECT_EQ(paths(scan(project, {.output_directory = "out/image"})),
              (Paths{"app.py", "out/notes"}));
    EXPECT_EQ(paths(scan(project, {.output_directory = project.path() / "out"})),
              (Paths{"app.py"}));
    EXPECT_EQ(paths(scan(project, {.output_directory = "../elsewhere"})).size(), 3U);
    EXPECT_EQ(paths(scan(project, {.output_directory = "."})).size(), 3U);
}

TEST(SourceTree, ObeysGitignoreFilesAtEveryLevel) {
    check(
        "//- .gitignore\n*.log\n/data/\n//- a.log\n//- data/x\n//- sub/data/x\n//- "
        "sub/.gitignore\n!keep.log\n/only\n//- sub/keep.log\n//- sub/b.log\n//- sub/only\n//- "
        "only\n",
        {".gitignore", "only", "sub/.gitignore", "sub/data/x", "sub/keep.log"});
    check("//- .gitignore\n/a\n!/a/b\n//- a/b\n",
          {".gitignore"});  // no way back from inside an ignored directory
    check("//- .gitignore\n/a/*\n!/a/b\n//- a/b\n//- a/c\n", {".gitignore", "a/b"});
}

TEST(SourceTree, ObeysGitignoreFilesAboveTheProject) {
    const ProjectFixture repository(
        "//- .git/HEAD\nref: refs/heads/main\n//- .git/info/exclude\n*.local\n//- "
        ".gitignore\n*.tmp\n/services/api/cache\n/cache\n//- services/.gitignore\n*.bak\n"
        "//- services/api/app.py\n//- services/api/a.tmp\n//- services/api/b.bak\n//- "
        "services/api/c.local\n//- services/api/cache\n//- services/api/sub/cache\n");
    const auto tree = scan(repository, {.directory = repository.path() / "services/api"});
    EXPECT_EQ(paths(tree), (Paths{"app.py", "sub/cache"}));
    EXPECT_EQ(tree.ignore_file, ".gitignore");
}

TEST(SourceTree, BuildsAProjectThatItsRepositoryIgnores) {
    const ProjectFixture repository(
        "//- .git/HEAD\nref: refs/heads/main\n//- .gitignore\n/tmp/**\n//- tmp/p/app.py\n//- "
        "tmp/p/.gitignore\n*.log\n//- tmp/p/a.log\n");
    EXPECT_EQ(paths(scan(repository, {.directory = repository.path() / "tmp/p"})),
              (Paths{".gitignore", "app.py"}));
}

TEST(SourceTree, ObeysDockerignoreAloneIfThereIsOne) {
    const ProjectFixture project(
        "//- .dockerignore\n*\n!src\n!docs/a.md\nsrc/x\n//- .gitignore\nsrc\n//- src/a.py\n//- "
        "src/x/b\n//- docs/a.md\n//- docs/b.md\n//- c\n");
    const auto tree = scan(project);
    EXPECT_EQ(paths(tree), (Paths{"docs/a.md", "src/a.py"}));
    EXPECT_EQ(tree.ignore_file, ".dockerignore");
    check("//- .dockerignore\n//- .gitignore\na\n//- a\n", {".dockerignore", ".gitignore", "a"});
}

TEST(SourceTree, LetsTheConfigurationIncludeAndExclude) {
    constexpr std::string_view kProject =
        "//- .gitignore\ngen/\n*.so\n//- gen/a.py\n//- gen/deep/b.py\n//- m.so\n//- n.so\n//- "
        ".env\n//- docs/x.md\n//- docs/y.py\n";
    check(kProject, {".gitignore", "docs/x.md", "docs/y.py", "gen/a.py", "gen/deep/b.py", "m.so"},
          {.include = {"gen", "/m.so", ".env"}});
    check(kProject, {".gitignore", "docs/x.md", "docs/y.py", "gen/deep/b.py"},
          {.include = {"gen/deep/*.py"}});
    check(kProject, {".gitignore", "docs/y.py", "gen/deep/b.py"},
          {.include = {"gen/"}, .exclude = {"*.md", "gen/a.py"}});
    check("//- .dockerignore\n*\n//- a/b\n//- a/c\n", {"a/b"}, {.include = {"a/b"}});
}

TEST(SourceTree, ReportsWhatGitignoreHidesThoughItLooksNeeded) {
    const ProjectFixture project(
        "//- .gitignore\n_version.py\n*.mo\n*.log\nstaticfiles/\nproto_gen/\nscratch/\n*.pyc\n//- "
        "pkg/__init__.py\n//- pkg/_version.py\n//- pkg/data/de.mo\n//- pkg/x.log\n"
        "//- staticfiles/app.css\n//- proto_gen/__init__.py\n//- scratch/x\n//- "
        "locale/de/a.mo\n//- tests/__init__.py\n//- tests/_version.py\n//- a.pyc\n");
    const auto tree = scan(project);
    EXPECT_EQ(tree.hidden, (Paths{"locale/de/a.mo", "pkg/_version.py", "pkg/data/de.mo",
                                  "proto_gen/", "staticfiles/"}));
    EXPECT_TRUE(warns(tree, "project/hidden-by-gitignore", "`pkg/_version.py`"));
    EXPECT_TRUE(scan(project, {.include = {"_version.py", "*.mo", "staticfiles", "proto_gen"}})
                    .hidden.empty());
}

TEST(SourceTree, KeepsLinksThatStayInside) {
    const ProjectFixture project(
        "//- a/b.py\n//- c -> a/b.py\n//- a/up -> ../c\n//- dir -> a\n//- out -> ../x\n//- a/out "
        "-> ../../x\n//- absolute -> /etc/passwd\n//- dangling -> nowhere\n//- .venv -> "
        "/opt/venv\n");
    const auto tree = scan(project);
    EXPECT_EQ(paths(tree), (Paths{"a/b.py", "a/up", "c", "dangling", "dir"}));
    EXPECT_TRUE(tree.find("dir")->is_symlink);
    EXPECT_EQ(tree.find("a/up")->link, "../c");
    EXPECT_TRUE(warns(tree, "project/link-escapes", "`a/out`, `absolute`, `out`"));
}

TEST(SourceTree, SkipsSpecialFiles) {
    const ProjectFixture project("//- a\n");
    ASSERT_EQ(::mkfifo((project.path() / "pipe").c_str(), 0600), 0);
    const auto tree = scan(project);
    EXPECT_EQ(paths(tree), (Paths{"a"}));
    EXPECT_TRUE(warns(tree, "project/special-file", "`pipe`"));
}

TEST(SourceTree, FailsWithoutADirectory) {
    const ProjectFixture project("//- file\n");
    const pycontainer::testing::TestContext context;
    EXPECT_ERROR(scan_sources(context.ctx, {.directory = project.path() / "missing"}),
                 "file/not-found", "missing");
    EXPECT_ERROR(scan_sources(context.ctx, {.directory = project.path() / "file"}),
                 "file/not-readable", "file");
}

TEST(SourceTree, StopsWhenAsked) {
    const ProjectFixture project("//- file\n");
    pycontainer::testing::TestContext context;
    context.stop.request_stop();
    EXPECT_ERROR(scan_sources(context.ctx, {.directory = project.path()}), "cancelled", "");
}

TEST(SourceTree, RefusesEndlessNesting) {
    const ProjectFixture project;
    auto directory = project.path();
    for (int i = 0; i < 300; ++i) directory /= "d";
    std::filesystem::create_directories(directory);
    const pycontainer::testing::TestContext context;
    EXPECT_ERROR(scan_sources(context.ctx, {.directory = project.path()}), "project/too-many-files",
                 "nested");
}

TEST(SourceTree, ChangesItsFingerprintWithTheFiles) {
    const ProjectFixture project("//- a\n1\n//- b\n");
    const auto before = scan(project);
    EXPECT_EQ(scan(project).stat_fingerprint, before.stat_fingerprint);
    project.write("a", "22\n");
    EXPECT_NE(scan(project).stat_fingerprint, before.stat_fingerprint);
    EXPECT_FALSE(before.is_settled(before.newest_change_ns));
    EXPECT_TRUE(before.is_settled(before.newest_change_ns + 3'000'000'000));
}

}  // namespace
}  // namespace pycontainer::project
