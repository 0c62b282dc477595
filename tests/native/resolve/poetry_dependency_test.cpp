#include "resolve/internal/poetry_dependency.hpp"

#include "support/result_matchers.hpp"

#include <gtest/gtest.h>

namespace pycontainer::resolve::internal {
namespace {

using Source = PoetryDependency::Source;

const packaging::TargetEnvironment kTarget{
    .python_version = "3.12.7", .libc_minor = 36, .machine = "x86_64"};

Result<PoetryDependency> read(const char* json) {
    auto list = read_poetry_dependencies("Foo_Bar", Json::parse(json));
    if (!list) return tl::unexpected<Error>(list.error());
    return std::move(list->front());
}

bool applies(const char* json) {
    const auto dependency = read(json);
    EXPECT_OK(dependency);
    return dependency && dependency->applies(kTarget, kTarget.marker_environment());
}

TEST(ReadPoetryDependencies, ReadsTextsTablesAndArrays) {
    const auto text = read(R"("^1.2")");
    ASSERT_OK(text);
    EXPECT_EQ(text->name, "foo-bar");
    EXPECT_EQ(text->constraint.to_string(), "^1.2");
    EXPECT_EQ(text->text, "Foo_Bar ^1.2");
    const auto table = read(R"({"version": ">=2", "extras": ["Fast_IO"], "optional": true})");
    ASSERT_OK(table);
    EXPECT_EQ(table->extras, std::vector<std::string>{"fast-io"});
    EXPECT_TRUE(table->is_optional);
    const auto several =
        read_poetry_dependencies("foo", Json::parse(R"(["1.0", {"version": "2.0"}])"));
    ASSERT_OK(several);
    ASSERT_EQ(several->size(), 2U);
    EXPECT_EQ(several->at(1).constraint.to_string(), "2.0");
}

TEST(ReadPoetryDependencies, KnowsSources) {
    const auto check = [](const char* json, Source expected) {
        const auto dependency = read(json);
        ASSERT_OK(dependency);
        EXPECT_EQ(dependency->source, expected) << json;
    };
    check(R"("*")", Source::Any);
    check(R"({"git": "https://files.example/foo.git", "rev": "main"})", Source::Repository);
    check(R"({"url": "https://files.example/foo-1.0-py3-none-any.whl"})", Source::Url);
    check(R"({"path": "../foo", "develop": true})", Source::Path);
    check(R"({"file": "foo.whl"})", Source::Path);
    check(R"({"version": "*", "source": "internal"})", Source::Named);
}

TEST(ReadPoetryDependencies, TurnsPythonAndPlatformIntoConditions) {
    EXPECT_TRUE(applies(R"({"version": "*", "python": "^3.10"})"));
    EXPECT_FALSE(applies(R"({"version": "*", "python": "<3.12"})"));
    EXPECT_TRUE(applies(R"({"version": "*", "python": "3.12"})"));
    EXPECT_FALSE(applies(R"({"version": "*", "platform": "win32"})"));
    EXPECT_TRUE(applies(R"({"version": "*", "platform": "linux"})"));
    EXPECT_TRUE(applies(R"({"version": "*", "platform": "darwin || linux"})"));
    EXPECT_TRUE(applies(R"({"version": "*", "platform": "!=win32,!=darwin"})"));
    EXPECT_FALSE(applies(R"({"version": "*", "platform": "!= linux"})"));
    EXPECT_TRUE(applies(R"({"version": "*", "platform": "*"})"));
    EXPECT_FALSE(applies(R"({"version": "*", "markers": "sys_platform == 'win32'"})"));
    EXPECT_FALSE(
        applies(R"({"version": "*", "markers": "sys_platform == 'linux'", "python": "<3.9"})"));
}

TEST(ReadPoetryDependencies, SaysWhatIsWrong) {
    EXPECT_ERROR(read(R"("about 1")"), "resolve/invalid-dependency", "Foo_Bar");
    EXPECT_ERROR(read(R"({"version": "^"})"), "resolve/invalid-dependency");
    EXPECT_ERROR(read(R"({"version": "*", "markers": "never"})"), "resolve/invalid-dependency");
    EXPECT_ERROR(read(R"({"version": "*", "python": "snake"})"), "resolve/invalid-dependency");
    EXPECT_ERROR(read("3"), "resolve/invalid-dependency", "neither a text nor a table");
}

TEST(ReadPep508Dependency, ReadsRequirements) {
    const auto check = [](std::string_view text, std::string_view constraint, Source source) {
        const auto dependency = read_pep508_dependency(text);
        ASSERT_OK(dependency);
        EXPECT_EQ(dependency->name, "foo");
        EXPECT_EQ(dependency->constraint.to_string(), constraint) << text;
        EXPECT_EQ(dependency->source, source) << text;
    };
    check("Foo", "*", Source::Any);
    check("foo (>=1.0,<2.0)", "<2.0,>=1.0", Source::Any);
    check("foo[x]~=1.4; python_version > '3'", "~=1.4", Source::Any);
    check("foo @ git+https://files.example/foo.git", "*", Source::Repository);
    check("foo @ https://files.example/foo-1.0-py3-none-any.whl", "*", Source::Url);
    check("foo @ file:///srv/foo", "*", Source::Path);
    EXPECT_ERROR(read_pep508_dependency("=1"), "resolve/invalid-dependency");
}

}  // namespace
}  // namespace pycontainer::resolve::internal
