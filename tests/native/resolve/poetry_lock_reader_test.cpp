#include "resolve/internal/poetry_lock_file.hpp"
#include "support/result_matchers.hpp"

#include <gtest/gtest.h>

namespace pycontainer::resolve::internal {
namespace {

const std::string kHash(64, 'a');

std::string metadata(const std::string& version, const std::string& rest = {}) {
    return "[metadata]\nlock-version = \"" + version +
           "\"\npython-versions = \"^3.9\"\ncontent-hash = \"c0ffee\"\n" + rest;
}

/// All messages of the error, or nothing.
std::string faults(const std::string& text) {
    const auto lock = read_poetry_lock(text, "poetry.lock");
    if (lock) return {};
    std::string result = lock.error().code;
    for (const auto& each : lock.error().diagnostics) result += "\n" + to_string(each);
    return result;
}

TEST(ReadPoetryLock, ReadsFormat21) {
    const auto lock = read_poetry_lock(R"(
[[package]]
name = "Foo.Bar"
version = "1.0"
python-versions = ">=3.8"
groups = ["main", "Dev_Tools"]
markers = { main = "extra == 'x'" }
files = [{ file = "foo.whl", hash = "sha256:)" +
                                           kHash + R"(" }]

[package.dependencies]
ignored = "not looked at: groups say it all"

[package.source]
type = "legacy"
url = "https://index.example/simple"
reference = "internal"

[[package]]
name = "b"
version = "2"
groups = ["main", "test"]
markers = "python_version < '3.11'"
files = []

[extras]
X_y = ["foo-bar"]

)" + metadata("2.1"),
                                       "poetry.lock");
    ASSERT_OK(lock);
    EXPECT_TRUE(lock->has_groups());
    EXPECT_EQ(lock->python_versions.to_string(), "^3.9");
    EXPECT_EQ(lock->content_hash, "c0ffee");
    EXPECT_EQ(lock->extras, std::set<std::string>{"x-y"});
    ASSERT_EQ(lock->packages.size(), 2U);
    const auto& foo = lock->packages[0];
    EXPECT_EQ(foo.name, "foo-bar");
    EXPECT_EQ(foo.groups, (std::set<std::string>{"dev-tools", "main"}));
    EXPECT_TRUE(foo.markers.contains("main"));
    EXPECT_FALSE(foo.markers.contains("dev-tools"));
    EXPECT_EQ(foo.source_url, "https://index.example/simple");
    EXPECT_EQ(foo.source_reference, "internal");
    EXPECT_EQ(foo.files.at(0).hash->hex, kHash);
    EXPECT_EQ(lock->range_of(foo), (Range{{2, 7}, {2, 16}}));
    EXPECT_EQ(lock->packages[1].markers.size(), 2U);
}

TEST(ReadPoetryLock, ReadsOlderFormats) {
    const auto lock = read_poetry_lock(R"toml(
[[package]]
name = "foo"
version = "1.0"
category = "main"
optional = false
python-versions = "*"

[package.dependencies]
bar = { version = ">=1", optional = true, markers = "extra == 'fast'" }
baz = [{ version = "1", python = "<3.9" }, "2"]

[package.extras]
Fast = ["bar (>=1)", "foo[x,Y_z]", "qux ; sys_platform == 'win32'", "odd"]

)toml" + metadata("1.1", "[metadata.files]\nFOO = [{ file = \"foo.whl\", hash = \"sha256:" + kHash +
                             "\" }]\n"),
                                       "poetry.lock");
    ASSERT_OK(lock);
    EXPECT_FALSE(lock->has_groups());
    const auto& foo = lock->packages.at(0);
    ASSERT_EQ(foo.dependencies.size(), 3U);
    EXPECT_TRUE(foo.dependencies[0].is_optional);
    const auto& fast = foo.extras.at("fast");
    ASSERT_EQ(fast.size(), 4U);
    EXPECT_EQ(fast[0].name, "bar");
    EXPECT_EQ(fast[1].name, "foo");
    EXPECT_EQ(fast[1].extras, (std::vector<std::string>{"x", "y-z"}));
    EXPECT_EQ(fast[2].name, "qux");
    EXPECT_EQ(fast[3].name, "odd");
    EXPECT_EQ(foo.files.at(0).filename, "foo.whl");
}

TEST(ReadPoetryLock, ReadsHashesWithoutNames) {
    const auto lock = read_poetry_lock(
        "[[package]]\nname = \"foo\"\nversion = \"1.0\"\npython-versions = \"*\"\n"
        "[metadata]\npython-versions = \"*\"\n[metadata.hashes]\nfoo = [\"" +
            kHash + "\"]\n",
        "poetry.lock");
    ASSERT_OK(lock);
    EXPECT_EQ(lock->packages.at(0).files.at(0).hash->hex, kHash);
}

TEST(ReadPoetryLock, KnowsSources) {
    const auto kind = [](const std::string& type) {
        const auto lock = read_poetry_lock(
            "[[package]]\nname = \"a\"\nversion = \"1\"\n[package.source]\ntype = \"" + type +
                "\"\nurl = \"x\"\n" + metadata("2.0"),
            "poetry.lock");
        EXPECT_OK(lock);
        return lock->packages.at(0).kind;
    };
    EXPECT_EQ(kind("legacy"), LockEntry::Kind::Index);
    EXPECT_EQ(kind("git"), LockEntry::Kind::Repository);
    EXPECT_EQ(kind("url"), LockEntry::Kind::Url);
    EXPECT_EQ(kind("file"), LockEntry::Kind::File);
    EXPECT_EQ(kind("directory"), LockEntry::Kind::Directory);
}

TEST(ReadPoetryLock, AcceptsAProjectWithoutDependencies) {
    EXPECT_EQ(faults("package = []\n" + metadata("2.1")), "");
    EXPECT_EQ(faults(metadata("2.0")), "");
}

TEST(ReadPoetryLock, RefusesVersionsThatItDoesNotKnow) {
    for (const char* version : {"0.9", "3.0", "x"})
        EXPECT_ERROR(read_poetry_lock(metadata(version), "poetry.lock"),
                     "resolve/unsupported-lock-version", version, "poetry lock");
    EXPECT_ERROR(read_poetry_lock("[metadata]\n", "poetry.lock"),
                 "resolve/unsupported-lock-version", "does not say");
    EXPECT_OK(read_poetry_lock(metadata("2.2"), "poetry.lock"));
    EXPECT_EQ(faults(metadata("3.0")),
              "resolve/unsupported-lock-version\npoetry.lock:2:16: "
              "error[resolve/unsupported-lock-version]: `poetry.lock` has version 3.0 of the "
              "format, known are 1.0 to 2.1");
}

TEST(ReadPoetryLock, ListsAllFaultsWithTheirPlaces) {
    EXPECT_EQ(faults("[[package]]\nversion = \"1\"\n[[package]]\nname = \"a\"\nversion = \"x\"\n"
                     "[[package]]\nname = \"b\"\nversion = \"1\"\npython-versions = \"^\"\n"
                     "[package.dependencies]\nc = \"about 1\"\n"
                     "[package.source]\ntype = \"floppy\"\nurl = \"a:\"\n" +
                     metadata("2.0")),
              "resolve/invalid-lock\n"
              "poetry.lock:1:1: error[resolve/invalid-lock]: the package has no name\n"
              "poetry.lock:5:11: error[resolve/invalid-lock]: `x` is not a version, of `a`\n"
              "poetry.lock:9:19: error[resolve/invalid-lock]: `^` is not a version constraint of "
              "Poetry\n"
              "poetry.lock:13:8: error[resolve/invalid-lock]: `b` has a source of the unknown type "
              "`floppy`\n"
              "poetry.lock:11:5: error[resolve/invalid-lock]: the dependency `c` cannot be read: "
              "`about` is not a version constraint of Poetry");
    EXPECT_EQ(faults("[[package]]\nname = \"a\"\nversion = \"1\"\n[[package]]\nname = \"b\"\n"
                     "version = \"1\"\ngroups = [\"main\"]\nmarkers = \"never\"\nfiles = [{}]\n" +
                     metadata("2.1"))
                  .find("resolve/invalid-lock\npoetry.lock:1:1: error[resolve/invalid-lock]: `a` "
                        "has no groups\npoetry.lock:9:9: error[resolve/invalid-lock]: a file of "
                        "`b` has no name or no hash\npoetry.lock:8:11: "),
              0U);
    EXPECT_ERROR(read_poetry_lock("package = 1\n" + metadata("2.1"), "poetry.lock"),
                 "resolve/invalid-lock", "array of tables");
    EXPECT_ERROR(read_poetry_lock("<<<<<<< HEAD\n", "poetry.lock"), "resolve/invalid-lock",
                 "run `poetry lock`");
}

}  // namespace
}  // namespace pycontainer::resolve::internal
