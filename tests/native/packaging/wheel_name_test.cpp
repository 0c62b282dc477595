#include "packaging/wheel_name.hpp"

#include "support/result_matchers.hpp"

#include <gtest/gtest.h>

namespace pycontainer::packaging {
namespace {

TEST(WheelName, ReadsItsParts) {
    const auto name = WheelName::parse(
        "Foo_Bar.baz-1.0.0+Local.1-12abc-cp311.py3-abi3-manylinux_2_17_x86_64.manylinux2014_x86_64."
        "whl");
    ASSERT_OK(name);
    EXPECT_EQ(name->name, "foo-bar-baz");
    EXPECT_EQ(name->version, "1.0.0+local.1");
    EXPECT_EQ(name->build, "12abc");
    EXPECT_EQ(name->python_tags, (std::vector<std::string>{"cp311", "py3"}));
    EXPECT_EQ(name->abi_tags, (std::vector<std::string>{"abi3"}));
    EXPECT_EQ(name->platform_tags,
              (std::vector<std::string>{"manylinux_2_17_x86_64", "manylinux2014_x86_64"}));
    EXPECT_EQ(name->stem, "Foo_Bar.baz-1.0.0+Local.1");
}

TEST(WheelName, SaysWhatIsWrong) {
    EXPECT_ERROR(WheelName::parse("foo-1.0.tar.gz"), "packaging/invalid-wheel-name", ".whl");
    EXPECT_ERROR(WheelName::parse("foo-1.0.whl"), "packaging/invalid-wheel-name", "five or six");
    EXPECT_ERROR(WheelName::parse("foo-1.0-a-b-c-d-e.whl"), "packaging/invalid-wheel-name",
                 "five or six");
    EXPECT_ERROR(WheelName::parse("f__o-1.0-py3-none-any.whl"), "packaging/invalid-wheel-name",
                 "the name");
    EXPECT_ERROR(WheelName::parse("-1.0-py3-none-any.whl"), "packaging/invalid-wheel-name",
                 "the name");
    EXPECT_ERROR(WheelName::parse("../foo-1.0-py3-none-any.whl"), "packaging/invalid-wheel-name",
                 "the name");
    EXPECT_ERROR(WheelName::parse("foo-x-py3-none-any.whl"), "packaging/invalid-wheel-name",
                 "the version");
    EXPECT_ERROR(WheelName::parse("foo-1.0-x1-py3-none-any.whl"), "packaging/invalid-wheel-name",
                 "build tag");
    EXPECT_ERROR(WheelName::parse("foo-1.0-py3-none-.whl"), "packaging/invalid-wheel-name",
                 "tag is empty");
    EXPECT_ERROR(WheelName::parse("foo-1.0-py3..py2-none-any.whl"), "packaging/invalid-wheel-name",
                 "tag is empty");
    EXPECT_ERROR(WheelName::parse(std::string(5000, 'a') + "-1.0-py3-none-any.whl"),
                 "packaging/invalid-wheel-name", "too long");
}

TEST(BuildTag, OrdersByNumberFirst) {
    const char* ascending[] = {"", "1", "9", "10", "10a", "10b", "184467440737095516160"};
    for (std::size_t i = 0; i < std::size(ascending); ++i)
        for (std::size_t j = 0; j < std::size(ascending); ++j)
            EXPECT_EQ(build_tag_less(ascending[i], ascending[j]), i < j)
                << ascending[i] << " " << ascending[j];
}

TEST(SourceName, ReadsNameAndVersion) {
    const auto name = SourceName::parse("Zope_Interface-extra-1.0.0rc1.tar.gz");
    ASSERT_OK(name);
    EXPECT_EQ(name->name, "zope-interface-extra");
    EXPECT_EQ(name->version, "1.0.0rc1");
    EXPECT_OK(SourceName::parse("a-1.zip"));
    for (const char* text : {"a.tar.gz", "-1.tar.gz", "a-b.tar.gz", "a-1.tar.bz2", ""})
        EXPECT_ERROR(SourceName::parse(text), "packaging/invalid-sdist-name") << text;
}

}  // namespace
}  // namespace pycontainer::packaging
