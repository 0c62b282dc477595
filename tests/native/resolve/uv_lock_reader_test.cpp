#include "resolve/uv_lock.hpp"
#include "support/result_matchers.hpp"

#include <gtest/gtest.h>

namespace pycontainer::resolve {
namespace {

const std::string kHash(64, 'a');

TEST(ReadUvLock, ReadsPackagesAndTheirFiles) {
    const auto lock = read_uv_lock(R"(
version = 1
revision = 9
requires-python = ">=3.11"
unknown = { key = true }

[[package]]
name = "app"
source = { editable = "." }
dependencies = [{ name = "foo", extra = ["fast"], marker = "sys_platform == 'linux'" }]

[package.optional-dependencies]
cli = [{ name = "foo", version = "1.0", source = { registry = "https://index.example/simple" } }]

[package.dev-dependencies]
dev = [{ name = "foo" }]

[package.metadata]
requires-dist = [{ name = "foo" }]

[[package]]
name = "foo"
version = "1.0"
source = { registry = "https://index.example/simple" }
sdist = { url = "https://files.example/foo-1.0.tar.gz", hash = "sha256:)" +
                                       kHash + R"(", size = 3 }
wheels = [
    { url = "https://files.example/a/foo-1.0%2Bcpu-py3-none-any.whl", hash = "sha256:)" +
                                       kHash + R"(", size = 12 },
]
)",
                                   "uv.lock");
    ASSERT_OK(lock);
    EXPECT_EQ(lock->requires_python, ">=3.11");
    ASSERT_EQ(lock->packages.size(), 2U);
    const auto& app = lock->packages[0];
    EXPECT_EQ(app.source.kind, UvSource::Kind::Editable);
    EXPECT_EQ(app.dependencies.at(0).extras, std::vector<std::string>{"fast"});
    EXPECT_EQ(app.dependencies.at(0).marker, "sys_platform == 'linux'");
    EXPECT_EQ(app.extras.at("cli").at(0).version, "1.0");
    EXPECT_EQ(app.groups.at("dev").at(0).name, "foo");
    const auto& foo = lock->packages[1];
    EXPECT_TRUE(foo.has_sdist);
    EXPECT_EQ(foo.wheels.at(0).filename, "foo-1.0+cpu-py3-none-any.whl");
    EXPECT_EQ(foo.wheels.at(0).sha256->hex(), kHash);
    EXPECT_EQ(foo.wheels.at(0).size, 12U);
    EXPECT_EQ(lock->range_of(foo), (Range{{21, 7}, {21, 12}}));
}

TEST(ReadUvLock, FindsFilesOfOtherSources) {
    const auto lock = read_uv_lock(R"(
version = 1
[[package]]
name = "a"
version = "1"
source = { url = "https://files.example/a-1-py3-none-any.whl" }
wheels = [{ filename = "a-1-py3-none-any.whl", hash = "sha256:)" +
                                       kHash + R"(" }]
[[package]]
name = "b"
version = "1"
source = { path = "wheels/b-1-py3-none-any.whl" }
wheels = [{ filename = "b-1-py3-none-any.whl" }]
[[package]]
name = "c"
version = "1"
source = { registry = "../index" }
wheels = [{ path = "c-1-py3-none-any.whl" }]
[[package]]
name = "d"
version = "1"
source = { url = "https://files.example/d-1.tar.gz" }
sdist = { hash = "sha256:)" + kHash + R"(" }
)",
                                   "uv.lock");
    ASSERT_OK(lock);
    EXPECT_EQ(lock->packages[0].wheels.at(0).url, "https://files.example/a-1-py3-none-any.whl");
    EXPECT_EQ(lock->packages[1].wheels.at(0).local_path, "wheels/b-1-py3-none-any.whl");
    EXPECT_EQ(lock->packages[2].wheels.at(0).local_path, "../index/c-1-py3-none-any.whl");
    EXPECT_TRUE(lock->packages[3].has_sdist);
}

TEST(ReadUvLock, WantsVersionOne) {
    const auto newer = read_uv_lock("version = 2\n", "uv.lock");
    EXPECT_ERROR(newer, "resolve/unsupported-lock-version", "version 2", "known is 1");
    EXPECT_EQ(newer.error().diagnostics.at(0).range.start, (Position{0, 10}));
    EXPECT_ERROR(read_uv_lock("", "uv.lock"), "resolve/unsupported-lock-version", "does not say");
    EXPECT_ERROR(read_uv_lock("version = \"1\"\n", "uv.lock"), "resolve/unsupported-lock-version");
    EXPECT_OK(read_uv_lock("version = 1\n", "uv.lock"));
}

TEST(ReadUvLock, ListsAllFaultsWithTheirPlaces) {
    const auto lock = read_uv_lock(R"(version = 1
[[package]]
version = "1"
[[package]]
name = "a"
source = { telepathy = "x" }
[[package]]
name = "b"
source = { registry = "https://index.example" }
dependencies = [{ version = "1" }]
wheels = [{ url = "ftp://files.example/b.whl" }, { hash = "sha256:00" }, { url = "https://files.example/b.whl", hash = "sha256:00" }]
)",
                                   "uv.lock");
    EXPECT_ERROR(lock, "resolve/invalid-lock", "has no name", "uv lock");
    EXPECT_EQ(lock.error().diagnostics.size(), 6U);
    for (const auto& diagnostic : lock.error().diagnostics)
        EXPECT_GT(diagnostic.range.start.line, 0U) << diagnostic.message;
}

TEST(ReadUvLock, ReportsSyntaxErrors) {
    const auto lock = read_uv_lock("version = 1\n<<<<<<< HEAD\n", "uv.lock");
    EXPECT_ERROR(lock, "resolve/invalid-lock", "`uv.lock`");
    ASSERT_FALSE(lock.error().diagnostics.empty());
    EXPECT_EQ(lock.error().diagnostics.front().range.start.line, 1U);
}

TEST(ReadUvLock, SurvivesOddTypes) {
    for (const char* text :
         {"version = 1\npackage = 3\n", "version = 1\npackage = [1, 2]\n",
          "version = 1\nconflicts = 3\nmanifest = 4\n", "version = 1\nconflicts = [3, [4]]\n",
          "version = 1\n[[package]]\nname = \"a\"\nsource = { virtual = \".\" }\ndependencies = "
          "3\noptional-dependencies = 3\nwheels = 3\nmetadata = 3\n"})
        static_cast<void>(read_uv_lock(text, "uv.lock"));
}

}  // namespace
}  // namespace pycontainer::resolve
