#include "resolve/dependencies.hpp"

#include "resolve/project_files.hpp"
#include "support/fake_http_client.hpp"
#include "support/result_matchers.hpp"
#include "support/test_context.hpp"
#include "toml/document.hpp"

#include <gtest/gtest.h>

namespace pycontainer::resolve {
namespace {

using testing::FakeHttpClient;
using testing::ProjectFiles;
using testing::TestContext;

const std::string kHash(64, 'a');
const std::string kLock = R"(version = 1
requires-python = ">=3.11"

[[package]]
name = "app"
version = "0"
source = { virtual = "." }
dependencies = [{ name = "foo" }]

[package.metadata]
requires-dist = [{ name = "foo", specifier = ">=1" }]

[[package]]
name = "foo"
version = "1.0"
source = { registry = "https://index.example/simple" }
wheels = [{ url = "https://files.example/foo-1.0-py3-none-any.whl", hash = "sha256:)" +
                          kHash + R"(", size = 12 }]
)";
const std::string kProject = "[project]\nname = \"app\"\ndependencies = [\"foo>=1\"]\n";

/// A project, and a request for it on Debian 12 with Python 3.12.
struct Fixture {
    explicit Fixture(const std::string& files,
                     std::map<std::string, std::string, std::less<>> variables = {},
                     const std::string& directory = "")
        : project(files), test(std::move(variables)) {
        request.project_directory = directory.empty() ? project.path() : project.path() / directory;
        if (const auto text = read_file(request.project_directory / "pyproject.toml"))
            request.pyproject = toml::parse(*text, "pyproject.toml").value;
        else
            request.pyproject = Json::object();
        request.target = {.python_version = "3.12.7", .libc_minor = 36, .machine = "x86_64"};
    }
    Result<Dependencies> resolve() {
        return resolve_dependencies(test.ctx, request, client, store);
    }
    /// Pure wheels of these versions, without requirements.
    void serve(const std::string& name, const std::vector<std::string>& versions) {
        Json files = Json::array();
        for (const auto& version : versions) {
            const auto stem = name + "-" + version;
            const auto wheel = stem + "-py3-none-any.whl";
            files.push_back({{"filename", wheel},
                             {"url", wheel},
                             {"hashes", {{"sha256", Digest::of(stem).hex()}}},
                             {"core-metadata", true}});
            http.on("GET", "https://index.example/" + name + "/" + wheel + ".metadata",
                    {.body = "Name: " + name + "\nVersion: " + version + "\n"});
        }
        http.on("GET", "https://index.example/" + name + "/",
                {.headers = {{"Content-Type", "application/json"}},
                 .body = dump_json({{"files", files}})});
    }

