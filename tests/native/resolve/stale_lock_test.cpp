#include "resolve/stale_lock.hpp"

#include "toml/document.hpp"

#include <gtest/gtest.h>

namespace pycontainer::resolve {
namespace {

std::optional<std::string> staleness(const std::string& dependencies,
                                     const std::string& requires_dist) {
    const auto project =
        toml::parse("[project]\nname = \"app\"\ndependencies = [" + dependencies + "]\n",
                    "pyproject.toml")
            .value;
    const auto metadata = toml::parse("requires-dist = [" + requires_dist + "]\n", "uv.lock").value;
    return find_staleness(project, metadata);
}

TEST(FindStaleness, SeesThroughSpelling) {
    EXPECT_EQ(staleness("'Foo_Bar[B,a] >=1.0, <2 ; python_version > \"3\"'",
                        "{ name = 'foo-bar', extras = ['a', 'b'], specifier = '<2,>=1.0', marker = "
                        "\"python_full_version > '3'\" }"),
              std::nullopt);
    EXPECT_EQ(staleness("'foo==1.0RC1'", "{ name = 'foo', specifier = '==1.0rc1' }"), std::nullopt);
    EXPECT_EQ(staleness("'foo'", "{ name = 'foo' }, { name = 'bar', marker = \"extra == 'x'\" }"),
              std::nullopt);
    EXPECT_EQ(staleness("'foo>=1'", "{ name = 'foo', editable = '../foo' }"), std::nullopt);
}

TEST(FindStaleness, ListsTheDifference) {
    EXPECT_EQ(staleness("'foo>=2', 'new'", "{ name = 'foo', specifier = '>=1' }"),
              "`foo>=2`, `new` are only in `pyproject.toml`, `foo>=1` is only in the lock");
    EXPECT_EQ(staleness("", "{ name = 'foo' }"), "`foo` is only in the lock");
    EXPECT_EQ(staleness("'a','b','c','d','e'", ""),
              "`a`, `b`, `c`, `d` and 1 more are only in `pyproject.toml`");
}

TEST(FindStaleness, TakesMissingRequirementsForNone) {
    EXPECT_EQ(find_staleness({{"project", {{"dependencies", {"foo"}}}}}, Json::object()),
              "`foo` is only in `pyproject.toml`");
    EXPECT_EQ(find_staleness({{"project", {{"name", "app"}}}}, Json::object()), std::nullopt);
}

TEST(FindStaleness, SaysNothingWhenItCannotKnow) {
    const Json metadata = {{"requires-dist", Json::array()}};
    EXPECT_EQ(find_staleness(Json::object(), metadata), std::nullopt);
    EXPECT_EQ(find_staleness({{"project", {{"dynamic", {"dependencies"}}}}}, metadata),
              std::nullopt);
    EXPECT_EQ(find_staleness({{"project", {{"dependencies", {"foo"}}}}}, Json()), std::nullopt);
    EXPECT_EQ(find_staleness({{"project", {{"dependencies", {"not a requirement"}}}}}, metadata),
              std::nullopt);
    EXPECT_EQ(find_staleness({{"project", {{"dependencies", 3}}}}, metadata), std::nullopt);
}

}  // namespace
}  // namespace pycontainer::resolve
