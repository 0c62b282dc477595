#include "resolve/pylock.hpp"
#include "support/result_matchers.hpp"

#include <gtest/gtest.h>

namespace pycontainer::resolve {
namespace {

const std::string kHash(64, 'a');
const std::string kHead = "lock-version = \"1.0\"\ncreated-by = \"test\"\n";

std::string wheel(const std::string& name, const std::string& more = "") {
    return "{ name = \"" + name + "\", url = \"https://files.example/" + name +
           "\", hashes = { sha256 = \"" + kHash + "\" }" + more + " }";
}

std::string package(const std::string& content, const std::string& name = "foo") {
    return kHead + "[[packages]]\nname = \"" + name + "\"\n" + content + "\n";
}

/// The messages of all faults, or the error's when there are none.
std::vector<std::string> faults(const std::string& text) {
    const auto lock = read_pylock(text, "pylock.toml");
    if (lock) return {};
    std::vector<std::string> messages;
    for (const auto& each : lock.error().diagnostics)
        messages.push_back(std::to_string(each.range.start.line + 1) + ": " + each.message);
    return messages;
}

TEST(ReadPylock, TakesEveryKindOfSource) {
    const auto lock = read_pylock(
        "lock-version = \"1.0\"\ncreated-by = \"test\"\nrequires-python = \">=3.11\"\n"
        "environments = [\"sys_platform == 'linux'\"]\nextras = [\"Cli_x\"]\n"
        "dependency-groups = [\"dev\"]\ndefault-groups = [\"default\"]\npackages = [\n"
        "{ name = \"a\", version = \"1\", marker = \"os_name == 'posix'\", requires-python = "
        "\">=3.8\", wheels = [" +
            wheel("a-1-py3-none-any.whl", ", size = 12") +
            "], sdist = { url = \"https://files.example/a-1.tar.gz\", hashes = { sha256 = \"" +
            kHash +
            "\" } } },\n"
            "{ name = \"b\", vcs = { type = \"git\", url = \"https://git.example/b\", commit-id = "
            "\"0\" } },\n"
            "{ name = \"c\", directory = { path = \"libs/c\", subdirectory = \"py\", editable = "
            "true } },\n"
            "{ name = \"d\", archive = { url = \"https://files.example/x/d-2-py3-none-any.whl\", "
            "hashes = { sha256 = \"" +
            kHash +
            "\" } } },\n"
            "{ name = \"e\", version = \"1\", archive = { path = \"e-1.tar.gz\", hashes = { sha256 "
            "= \"" +
            kHash + "\" } } },\n]\n",
        "pylock.toml");
    ASSERT_OK(lock);
    EXPECT_EQ(lock->created_by, "test");
    EXPECT_EQ(lock->extras, std::vector<std::string>{"cli-x"});
    EXPECT_EQ(lock->groups, std::vector<std::string>{"dev"});
    EXPECT_EQ(lock->default_groups, std::vector<std::string>{"default"});
    EXPECT_EQ(lock->environments.size(), 1U);
    ASSERT_EQ(lock->packages.size(), 5U);
    using Source = PylockPackage::Source;
    const auto& a = lock->packages[0];
    EXPECT_EQ(a.source, Source::Files);
    EXPECT_TRUE(a.has_sdist);
    EXPECT_TRUE(a.marker.has_value());
    EXPECT_EQ(a.wheels.at(0).url, "https://files.example/a-1-py3-none-any.whl");
    EXPECT_EQ(a.wheels.at(0).sha256->hex(), kHash);
    EXPECT_EQ(a.wheels.at(0).size, 12U);
    EXPECT_EQ(lock->range_of(a).start.line, 8U);
    EXPECT_EQ(lock->packages[1].source, Source::Vcs);
    EXPECT_EQ(lock->packages[2].directory, "libs/c/py");
    EXPECT_EQ(lock->packages[3].version, "2");
    EXPECT_EQ(lock->packages[3].wheels.at(0).filename, "d-2-py3-none-any.whl");
    EXPECT_TRUE(lock->packages[4].has_sdist);
    EXPECT_TRUE(lock->packages[4].wheels.empty());
    ASSERT_EQ(lock->warnings.size(), 1U);
    EXPECT_NE(lock->warnings[0].message.find(" spells `Cli_x` another way"), std::string::npos)
        << lock->warnings[0].message;
}

TEST(ReadPylock, FindsTheNameOfAFileInItsPathOrUrl) {
    const auto name = [](const std::string& place) {
        const auto lock = read_pylock(
            package("wheels = [{ " + place + ", hashes = { sha256 = \"" + kHash + "\" } }]"),
            "pylock.toml");
        return lock ? lock->packages.at(0).wheels.at(0).filename : lock.error().message;
    };
    EXPECT_EQ(name("url = \"https://files.example/foo-1%2Bcpu-py3-none-any.whl?x=1#y\""),
              "foo-1+cpu-py3-none-any.whl");
    EXPECT_EQ(name("path = \"wheels/foo-1-py3-none-any.whl\""), "foo-1-py3-none-any.whl");
    EXPECT_EQ(name("path = \"foo-1-py3-none-any.whl\", url = \"https://files.example/bar\""),
              "foo-1-py3-none-any.whl");
    EXPECT_EQ(name("url = \"file:///w/foo-1-py3-none-any.whl\""), "foo-1-py3-none-any.whl");
    EXPECT_EQ(name("path = 'w\\foo-1-py3-none-any.whl'"), "foo-1-py3-none-any.whl");
}

TEST(ReadPylock, TakesNamesThatAreNotNormalizedWithAWarning) {
    const auto lock = read_pylock(
        package("wheels = [" + wheel("jaraco_classes-1-py3-none-any.whl") + "]", "Jaraco.classes"),
        "pylock.toml");
    ASSERT_OK(lock);
    EXPECT_EQ(lock->packages.at(0).name, "jaraco-classes");
    ASSERT_EQ(lock->warnings.size(), 1U);
    EXPECT_EQ(lock->warnings[0].code, "resolve/unnormalized-name");
    EXPECT_NE(lock->warnings[0].message.find("`Jaraco.classes`"), std::string::npos);
}

TEST(ReadPylock, JudgesTheVersionOfTheFormat) {
    const auto with = [](const std::string& version) {
        return read_pylock("lock-version = " + version + "\ncreated-by = \"x\"\npackages = []\n",
                           "pylock.toml");
    };
    EXPECT_OK(with("\"1.0\""));
    EXPECT_TRUE(with("\"1.0\"")->warnings.empty());
    EXPECT_EQ(with("\"1.1\"")->warnings.at(0).code, "resolve/newer-lock-version");
    EXPECT_ERROR(with("\"2.0\""), "resolve/unsupported-lock-version", "version 2.0");
    EXPECT_ERROR(with("\"1.0rc1\""), "resolve/unsupported-lock-version", "version 1.0rc1");
    EXPECT_ERROR(with("\"1.x\""), "resolve/unsupported-lock-version", "version 1.x");
    EXPECT_ERROR(with("1.0"), "resolve/unsupported-lock-version", "does not say");
    EXPECT_EQ(with("\"10\"").error().diagnostics.at(0).range.start.line, 0U);
    EXPECT_ERROR(read_pylock("", "pylock.toml"), "resolve/unsupported-lock-version");
}

TEST(ReadPylock, ListsAllFaultsWithTheirPlaces) {
    EXPECT_EQ(faults("lock-version = \"1.0\"\nextras = \"x\"\nrequires-python = \"^3\"\n"
                     "environments = [\"what\"]\n[[packages]]\nname = \"-\"\n[[packages]]\n"
                     "name = \"a\"\nmarker = 3\n")
                  .size(),
              7U);
    const std::vector<std::string> no_name = {"3: the package has no valid name"};
    EXPECT_EQ(faults(kHead + "[[packages]]\nversion = \"1\"\n"), no_name);
    EXPECT_EQ(faults(kHead), std::vector<std::string>{"1: `packages` is missing"});
    EXPECT_EQ(faults(kHead + "packages = 3\n"),
              std::vector<std::string>{"3: `packages` must be an array"});
}

TEST(ReadPylock, RefusesPackagesThatCannotBeInstalled) {
    const auto only = [](const std::string& content) {
        const auto list = faults(package(content));
        return list.size() == 1 ? list[0].substr(list[0].find(' ') + 1)
                                : std::to_string(list.size()) + " faults";
    };
    EXPECT_EQ(only(""), "`foo` has neither files nor another source");
    EXPECT_EQ(only("vcs = {}\ndirectory = { path = \".\" }"),
              "`foo` has both `vcs` and `directory`");
    EXPECT_EQ(only("archive = {}\nwheels = [{}]"), "`foo` has both `archive` and `wheels`");
    EXPECT_EQ(only("directory = {}"), "the directory has no `path`");
    EXPECT_EQ(only("wheels = 3"), "`wheels` must be an array of tables");
    EXPECT_EQ(only("wheels = [{ name = \"x\" }]"), "the file has neither `url` nor `path`");
    EXPECT_EQ(only("wheels = [{ url = \"ftp://files.example/foo-1-py3-none-any.whl\" }]"),
              "`foo-1-py3-none-any.whl` is neither at an https nor at an http URL");
    EXPECT_EQ(only("wheels = [{ path = \"foo-1-py3-none-any.whl\" }]"),
              "`foo-1-py3-none-any.whl` has no hashes");
    EXPECT_EQ(
        only("wheels = [{ path = \"foo-1-py3-none-any.whl\", hashes = { sha256 = \"aa\" } }]"),
        "the sha256 of `foo-1-py3-none-any.whl` is no hash");
    EXPECT_EQ(only("wheels = [" + wheel("bar-1-py3-none-any.whl") + "]"),
              "`bar-1-py3-none-any.whl` is no wheel of `foo`");
    EXPECT_EQ(only("version = \"2\"\nwheels = [" + wheel("foo-1-py3-none-any.whl") + "]"),
              "`foo-1-py3-none-any.whl` is not of version 2, which the package has");
    EXPECT_EQ(only("wheels = [" + wheel("foo.whl") + "]"), "`foo.whl` is no name of a wheel");
    EXPECT_EQ(only("sdist = " + wheel("bar-1.tar.gz")),
              "`bar-1.tar.gz` is no source distribution of `foo`");
    EXPECT_EQ(only("sdist = " + wheel("foo.tar.bz2")),
              "`foo.tar.bz2` is no name of a source distribution");
    EXPECT_EQ(only("vcs = { type = \"git\", url = \"https://git.example/b\" }"),
              "the repository needs a `type` and a `commit-id`");
    EXPECT_EQ(only("vcs = { type = \"git\", commit-id = \"0\" }"),
              "the repository has neither `url` nor `path`");
}

TEST(ReadPylock, JudgesTheTypesOfWhatItDoesNotUse) {
    const auto only = [](const std::string& content) {
        const auto list =
            faults(package("wheels = [" + wheel("foo-1-py3-none-any.whl") + "]\n" + content));
        return list.size() == 1 ? list[0].substr(list[0].find(' ') + 1)
                                : std::to_string(list.size()) + " faults";
    };
    EXPECT_EQ(only("dependencies = [\"bar\"]"), "`dependencies` must be an array of tables");
    EXPECT_EQ(only("tool = 3"), "`tool` must be a table");
    EXPECT_EQ(only("version = \"new\""), "`new` is not a version");
    EXPECT_EQ(only("attestation-identities = { kind = \"x\" }"),
              "`attestation-identities` must be an array of tables");
    EXPECT_EQ(only("attestation-identities = [{}]"), "the identity does not say its `kind`");
    const auto of_file = [](const std::string& more) {
        return faults(package("wheels = [" + wheel("foo-1-py3-none-any.whl", more) + "]"));
    };
    EXPECT_EQ(of_file(", size = \"12\""),
              std::vector<std::string>{"5: `size` must be a number of bytes"});
    EXPECT_EQ(
        faults(package("wheels = [{ path = \"foo-1-py3-none-any.whl\", hashes = { sha512 = 3 "
                       "} }]")),
        std::vector<std::string>{"5: the sha512 of `foo-1-py3-none-any.whl` must be a string"});
}

TEST(ReadPylock, TellsWhatIsBeforeTheLock) {
    EXPECT_ERROR(read_pylock("Resolved 3 packages in 12ms\n" + kHead, "pylock.toml"),
                 "resolve/invalid-lock", "before `lock-version` in line 2", "output of a tool");
    EXPECT_EQ(read_pylock("Resolved 3 packages\n" + kHead, "pylock.toml")
                  .error()
                  .diagnostics.at(0)
                  .range.start.line,
              0U);
    EXPECT_ERROR(read_pylock("foo==1 \\\n    --hash=sha256:" + kHash + "\n", "pylock.toml"),
                 "resolve/invalid-lock", "`requirements.txt` by its content");
    EXPECT_ERROR(read_pylock(kHead + "<<<<<<< HEAD\n", "pylock.toml"), "resolve/invalid-lock",
                 "make it again");
}

TEST(IsPylockName, FollowsTheSpecification) {
    for (const char* name : {"pylock.toml", "pylock.prod.toml", "pylock.a-b.toml"})
        EXPECT_TRUE(is_pylock_name(name)) << name;
    for (const char* name : {"pylock..toml", "pylock.a.b.toml", "Pylock.toml", "pylock.lock",
                             "apylock.toml", "pylock", "pylock.toml.bak"})
        EXPECT_FALSE(is_pylock_name(name)) << name;
}

}  // namespace
}  // namespace pycontainer::resolve