    ProjectFiles project;
    TestContext test;
    FakeHttpClient http;
    index::IndexClient client{http, index::IndexOptions::of({"https://index.example"})};
    DependencyRequest request;
    TemporaryDirectory cache = *TemporaryDirectory::create("/tmp", "dependencies-");
    store::Store store{cache.path()};
};

TEST(ResolveDependencies, TakesUvLock) {
    Fixture fixture("//- pyproject.toml\n" + kProject + "//- uv.lock\n" + kLock);
    const auto result = fixture.resolve();
    ASSERT_OK(result);
    EXPECT_EQ(result->lock.kind, "uv.lock");
    ASSERT_EQ(result->wheels.size(), 1U);
    EXPECT_EQ(result->wheels[0].name, "foo");
    EXPECT_EQ(result->wheels[0].version, "1.0");
    EXPECT_EQ(result->wheels[0].sha256->hex(), kHash);
    EXPECT_EQ(result->wheels[0].size, 12U);
    EXPECT_TRUE(result->warnings.empty());
    EXPECT_TRUE(fixture.http.requests().empty());
}

TEST(ResolveDependencies, WarnsOfAStaleLock) {
    Fixture fixture(
        "//- pyproject.toml\n[project]\nname = \"app\"\ndependencies = [\"foo>=1\", \"bar\"]\n//- "
        "uv.lock\n" +
        kLock);
    const auto result = fixture.resolve();
    ASSERT_OK(result);
    ASSERT_EQ(result->warnings.size(), 1U);
    EXPECT_EQ(
        result->warnings[0],
        (Warning{"resolve/stale-lock",
                 "`uv.lock` was made from other dependencies: `bar` is only in `pyproject.toml`",
                 "run `uv lock`"}));
}

TEST(ResolveDependencies, FindsLocalProjectsAndWheels) {
    const std::string lock =
        "version = 1\n[[package]]\nname = \"app\"\nsource = { editable = \".\" }\ndependencies = "
        "[{ name = \"lib\" }, { name = \"w\" }]\n"
        "[[package]]\nname = \"lib\"\nsource = { editable = \"packages/lib\" }\n"
        "[[package]]\nname = \"w\"\nversion = \"1\"\nsource = { path = "
        "\"wheels/w-1-py3-none-any.whl\" }\nwheels = [{ filename = \"w-1-py3-none-any.whl\" }]\n";
    Fixture fixture(
        "//- pyproject.toml\n[project]\nname = \"app\"\n//- "
        "packages/lib/pyproject.toml\n[project]\nname = \"lib\"\n//- uv.lock\n" +
        lock);
    const auto result = fixture.resolve();
    ASSERT_OK(result);
    EXPECT_EQ(result->local_projects, std::vector<std::string>{"lib"});
    EXPECT_EQ(result->local_project_directories.at("lib"), fixture.project.path() / "packages/lib");
    EXPECT_EQ(result->wheels.at(0).local_path,
              fixture.project.path() / "wheels/w-1-py3-none-any.whl");
}

TEST(ResolveDependencies, TakesTheLockOfTheWorkspace) {
    Fixture fixture(
        "//- api/pyproject.toml\n[project]\nname = \"api\"\n//- "
        "pyproject.toml\n[tool.uv.workspace]\nmembers = [\"api\"]\n//- uv.lock\nversion = "
        "1\n[[package]]\nname = \"api\"\nsource = { virtual = \"api\" }\ndependencies = [{ name = "
        "\"foo\" }]\n" +
            kLock.substr(kLock.find("[[package]]\nname = \"foo\"")),
        {}, "api");
    const auto result = fixture.resolve();
    ASSERT_OK(result);
    EXPECT_EQ(result->wheels.size(), 1U);
}

TEST(ResolveDependencies, TakesRepositoriesAndSdists) {
    Fixture fixture(
        "//- pyproject.toml\n" + kProject +
        "//- uv.lock\nversion = 1\n[[package]]\nname = \"app\"\nsource = { virtual = \".\" "
        "}\ndependencies = [{ name = \"g\" }, { name = \"s\" }]\n"
        "[[package]]\nname = \"g\"\nversion = \"1\"\nsource = { git = "
        "\"https://git.example/"
        "g?rev=main&subdirectory=lib#0123456789012345678901234567890123456789\""
        " }\n[[package]]\nname = \"s\"\nversion = \"2\"\nsource = { registry = "
        "\"https://index.example/simple\" }\nsdist = { url = \"https://files.example/s-2.tar.gz\", "
        "hash = \"sha256:" +
        kHash + "\" }\n");
    const auto result = fixture.resolve();
    ASSERT_OK(result);
    EXPECT_TRUE(result->wheels.empty());
    ASSERT_EQ(result->sources.size(), 2U);
    const auto& repository = std::get<Repository>(result->sources[0].origin);
    EXPECT_EQ(repository.url, "https://git.example/g");
    EXPECT_EQ(repository.commit, "0123456789012345678901234567890123456789");
    EXPECT_EQ(repository.requested_revision, "main");
    EXPECT_EQ(repository.subdirectory, "lib");
    EXPECT_EQ(result->sources[0].range.start.line, 6U);
    EXPECT_TRUE(result->sources[0].is_direct);
    const auto& sdist = std::get<Artifact>(result->sources[1].origin);
    EXPECT_EQ(sdist.url, "https://files.example/s-2.tar.gz");
    EXPECT_EQ(sdist.sha256->hex(), kHash);
    EXPECT_FALSE(result->sources[1].is_direct);
}

TEST(ResolveDependencies, AsksTheIndexOfRequirements) {
    Fixture fixture(
        "//- requirements.txt\n--index-url https://own.example/simple\nfoo==1.0 --hash=sha256:" +
        kHash + "\n");
    fixture.http.on("GET", "https://own.example/simple/foo/",
                    {.headers = {{"Content-Type", "text/html"}},
                     .body = "<a href=\"/foo-1.0-py3-none-any.whl#sha256=" + kHash + "\">foo</a>"});
    const auto result = fixture.resolve();
    ASSERT_OK(result);
    EXPECT_EQ(result->lock.kind, "requirements.txt");
    EXPECT_EQ(result->wheels.at(0).url, "https://own.example/foo-1.0-py3-none-any.whl");
    EXPECT_EQ(result->wheels.at(0).sha256->hex(), kHash);
    EXPECT_TRUE(result->warnings.empty());
}

TEST(ResolveDependencies, HasNothingToDoWithoutDependencies) {
    Fixture fixture("//- pyproject.toml\n[project]\nname = \"app\"\n");
    const auto result = fixture.resolve();
    ASSERT_OK(result);
    EXPECT_EQ(result->lock.kind, "none");
    EXPECT_TRUE(result->wheels.empty());
    fixture.request.groups = {"dev"};
    EXPECT_ERROR(fixture.resolve(), "resolve/unknown-group", "`dev`");
}

TEST(ResolveDependencies, TakesAPylock) {
    const std::string pylock =
        "lock-version = \"1.0\"\ncreated-by = \"x\"\n[[packages]]\nname = \"foo\"\nversion = "
        "\"1.0\"\nwheels = [{ url = \"https://files.example/foo-1.0-py3-none-any.whl\", hashes = "
        "{ sha256 = \"" +
        kHash + "\" } }]\n[[packages]]\nname = \"lib\"\ndirectory = { path = \"libs/lib\" }\n";
    Fixture fixture("//- pyproject.toml\n" + kProject + "//- pylock.toml\n" + pylock +
                    "//- requirements.txt\nbar==1\n//- libs/lib/pyproject.toml\n[project]\nname = "
                    "\"lib\"\n");
    const auto result = fixture.resolve();
    ASSERT_OK(result);
    EXPECT_EQ(result->lock.kind, "pylock.toml");
    ASSERT_EQ(result->wheels.size(), 1U);
    EXPECT_EQ(result->wheels[0].sha256->hex(), kHash);
    EXPECT_EQ(result->local_project_directories.at("lib"), fixture.project.path() / "libs/lib");
    EXPECT_TRUE(result->warnings.empty());
    EXPECT_TRUE(fixture.http.requests().empty());
}

TEST(ResolveDependencies, TakesAPipfileLock) {
    const std::string lock =
        R"({"_meta": {"hash": {"sha256": "0"}, "pipfile-spec": 6, "sources": [{"name": "own", "url": "https://${NAME}@own.example/simple"}]},
"default": {"foo": {"version": "==1.0", "hashes": ["sha256:)" +
        kHash + R"("]}}})";
    const std::string files = "//- Pipfile.lock\n" + lock +
                              "\n//- Pipfile\n[[source]]\nurl = \"u\"\n[packages]\nfoo = \">=2\"\n";
    Fixture fixture(files, {{"NAME", "me"}});
    fixture.http.on("GET", "https://own.example/simple/foo/",
                    {.headers = {{"Content-Type", "text/html"}},
                     .body = "<a href=\"foo-1.0-py3-none-any.whl#sha256=" + kHash + "\">foo</a>"});
    const auto result = fixture.resolve();
    ASSERT_OK(result);
    EXPECT_EQ(result->lock.kind, "Pipfile.lock");
    EXPECT_TRUE(result->wheels.at(0).url.starts_with("https://own.example/"));
    EXPECT_EQ(result->wheels.at(0).sha256->hex(), kHash);
    ASSERT_EQ(result->warnings.size(), 1U);
    EXPECT_EQ(result->warnings[0].code, "resolve/stale-lock");
    EXPECT_NE(result->warnings[0].message.find("`foo>=2` is in `Pipfile`, 1.0 in the lock"),
              std::string::npos);
}

