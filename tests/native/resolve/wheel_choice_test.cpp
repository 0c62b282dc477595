#include "resolve/wheel_choice.hpp"

#include "support/result_matchers.hpp"

#include <gtest/gtest.h>

namespace pycontainer::resolve {
namespace {

const packaging::TargetEnvironment kTarget{
    .python_version = "3.12.7", .libc_minor = 36, .machine = "x86_64"};

LockedPackage package(std::initializer_list<const char*> wheels, bool has_sdist = false) {
    LockedPackage result{"foo", "1.0", {}, has_sdist, "uv.lock", {{3, 7}, {3, 12}}};
    for (const char* each : wheels)
        result.wheels.push_back({.filename = each,
                                 .url = std::string("https://files.example/") + each,
                                 .local_path = {},
                                 .sha256 = {},
                                 .size = {},
                                 .requires_python = {}});
    return result;
}

std::string chosen(const LockedPackage& from) {
    const auto wheel = choose_wheel(from, packaging::TagSet(kTarget), kTarget);
    return wheel ? wheel->filename : wheel.error().code;
}

TEST(ChooseWheel, PrefersTheBestTag) {
    EXPECT_EQ(
        chosen(package({"foo-1.0-py3-none-any.whl", "foo-1.0-cp312-cp312-manylinux_2_17_x86_64.whl",
                        "foo-1.0-cp312-cp312-manylinux_2_28_x86_64.whl"})),
        "foo-1.0-cp312-cp312-manylinux_2_28_x86_64.whl");
    EXPECT_EQ(
        chosen(package({"foo-1.0-cp38-abi3-manylinux2014_x86_64.whl", "foo-1.0-py3-none-any.whl"})),
        "foo-1.0-cp38-abi3-manylinux2014_x86_64.whl");
    EXPECT_EQ(chosen(package({"foo-1.0-9-py3-none-any.whl", "foo-1.0-10-py3-none-any.whl",
                              "foo-1.0-py3-none-any.whl"})),
              "foo-1.0-10-py3-none-any.whl");
    EXPECT_EQ(chosen(package({"not a wheel.whl", "foo-1.0-py3-none-any.whl"})),
              "foo-1.0-py3-none-any.whl");
}

TEST(ChooseWheel, HeedsTheFilesRequiresPython) {
    auto from = package({"foo-1.0-1-py3-none-any.whl", "foo-1.0-py3-none-any.whl"});
    from.wheels[0].requires_python = ">=3.13";
    EXPECT_EQ(chosen(from), "foo-1.0-py3-none-any.whl");
    from.wheels[0].requires_python = "nonsense";
    EXPECT_EQ(chosen(from), "foo-1.0-1-py3-none-any.whl");
}

TEST(ChooseWheel, ListsWhatThereIsInstead) {
    const packaging::TagSet tags(kTarget);
    const auto result = choose_wheel(
        package({"foo-1.0-cp38-cp38-win_amd64.whl", "foo-1.0-cp38-cp38-macosx_11_0_arm64.whl"}),
        tags, kTarget);
    EXPECT_ERROR(result, "resolve/no-wheel", "`foo 1.0`", "Python 3.12 on x86_64 with glibc 2.36",
                 "wheels exist for: macosx_11_0_arm64, win_amd64; Python 3.8");
    EXPECT_ERROR(choose_wheel(package({}, true), tags, kTarget), "resolve/only-sdist", "`foo 1.0`",
                 "pip wheel foo==1.0");
    EXPECT_ERROR(choose_wheel(package({}), tags, kTarget), "resolve/no-wheel", "no file");
    EXPECT_ERROR(choose_wheel(package({"foo-1.0-cp38-cp38-win_amd64.whl"}, true), tags, kTarget),
                 "resolve/no-wheel", "source distribution");
}

TEST(ChooseWheels, SortsByName) {
    auto b = package({"foo-1.0-py3-none-any.whl"});
    auto a = b;
    b.name = "b";
    a.name = "a";
    const auto wheels = choose_wheels(std::vector{b, a}, kTarget);
    ASSERT_OK(wheels);
    EXPECT_EQ(wheels->front().name, "a");
}

TEST(ChooseWheels, ReportsEveryPackageWithItsPlace) {
    auto other = package({}, true);
    other.name = "bar";
    const auto result =
        choose_wheels(std::vector{package({"foo-1.0-cp38-cp38-win_amd64.whl"}), other}, kTarget);
    EXPECT_ERROR(result, "resolve/no-wheel", "and 1 more package has none either");
    ASSERT_EQ(result.error().diagnostics.size(), 2U);
    EXPECT_EQ(to_string(result.error().diagnostics[0]).substr(0, 36),
              "uv.lock:4:8: error[resolve/no-wheel]");
    EXPECT_EQ(result.error().diagnostics[1].code, "resolve/only-sdist");
}

}  // namespace
}  // namespace pycontainer::resolve
