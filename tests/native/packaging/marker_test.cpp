#include "packaging/marker.hpp"

#include "packaging/target.hpp"
#include "support/result_matchers.hpp"

#include <gtest/gtest.h>

namespace pycontainer::packaging {
namespace {

MarkerEnvironment environment() {
    return TargetEnvironment{.python_version = "3.11.9", .libc_minor = 36, .machine = "x86_64"}
        .marker_environment();
}

void check(std::string_view text, bool expected, const MarkerEnvironment& where = environment()) {
    const auto marker = Marker::parse(text);
    ASSERT_OK(marker) << text;
    const auto result = marker->evaluate(where);
    ASSERT_OK(result) << text;
    EXPECT_EQ(*result, expected) << text;
    EXPECT_EQ(marker->evaluate_leniently(where), expected) << text;
    EXPECT_EQ(Marker::parse(marker->to_string())->to_string(), marker->to_string());
}

TEST(Marker, ComparesVersionsAsVersions) {
    check("python_version >= '3.9'", true);
    check("python_version < '3.9'", false);
    check("'3.10' <= python_version", true);
    check("python_full_version == '3.11.*'", true);
    check("python_full_version ~= '3.11.2'", true);
    check("implementation_version > '3.11.10'", false);
    check("python_version in '3.10, 3.11'", true);
    check("python_version not in '3.10 3.11'", false);
}

TEST(Marker, ComparesTextsForEquality) {
    check("sys_platform == 'linux'", true);
    check("os.name != \"nt\" and sys.platform == 'linux'", true);
    check("'linux' in sys_platform", true);
    check("sys_platform in 'linux darwin'", true);
    check("platform_machine not in 'arm64'", true);
    check("platform.python_implementation == 'CPython'", true);
    check("python_implementation == 'PyPy'", false);
    check("platform_release == ''", true);
}

TEST(Marker, BindsAndTighterThanOr) {
    check("sys_platform == 'linux' or os_name == 'nt' and os_name == 'x'", true);
    check("(sys_platform == 'linux' or os_name == 'nt') and os_name == 'x'", false);
    check("os_name == 'x' and os_name == 'y' or sys_platform == 'linux' and os_name == 'posix'",
          true);
    check("os_name=='x'or os_name=='posix'", true);
    check("((os_name == 'posix'))", true);
}

TEST(Marker, ComparesExtrasNormalized) {
    auto with = environment();
    check("extra == 'all'", false);
    check("extra == ''", true);
    with.extra = {"Fancy_Extra", "cli"};
    check("extra == 'fancy.extra'", true, with);
    check("'CLI' == extra", true, with);
    check("extra != 'cli'", false, with);
    check("extra != 'gpu'", true, with);
}

TEST(Marker, KnowsTheSetsOfLockFiles) {
    auto lock = environment();
    EXPECT_ERROR(Marker::parse("'dev' in dependency_groups")->evaluate(lock),
                 "packaging/undefined-comparison", "dependency_groups");
    lock.dependency_groups = {"Dev"};
    lock.extras.emplace();
    check("'dev' in dependency_groups and 'cli' not in extras", true, lock);
}

TEST(Marker, SaysWhatHasNoOrder) {
    const auto marker = Marker::parse("platform_machine ~= '1.0'");
    ASSERT_OK(marker);
    EXPECT_ERROR(marker->evaluate(environment()), "packaging/undefined-comparison",
                 "platform_machine ~= \"1.0\"");
    EXPECT_FALSE(marker->evaluate_leniently(environment()));
    EXPECT_TRUE(Marker::parse("platform_machine > 'x86'")->evaluate_leniently(environment()));
    EXPECT_FALSE(*Marker::parse("platform_machine > 'x86'")->evaluate(environment()));
}

TEST(Marker, TakesTwoTextsAndTwoVariables) {
    const auto texts = Marker::parse("'b' <= \"a\"");
    ASSERT_OK(texts);
    EXPECT_EQ(texts->to_string(), "\"b\" <= \"a\"");
    EXPECT_ERROR(texts->evaluate(environment()), "packaging/undefined-comparison",
                 "\"b\" <= \"a\"");
    EXPECT_FALSE(texts->evaluate_leniently(environment()));
    EXPECT_EQ(Marker::parse("os.name == extra")->to_string(), "os_name == extra");
    EXPECT_EQ(Marker::parse("extra == sys.platform")->to_string(), "extra == sys_platform");
    check("os_name == sys_platform", false);
    check("os_name != os_name", true);
}

TEST(Marker, KeepsTheParenthesesThatMatter) {
    EXPECT_EQ(Marker::parse("(os_name=='a')and(os_name=='b' or os_name=='c')")->to_string(),
              "os_name == \"a\" and (os_name == \"b\" or os_name == \"c\")");
    EXPECT_EQ(Marker::parse("((os_name=='a' or os.name=='it\"s'))")->to_string(),
              "os_name == \"a\" or os_name == 'it\"s'");
    EXPECT_EQ(Marker::parse("(os_name=='a' and os_name=='b') or os_name=='c'")->to_string(),
              "(os_name == \"a\" and os_name == \"b\") or os_name == \"c\"");
}

TEST(Marker, SaysWhereTheFaultIs) {
    EXPECT_ERROR(Marker::parse(""), "packaging/invalid-marker", "variable", "character 1");
    EXPECT_ERROR(Marker::parse("python_version"), "packaging/invalid-marker", "operator");
    EXPECT_ERROR(Marker::parse("python_version >= 3.9"), "packaging/invalid-marker", "quoted text",
                 "character 19");
    EXPECT_ERROR(Marker::parse("python_version >= '3.9"), "packaging/invalid-marker",
                 "quotation mark");
    EXPECT_ERROR(Marker::parse("os_name == 'C:\\\\'"), "packaging/invalid-marker", "without");
    EXPECT_ERROR(Marker::parse("os_name == 'a\nb'"), "packaging/invalid-marker", "one line");
    EXPECT_ERROR(Marker::parse("(os_name == 'a'"), "packaging/invalid-marker", "`)`");
    EXPECT_ERROR(Marker::parse("os_name == 'a' os_name == 'b'"), "packaging/invalid-marker",
                 "`and`");
    EXPECT_ERROR(Marker::parse("os_name not 'a'"), "packaging/invalid-marker", "`in`");
    EXPECT_ERROR(Marker::parse(std::string(50'000, '(')), "packaging/invalid-marker", "nested");
}

}  // namespace
}  // namespace pycontainer::packaging
