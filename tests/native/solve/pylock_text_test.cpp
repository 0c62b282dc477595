#include "solve/pylock_text.hpp"

#include "support/result_matchers.hpp"

#include <gtest/gtest.h>

namespace pycontainer::solve {
namespace {

index::IndexFile file_of(const std::string& filename) {
    index::IndexFile file;
    file.filename = filename;
    file.url = "https://user:secret@files.example/" + filename;
    file.sha256 = Digest::of(filename);
    file.size = 7;
    return file;
}

SolvedPackage package_of(const std::string& name, const std::vector<std::string>& files) {
    SolvedPackage package{.name = name, .version = "1.0", .requires_python = ">=3.8"};
    package.index_url = "https://index.example/simple";
    for (const auto& each : files) package.files.push_back(file_of(each));
    return package;
}

SolvedTarget target_of(const std::string& machine, std::vector<SolvedPackage> packages) {
    return {.target = {.python_version = "3.12.7", .libc_minor = 36, .machine = machine},
            .solution = {.packages = std::move(packages), .warnings = {}}};
}

TEST(PylockText, ListsTheWheelsThatFit) {
    auto target =
        target_of("x86_64", {package_of("foo", {"foo-1.0.tar.gz", "foo-1.0-py3-none-any.whl",
                                                "foo-1.0-cp312-cp312-win_amd64.whl"})});
    target.inputs = "x";
    const auto text = to_pylock({&target, 1}, {.directory = "/p"});
    ASSERT_OK(text);
    EXPECT_EQ(*text,
              R"(lock-version = "1.0"
environments = [
    "implementation_name == 'cpython' and platform_machine == 'x86_64' and python_version == '3.12' and sys_platform == 'linux'",
]
requires-python = "==3.12.*"
created-by = "pycontainer"

[[packages]]
name = "foo"
version = "1.0"
requires-python = ">=3.8"
index = "https://index.example/simple"
wheels = [
    { name = "foo-1.0-py3-none-any.whl", url = "https://files.example/foo-1.0-py3-none-any.whl", size = 7, hashes = { sha256 = ")" +
                  Digest::of("foo-1.0-py3-none-any.whl").hex() + R"(" } },
]

[[tool.pycontainer.targets]]
environment = "implementation_name == 'cpython' and platform_machine == 'x86_64' and python_version == '3.12' and sys_platform == 'linux'"
libc = "glibc 2.36"
inputs = "x"
)");
}

TEST(PylockText, NamesExtrasAndGroups) {
    const auto target = target_of("x86_64", {package_of("foo", {"foo-1.0-py3-none-any.whl"})});
    const auto text =
        to_pylock({&target, 1}, {.directory = "/p", .extras = {"x"}, .groups = {"dev"}});
    ASSERT_OK(text);
    for (const char* part : {"\nextras = [\"x\"]\n", "\ndependency-groups = [\"dev\"]\n",
                             "\ndefault-groups = [\"dev\"]\n"})
        EXPECT_NE(text->find(part), std::string::npos) << part;
    EXPECT_EQ(text->find("secret"), std::string::npos);
    EXPECT_EQ(text->find("tool.pycontainer"), std::string::npos);
}

TEST(PylockText, NamesFilesOfThisMachineByTheirPath) {
    auto package = package_of("foo", {"foo-1.0-py3-none-any.whl"});
    package.index_url.clear();
    package.files[0].url = "file:///p/wheels%20here/foo-1.0-py3-none-any.whl";
    const auto target = target_of("x86_64", {package});
    const auto text = to_pylock({&target, 1}, {.directory = "/p"});
    ASSERT_OK(text);
    EXPECT_NE(text->find("path = \"wheels here/foo-1.0-py3-none-any.whl\""), std::string::npos)
        << *text;
}

TEST(PylockText, MarksWhatNotAllTargetsHave) {
    const SolvedTarget targets[] = {
        target_of("x86_64", {package_of("both", {"both-1.0-py3-none-any.whl"}),
                             package_of("one", {"one-1.0-py3-none-any.whl"})}),
        target_of("aarch64", {package_of("both", {"both-1.0-py3-none-any.whl"})})};
    const auto text = to_pylock(targets, {.directory = "/p"});
    ASSERT_OK(text);
    const auto one = text->substr(text->find("name = \"one\""));
    EXPECT_NE(one.find("marker = \"(implementation_name == 'cpython' and platform_machine == "
                       "'x86_64'"),
              std::string::npos);
    const auto both = text->substr(text->find("name = \"both\""));
    EXPECT_EQ(both.substr(0, both.find("[[packages]]")).find("marker"), std::string::npos);
}

TEST(PylockText, NamesDirectoriesAndUrls) {
    SolvedPackage local{.name = "lib", .version = "0", .requires_python = ""};
    local.directory = "/p/libs/lib";
    SolvedPackage direct{.name = "url", .version = "1", .requires_python = ""};
    direct.direct = file_of("url-1-py3-none-any.whl");
    const auto target = target_of("x86_64", {local, direct});
    const auto text = to_pylock({&target, 1}, {.directory = "/p"});
    ASSERT_OK(text);
    EXPECT_NE(text->find("directory = { path = \"libs/lib\" }"), std::string::npos);
    EXPECT_NE(text->find("archive = { url = \"https://files.example/url-1-py3-none-any.whl\""),
              std::string::npos);
}

TEST(PylockText, RefusesWhatCannotBeLocked) {
    auto package = package_of("foo", {"foo-1.0-py3-none-any.whl"});
    package.files[0].sha256.reset();
    const auto unhashed = target_of("x86_64", {package});
    EXPECT_ERROR(to_pylock({&unhashed, 1}, {.directory = "/p"}), "resolve/missing-hash",
                 "`foo 1.0`");
    package = package_of("foo", {"foo-1.0-py3-none-any.whl"});
    package.files[0].url += "?token=hunter2";
    const auto signed_url = target_of("x86_64", {package});
    const auto text = to_pylock({&signed_url, 1}, {.directory = "/p"});
    EXPECT_ERROR(text, "resolve/missing-hash", "query");
    EXPECT_EQ(text.error().message.find("hunter2"), std::string::npos);
}

}  // namespace
}  // namespace pycontainer::solve
