#include "resolve/internal/pdm_lock_file.hpp"
#include "support/result_matchers.hpp"

#include <gtest/gtest.h>

namespace pycontainer::resolve::internal {
namespace {

const std::string kHash(64, 'a');

std::string metadata(const std::string& rest = "lock_version = \"4.5.0\"\n") {
    return "[metadata]\n" + rest;
}

std::string faults(const std::string& text) {
    const auto lock = read_pdm_lock(text, "pdm.lock");
    if (lock) return {};
    std::string result = lock.error().code;
    for (const auto& each : lock.error().diagnostics) result += "\n" + to_string(each);
    return result;
}

TEST(ReadPdmLock, ReadsMetadata) {
    const auto lock = read_pdm_lock(metadata(R"(
groups = ["default", "Test_Unit"]
strategy = ["inherit_metadata", "static_urls"]
lock_version = "4.5.0"
content_hash = "sha256:c0ffee"

[[metadata.targets]]
requires_python = "<3.9 || >=3.11"
platform = "linux"
implementation = "cpython"
gil_disabled = false
)"),
                                    "pdm.lock");
    ASSERT_OK(lock);
    EXPECT_TRUE(lock->inherits_metadata);
    EXPECT_FALSE(lock->is_cross_platform);
    EXPECT_EQ(lock->groups, (std::set<std::string>{"default", "test-unit"}));
    EXPECT_EQ(lock->content_hash, "sha256:c0ffee");
    EXPECT_FALSE(lock->has_lock_inputs);
    ASSERT_EQ(lock->targets.size(), 1U);
    EXPECT_EQ(lock->targets[0].pythons.size(), 2U);
    EXPECT_EQ(lock->targets[0].gil_disabled, false);
}

TEST(ReadPdmLock, ReadsTheStrategiesOfOlderFormats) {
    const auto check = [](const std::string& text, bool inherits, bool cross_platform) {
        const auto lock = read_pdm_lock(metadata(text), "pdm.lock");
        ASSERT_OK(lock);
        EXPECT_EQ(lock->inherits_metadata, inherits) << text;
        EXPECT_EQ(lock->is_cross_platform, cross_platform) << text;
    };
    check("lock_version = \"4.0\"\n", false, true);
    check("lock_version = \"4.2\"\ncross_platform = true\nstatic_urls = true\n", false, true);
    check("lock_version = \"4.3\"\ncross_platform = false\n", false, false);
    check("lock_version = \"4.4\"\nstrategy = []\n", false, false);
    check("lock_version = \"4.4.1\"\nstrategy = [\"cross_platform\", \"inherit_metadata\"]\n", true,
          true);
}

TEST(ReadPdmLock, ReadsPackages) {
    const auto lock = read_pdm_lock(R"(
[[package]]
name = "Foo.Bar"
version = "1.0"
extras = ["z", "A_b"]
requires_python = ">=3.8"
dependencies = ["foo-bar==1.0", "baz[x]>=2; python_version < '3.11'"]
files = [{ file = "foo_bar.whl", hash = "sha256:)" +
                                        kHash + R"(" }]

[[package]]
name = "local"
version = "0"
path = "./libs/local"
subdirectory = "python"

[[package]]
name = "wheel"
version = "0"
path = "./wheel-0-py3-none-any.whl"

[[package]]
name = "remote"
version = "0"
url = "https://files.example/remote-0-py3-none-any.whl"

[[package]]
name = "repository"
version = "0"
git = "https://files.example/repository.git"
revision = "abc"

)" + metadata("strategy = []\nlock_version = \"4.5.0\"\n"),
                                    "pdm.lock");
    ASSERT_OK(lock);
    ASSERT_EQ(lock->packages.size(), 5U);
    const auto& foo = lock->packages[0];
    EXPECT_EQ(foo.name, "foo-bar");
    EXPECT_EQ(foo.extras, (std::vector<std::string>{"a-b", "z"}));
    ASSERT_EQ(foo.dependencies.size(), 2U);
    EXPECT_EQ(foo.dependencies[1].name, "baz");
    EXPECT_EQ(foo.dependencies[1].extras, std::vector<std::string>{"x"});
    EXPECT_EQ(foo.files.at(0).hash->hex, kHash);
    EXPECT_EQ(lock->range_of(foo), (Range{{2, 7}, {2, 16}}));
    EXPECT_EQ(lock->packages[1].kind, LockEntry::Kind::Directory);
    EXPECT_EQ(lock->packages[1].location, "./libs/local/python");
    EXPECT_EQ(lock->packages[2].kind, LockEntry::Kind::File);
    EXPECT_EQ(lock->packages[3].kind, LockEntry::Kind::Url);
    EXPECT_EQ(lock->packages[4].kind, LockEntry::Kind::Repository);
}

