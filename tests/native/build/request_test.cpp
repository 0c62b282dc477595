#include "build/request.hpp"

#include "support/result_matchers.hpp"

#include <gtest/gtest.h>

namespace pycontainer::build {
namespace {

TEST(BuildRequest, ReadsWhatCallersSay) {
    const auto request = BuildRequest::from_json({{"context", "/p/"},
                                                  {"tags", {"a:1", "b:2"}},
                                                  {"entrypoint", "python -c 'print(1)'"},
                                                  {"cmd", {"a b"}},
                                                  {"ports", {8080, "53/udp"}},
                                                  {"env", {{"A", "1"}}},
                                                  {"push", true},
                                                  {"pull", "never"},
                                                  {"no_cache", true},
                                                  {"vcs", false},
                                                  {"include_deps", false}});
    ASSERT_OK(request);
    EXPECT_EQ(request->project_directory, "/p");
    EXPECT_EQ(request->overrides.tags, (std::vector<std::string>{"a:1", "b:2"}));
    EXPECT_EQ(request->overrides.entrypoint,
              (std::vector<std::string>{"python", "-c", "print(1)"}));
    EXPECT_EQ(request->overrides.cmd, (std::vector<std::string>{"a b"}));
    EXPECT_EQ(request->overrides.ports, (std::vector<std::string>{"8080", "53/udp"}));
    EXPECT_EQ(request->overrides.include_deps, false);
    EXPECT_TRUE(request->push);
    EXPECT_EQ(request->pull, PullPolicy::Never);
    EXPECT_FALSE(request->use_cache);
    EXPECT_FALSE(request->use_vcs);
}

TEST(BuildRequest, KeepsCredentialsOutOfWhatIsRemembered) {
    const Json credentials =
        Json::array({{{"registry", "ghcr.io"}, {"username", "me"}, {"password", "hunter2"}}});
    const auto with = BuildRequest::from_json({{"context", "/p"}, {"credentials", credentials}});
    const auto without = BuildRequest::from_json({{"context", "/p"}});
    ASSERT_OK(with);
    ASSERT_OK(without);
    ASSERT_EQ(with->access.given.size(), 1U);
    EXPECT_EQ(with->access.given[0].password, "hunter2");
    EXPECT_EQ(with->canonical, without->canonical);
    const auto push = PushRequest::from_json({{"context", "/p"}, {"credentials", credentials}});
    ASSERT_OK(push);
    ASSERT_EQ(push->access.given.size(), 1U);
    EXPECT_EQ(push->access.given[0].registry, "ghcr.io");
}

TEST(BuildRequest, SaysNothingThatWasNotSaid) {
    const auto request = BuildRequest::from_json({{"context", "/p"}});
    ASSERT_OK(request);
    EXPECT_EQ(request->overrides.tags, std::nullopt);
    EXPECT_EQ(request->overrides.base_image, std::nullopt);
    EXPECT_EQ(request->pull, PullPolicy::Missing);
    EXPECT_TRUE(request->use_cache);
}

TEST(BuildRequest, RefusesOpenQuotes) {
    EXPECT_ERROR(BuildRequest::from_json({{"context", "/p"}, {"cmd", "'a"}}), "request/invalid",
                 "`cmd`");
}

TEST(BuildRequest, TakesPlacesOfPackagesAsAbsolute) {
    const auto request =
        BuildRequest::from_json({{"context", "/p"},
                                 {"default_index", "https://index.example/simple"},
                                 {"indexes", {"own=https://own.example", "flat=/srv/simple/"}},
                                 {"find_links", {"/srv/../wheels", "https://links.example"}},
                                 {"no_index", true}});
    ASSERT_OK(request);
    const auto& indexes = request->indexes;
    EXPECT_EQ(indexes.index_url, "https://index.example/simple");
    EXPECT_EQ(indexes.extra_index_urls,
              (std::vector<std::string>{"own=https://own.example", "flat=/srv/simple"}));
    EXPECT_EQ(indexes.find_links, (std::vector<std::string>{"/wheels", "https://links.example"}));
    EXPECT_TRUE(indexes.no_index);
    EXPECT_EQ(indexes.scope, index::Scope::Flag);
}

TEST(BuildRequest, IsTheSameWhereverItIsAskedFrom) {
    EXPECT_EQ(BuildRequest::from_json({{"context", "/p"}})->canonical,
              BuildRequest::from_json({{"context", "/p/"}})->canonical);
    EXPECT_NE(BuildRequest::from_json({{"context", "/p"}})->canonical,
              BuildRequest::from_json({{"context", "/q"}})->canonical);
}

}  // namespace
}  // namespace pycontainer::build