TEST(ResolveDependencies, ResolvesAPipfileWithoutALock) {
    Fixture fixture("//- Pipfile\n[packages]\nfoo = \"<2\"\n[dev-packages]\nbar = \"*\"\n");
    fixture.serve("foo", {"1.0", "2.0"});
    const auto result = fixture.resolve();
    ASSERT_OK(result);
    EXPECT_EQ(result->lock.kind, "resolved");
    EXPECT_EQ(result->wheels.at(0).version, "1.0");
    Fixture empty("//- Pipfile\n[packages]\n");
    EXPECT_OK(empty.resolve());
}

TEST(ResolveDependencies, DoesNotGuessBetweenNamedLocks) {
    Fixture fixture("//- pylock.a.toml\n//- pylock.b.toml\n");
    EXPECT_ERROR(fixture.resolve(), "resolve/no-lock", "`pylock.a.toml` and `pylock.b.toml`",
                 "--lock");
}

TEST(ResolveDependencies, ComparesGroupsThatAreWanted) {
    auto lock = kLock;
    lock.replace(lock.find("[package.metadata]"), 0,
                 "[package.dev-dependencies]\ndev = [{ name = \"foo\" }]\n\n");
    lock.insert(lock.find("\n[[package]]\nname = \"foo\""),
                "[package.metadata.requires-dev]\ndev = [{ name = \"foo\" }]\n");
    Fixture fixture("//- pyproject.toml\n" + kProject +
                    "[dependency-groups]\ndev = [\"foo\", \"tool\"]\n//- uv.lock\n" + lock);
    EXPECT_TRUE(fixture.resolve()->warnings.empty());
    fixture.request.groups = {"dev"};
    EXPECT_EQ(fixture.resolve()->warnings.at(0).message,
              "`uv.lock` was made from other dependencies: `tool` of the group `dev` is only in "
              "`pyproject.toml`");
}

