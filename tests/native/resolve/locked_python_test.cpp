#include "resolve/locked_python.hpp"

#include "resolve/project_files.hpp"
#include "support/result_matchers.hpp"

#include <gtest/gtest.h>

namespace pycontainer::resolve {
namespace {

using project::ConstraintSyntax;

/// The release that an image gets of such a lock, and the reason.
void check(std::string_view kind, std::string_view text, const std::string& constraint,
           const std::string& evidence, const std::string& minor) {
    const auto found = locked_python(kind, text, std::string(kind));
    ASSERT_TRUE(found.has_value()) << text;
    EXPECT_EQ(found->fact.value, constraint);
    EXPECT_EQ(found->fact.evidence, evidence);
    const auto choice = project::choose_python({.directory = "/missing",
                                                .configured = {},
                                                .required = found->fact,
                                                .syntax = found->syntax});
    ASSERT_OK(choice);
    EXPECT_EQ(choice->minor, minor);
}

TEST(LockedPython, IsWhatTheLockRequires) {
    check("uv.lock", "version = 1\nrequires-python = \">=3.12\"\n", ">=3.12",
          "uv.lock:2: requires-python", "3.12");
    check("poetry.lock", "[metadata]\nlock-version = \"2.1\"\npython-versions = \"^3.12\"\n",
          "^3.12", "poetry.lock:3: python-versions", "3.12");
    check("pdm.lock", "[metadata]\nrequires_python = \"~=3.13\"\n", "~=3.13",
          "pdm.lock:2: requires_python", "3.13");
    check("pylock.toml", "lock-version = \"1.0\"\nrequires-python = \"==3.12.*\"\n", "==3.12.*",
          "pylock.toml:2: requires-python", "3.12");
}

TEST(LockedPython, IsThatOfThePipfile) {
    check("Pipfile.lock", R"({"_meta": {"requires": {"python_version": "3.12"}}})", "==3.12.*",
          "Pipfile.lock: python_version", "3.12");
    check("Pipfile.lock",
          R"({"_meta": {"requires": {"python_version": "3.12", "python_full_version": "3.12.4"}}})",
          "==3.12.4", "Pipfile.lock: python_full_version", "3.12");
}

TEST(LockedPython, IsWhatAnEnvironmentOfPylockAllows) {
    check("pylock.toml",
          "environments = [\"sys_platform == 'win32' and python_version == '3.11'\", "
          "\"sys_platform == 'linux' and python_full_version >= '3.12.5' and python_version < "
          "'3.14'\"]\n",
          "==3.12.* || ==3.13.*", "pylock.toml:1: environments", "3.12");
    check("pylock.toml",
          "requires-python = \">=3.13\"\nenvironments = [\"python_version >= '3.12' and "
          "python_version < '3.15'\"]\n",
          "==3.13.* || ==3.14.*", "pylock.toml:2: environments", "3.13");
}

TEST(LockedPython, IsThatOfPdmsTargetsForLinux) {
    check("pdm.lock",
          "[[metadata.targets]]\nrequires_python = \"==3.11.*\"\nplatform = \"windows_amd64\"\n"
          "[[metadata.targets]]\nrequires_python = \"==3.12.*\"\nplatform = "
          "\"manylinux_2_17_x86_64\"\n[[metadata.targets]]\nrequires_python = \"==3.13.*\"\n",
          "==3.12.* || ==3.13.*", "pdm.lock:1: targets", "3.12");
}

TEST(LockedPython, IsUnknownWhenTheLockSaysNothing) {
    for (const auto& [kind, text] :
         {std::pair("uv.lock", "version = 1\n"), std::pair("uv.lock", "requires-python = 3\n"),
          std::pair("uv.lock", "requires-python = \"three\"\n"), std::pair("uv.lock", "[[["),
          std::pair("pylock.toml", "environments = [\"nonsense\"]\n"),
          std::pair("Pipfile.lock", "{}"), std::pair("Pipfile.lock", "{\"_meta\": 3}"),
          std::pair("Pipfile.lock", R"({"_meta": {"requires": {"python_version": ""}}})"),
          std::pair("requirements.txt", "requires-python = \">=3.12\"\n")})
        EXPECT_EQ(locked_python(kind, text, kind), std::nullopt) << text;
    EXPECT_EQ(locked_python(LockChoice()), std::nullopt);
}

TEST(LockedPython, IsReadFromTheChosenFile) {
    const testing::ProjectFiles project("//- uv.lock\nrequires-python = \">=3.13\"\n");
    const auto found = locked_python({.kind = "uv.lock", .file = project.path() / "uv.lock"});
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ(found->fact.value, ">=3.13");
}

}  // namespace
}  // namespace pycontainer::resolve