TEST(ReadPdmLock, ReadsFilesOfOlderFormats) {
    const auto lock = read_pdm_lock(
        "[[package]]\nname = \"Foo\"\nversion = \"1.0\"\n" +
            metadata("lock_version = \"4.3\"\n[metadata.files]\n\"Foo 1.0\" = [{ url = "
                     "\"https://files.example/foo-1.0-py3-none-any.whl\", hash = \"sha256:" +
                     kHash + "\" }]\n\"foo 2.0\" = []\n"),
        "pdm.lock");
    ASSERT_OK(lock);
    ASSERT_EQ(lock->packages.at(0).files.size(), 1U);
    EXPECT_EQ(lock->packages[0].files[0].filename, "foo-1.0-py3-none-any.whl");
}

TEST(ReadPdmLock, RefusesVersionsThatItDoesNotKnow) {
    for (const char* version : {"3.1", "4.6", "5.0", "x"})
        EXPECT_ERROR(read_pdm_lock(metadata("lock_version = \"" + std::string(version) + "\"\n"),
                                   "pdm.lock"),
                     "resolve/unsupported-lock-version", version, "pdm lock");
    EXPECT_ERROR(read_pdm_lock("[metadata]\n", "pdm.lock"), "resolve/unsupported-lock-version",
                 "does not say");
    EXPECT_OK(read_pdm_lock(metadata("lock_version = \"4.5.9\"\n"), "pdm.lock"));
}

TEST(ReadPdmLock, ListsAllFaultsWithTheirPlaces) {
    EXPECT_EQ(faults("[[package]]\nversion = \"1\"\n[[package]]\nname = \"a\"\nversion = \"x\"\n"
                     "[[package]]\nname = \"b\"\nversion = \"1\"\n"
                     "dependencies = [\n    \"=\",\n]\nfiles = [{}]\n" +
                     metadata("lock_version = \"4.4\"\nstrategy = []\n[[metadata.targets]]\n"
                              "requires_python = \"snake\"\n"))
                  .find("resolve/invalid-lock\n"
                        "pdm.lock:16:1: error[resolve/invalid-lock]: `snake` says no versions of "
                        "Python\n"
                        "pdm.lock:1:1: error[resolve/invalid-lock]: the package has no name\n"
                        "pdm.lock:5:11: error[resolve/invalid-lock]: `x` is not a version, of "
                        "`a`\n"
                        "pdm.lock:12:9: error[resolve/invalid-lock]: a file of `b` has no name or "
                        "no hash\n"
                        "pdm.lock:10:5: error[resolve/invalid-lock]: the dependency `=` cannot be "
                        "read"),
              0U);
    EXPECT_ERROR(read_pdm_lock("package = 1\n" + metadata(), "pdm.lock"), "resolve/invalid-lock",
                 "array of tables");
    EXPECT_ERROR(read_pdm_lock("=======\n", "pdm.lock"), "resolve/invalid-lock", "run `pdm lock`");
    EXPECT_EQ(faults("package = []\n" + metadata()), "");
}

TEST(ReadPdmRequirement, ReadsWhatIsNoRequirement) {
    const auto check = [](std::string_view line, std::string_view name, std::string_view location) {
        const auto requirement = read_pdm_requirement(line);
        ASSERT_OK(requirement);
        EXPECT_EQ(requirement->name, name) << line;
        EXPECT_EQ(requirement->location, location) << line;
        EXPECT_EQ(requirement->text, line);
    };
    check("Foo_Bar[x]>=1", "foo-bar", "");
    check("foo @ https://files.example/foo.whl", "foo", "https://files.example/foo.whl");
    check("-e file:///${PROJECT_ROOT}/libs/a#egg=My_Lib&x=1", "my-lib",
          "file:///${PROJECT_ROOT}/libs/a");
    check("-e ./libs/a", "", "./libs/a");
    check("./libs/a", "", "./libs/a");
    check("git+https://files.example/a.git@main#egg=a[x]", "a",
          "git+https://files.example/a.git@main");
    EXPECT_ERROR(read_pdm_requirement("=1"), "resolve/invalid-dependency", "`=1`");
}

}  // namespace
}  // namespace pycontainer::resolve::internal