TEST(ResolveDependencies, RefusesGroupsOfALockThatHasNone) {
    Fixture fixture("//- requirements.txt\nfoo==1\n");
    fixture.request.groups = {"dev"};
    EXPECT_ERROR(fixture.resolve(), "resolve/unknown-group", "`dev`", "`requirements.txt`");
}

TEST(ResolveDependencies, ResolvesOnceAndRemembers) {
    Fixture fixture("//- pyproject.toml\n" + kProject, {{"PATH", "/nowhere"}});
    fixture.serve("foo", {"1.0", "2.0"});
    for (int i = 0; i < 2; ++i) {
        const auto result = fixture.resolve();
        ASSERT_OK(result);
        EXPECT_EQ(result->lock.kind, "resolved");
        ASSERT_EQ(result->wheels.size(), 1U);
        EXPECT_EQ(result->wheels[0].version, "2.0");
        EXPECT_EQ(result->wheels[0].sha256, Digest::of("foo-2.0"));
        EXPECT_EQ(result->warnings.at(0).code, "resolve/unlocked");
    }
    EXPECT_EQ(fixture.http.requests().size(), 2U);  // a page, and the metadata of one wheel
}

TEST(ResolveDependencies, KeepsCredentialsOutOfFilesAndTheStore) {
    Fixture fixture("//- pyproject.toml\n" + kProject);
    index::IndexClient client(fixture.http,
                              index::IndexOptions::of({"https://me:hunter2@index.example"}));
    fixture.serve("foo", {"1.0"});
    for (int i = 0; i < 2; ++i) {
        const auto result =
            resolve_dependencies(fixture.test.ctx, fixture.request, client, fixture.store);
        ASSERT_OK(result);
        EXPECT_TRUE(result->wheels.at(0).url.starts_with("https://index.example/"));
    }
    for (const auto& entry : std::filesystem::recursive_directory_iterator(fixture.store.root()))
        if (entry.is_regular_file())
            EXPECT_EQ(read_file(entry.path())->find("hunter2"), std::string::npos);
}

TEST(ResolveDependencies, ResolvesRequirementsThatAreNotPinned) {
    Fixture fixture("//- requirements.txt\nfoo\n-c constraints.txt\n//- constraints.txt\nfoo<2\n");
    fixture.serve("foo", {"1.0", "2.0"});
    const auto result = fixture.resolve();
    ASSERT_OK(result);
    EXPECT_EQ(result->lock.kind, "requirements.txt");
    EXPECT_EQ(result->wheels.at(0).version, "1.0");
    Fixture hashed("//- requirements.txt\nfoo\nbar==1 --hash=sha256:" + kHash + "\n");
    EXPECT_ERROR(hashed.resolve(), "resolve/not-pinned");
}

TEST(ResolveDependencies, TellsWhereARequirementStands) {
    Fixture fixture("//- pyproject.toml\n" + kProject);
    fixture.serve("foo", {"0.9"});
    const auto result = fixture.resolve();
    EXPECT_ERROR(result, "resolve/unsatisfiable", "`foo>=1` (pyproject.toml:3)");
    EXPECT_EQ(result.error().diagnostics.at(0).range.start.line, 2U);
}

}  // namespace
}  // namespace pycontainer::resolve
