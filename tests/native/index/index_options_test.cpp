#include "index/index_options.hpp"

#include "base/version.hpp"

#include <gtest/gtest.h>

namespace pycontainer::index {
namespace {

using Urls = std::vector<std::string>;

Environment environment(std::map<std::string, std::string, std::less<>> variables) {
    return Environment(std::move(variables));
}

TEST(IndexOptions, FallsBackToTheBuiltInIndex) {
    EXPECT_EQ(IndexOptions::from(Environment()).urls, Urls{std::string(kDefaultIndex)});
}

TEST(IndexOptions, TakesTheVariablesOfPipAndUv) {
    EXPECT_EQ(
        IndexOptions::from(environment({{"PIP_INDEX_URL", "https://pip.example/simple"}})).urls,
        Urls{"https://pip.example/simple"});
    EXPECT_EQ(IndexOptions::from(environment({{"PIP_INDEX_URL", "https://pip.example"},
                                              {"UV_INDEX_URL", "https://uv.example"}}))
                  .urls,
              Urls{"https://uv.example"});
    EXPECT_EQ(IndexOptions::from(environment({{"UV_INDEX_URL", "https://old.example"},
                                              {"UV_DEFAULT_INDEX", "https://new.example"}}))
                  .urls,
              Urls{"https://new.example"});
    EXPECT_EQ(IndexOptions::from(environment({{"PIP_INDEX_URL", ""}})).urls,
              Urls{std::string(kDefaultIndex)});
}

TEST(IndexOptions, AsksExtraIndexesFirst) {
    const auto variables =
        environment({{"UV_INDEX", "acme=https://acme.example/simple https://b.example/?x=1"},
                     {"PIP_EXTRA_INDEX_URL", "https://c.example\n https://b.example/?x=1"},
                     {"PIP_INDEX_URL", "https://main.example"}});
    EXPECT_EQ(IndexOptions::from(variables).urls,
              (Urls{"https://acme.example/simple", "https://b.example/?x=1", "https://c.example",
                    "https://main.example"}));
}

TEST(IndexOptions, LetsARequirementsFileReplaceThem) {
    const IndexOptions configured{{"https://main.example"}};
    EXPECT_EQ(configured.with({}).urls, configured.urls);
    EXPECT_EQ(configured.with({.index_url = "https://file.example"}).urls,
              Urls{"https://file.example"});
    EXPECT_EQ(configured.with({.extra_index_urls = {"https://extra.example"}}).urls,
              (Urls{"https://extra.example", "https://main.example"}));
    EXPECT_EQ(configured.with({.no_index = true}).urls, Urls{});
}

}  // namespace
}  // namespace pycontainer::index
