#include "store/cache_size.hpp"

#include "support/result_matchers.hpp"

#include <gtest/gtest.h>

namespace pycontainer::store {
namespace {

TEST(CacheSize, IsReadAsPeopleWriteIt) {
    const auto check = [](std::string_view text, std::optional<std::uint64_t> expected) {
        EXPECT_EQ(parse_size(text), expected) << text;
    };
    check("0", 0);
    check("1234", 1234);
    check("17B", 17);
    check("3k", 3000);
    check("3 kB", 3000);
    check("10G", 10'000'000'000);
    check("10GB", 10'000'000'000);
    check("10g", 10'000'000'000);
    check("1.5 GB", 1'500'000'000);
    check("0.25M", 250'000);
    check("2T", 2'000'000'000'000);
    check("512MiB", 512ULL << 20U);
    check("1Gi", 1ULL << 30U);
    check(" 4 KiB ", 4096);
}

TEST(CacheSize, IsNotMadeOfOtherThings) {
    for (const std::string_view text : {"",
                                        " ",
                                        "G",
                                        "-1",
                                        "+1",
                                        "1.",
                                        ".5",
                                        "1.2.3",
                                        "1e9",
                                        "0x10",
                                        "10 X",
                                        "10GG",
                                        "10iB",
                                        "10 G B",
                                        "1,5G",
                                        "9999999T",
                                        "99999999999999999999",
                                        "none",
                                        "10G\n11",
                                        "nan",
                                        "inf"})
        EXPECT_EQ(parse_size(text), std::nullopt) << text;
}

TEST(CacheSize, LimitComesFromTheEnvironment) {
    const auto limit = [](std::map<std::string, std::string, std::less<>> variables) {
        return cache_size_limit(Environment(std::move(variables)));
    };
    EXPECT_EQ(*limit({}), std::optional(kDefaultCacheSize));
    EXPECT_EQ(*limit({{"PYCONTAINER_CACHE_SIZE", ""}}), std::optional(kDefaultCacheSize));
    EXPECT_EQ(*limit({{"PYCONTAINER_CACHE_SIZE", "5M"}}), std::optional(std::uint64_t{5'000'000}));
    EXPECT_EQ(*limit({{"PYCONTAINER_CACHE_SIZE", "None"}}), std::optional<std::uint64_t>());
    EXPECT_ERROR(limit({{"PYCONTAINER_CACHE_SIZE", "much"}}), "config/invalid-value",
                 "PYCONTAINER_CACHE_SIZE", "much", "10G");
}

}  // namespace
}  // namespace pycontainer::store
