#include "index/index_options.hpp"

#include <gtest/gtest.h>

namespace pycontainer::index {
namespace {

using Urls = std::vector<std::string>;

Urls urls(const std::vector<IndexLocation>& locations) {
    Urls result;
    for (const auto& each : locations) result.push_back(each.url);
    return result;
}

Urls places(const IndexOptions& options, const std::string& name) {
    Urls result;
    for (const auto* each : options.places_for(name)) result.push_back(each->url);
    return result;
}

TEST(IndexOptions, LetsARequirementsFileReplaceThem) {
    const auto configured = IndexOptions::of({"https://main.example"});
    EXPECT_EQ(configured.with({}).indexes, configured.indexes);
    EXPECT_EQ(urls(configured.with({.index_url = "https://file.example"}).indexes),
              Urls{"https://file.example"});
    EXPECT_EQ(urls(configured.with({.extra_index_urls = {"https://extra.example"}}).indexes),
              (Urls{"https://extra.example", "https://main.example"}));
    EXPECT_EQ(places(configured.with({.no_index = true}), "foo"), Urls{});
    EXPECT_EQ(urls(configured.with({.find_links = {"/srv/wheels"}}).find_links),
              Urls{"file:///srv/wheels"});
}

TEST(IndexOptions, GiveFlagsTheLastWord) {
    const auto configured = IndexOptions::of({"https://main.example"})
                                .with({.index_url = "https://flag.example",
                                       .extra_index_urls = {"https://flag-extra.example"},
                                       .scope = Scope::Flag,
                                       .origin = "--index-url"});
    EXPECT_EQ(urls(configured.indexes),
              (Urls{"https://flag-extra.example", "https://flag.example"}));
    EXPECT_EQ(
        urls(configured
                 .with({.index_url = "https://file.example",
                        .extra_index_urls = {"https://file-extra.example"}})
                 .indexes),
        (Urls{"https://flag-extra.example", "https://file-extra.example", "https://flag.example"}));
}

TEST(IndexOptions, AskExplicitIndexesForPinnedPackagesOnly) {
    IndexOptions options = IndexOptions::of({"https://main.example"});
    options.indexes.insert(
        options.indexes.begin(),
        {.url = "https://torch.example", .name = "torch-cpu", .is_explicit = true});
    options.pins = {{"torch", "torch-cpu", "pyproject.toml:3"}, {"odd", "nowhere", ""}};
    EXPECT_EQ(places(options, "torch"), Urls{"https://torch.example"});
    EXPECT_EQ(places(options, "numpy"), Urls{"https://main.example"});
    EXPECT_EQ(places(options, "odd"), Urls{});
}

TEST(IndexOptions, ChoosePinsForTheImage) {
    IndexOptions options = IndexOptions::of({"https://main.example"});
    options.pins = {{"torch", "mac", "", "sys_platform == 'darwin'"},
                    {"torch", "gpu", "", "", "Cuda"},
                    {"torch", "cpu", "", "sys_platform == 'linux'"},
                    {"tool", "own", "", "", "", "dev"}};
    packaging::MarkerEnvironment linux;
    linux.sys_platform = "linux";
    EXPECT_EQ(options.with_pins_for(linux, {}, {}).find_pin("torch")->index, "cpu");
    EXPECT_EQ(options.with_pins_for(linux, {"cuda"}, {}).find_pin("torch")->index, "gpu");
    EXPECT_EQ(options.with_pins_for(linux, {}, {}).find_pin("tool"), nullptr);
    EXPECT_EQ(options.with_pins_for(linux, {}, {"dev"}).find_pin("tool")->index, "own");
}

TEST(IndexOptions, AskPatternsOfPackages) {
    IndexOptions options = IndexOptions::of({"https://main.example"});
    options.indexes.insert(options.indexes.begin(), {.url = "https://own.example",
                                                     .include_packages = {"acme-*", "torch"},
                                                     .exclude_packages = {"acme-web"}});
    EXPECT_EQ(places(options, "acme-tool"), (Urls{"https://own.example", "https://main.example"}));
    EXPECT_EQ(places(options, "acme-web"), Urls{"https://main.example"});
    EXPECT_EQ(places(options, "numpy"), Urls{"https://main.example"});
}

TEST(IndexOptions, ReadLocationsAsUvAndPipWriteThem) {
    const auto check = [](const char* text, const char* url, const char* name) {
        const auto location = parse_location(text, "/project");
        ASSERT_TRUE(location) << text;
        EXPECT_EQ(location->url, url);
        EXPECT_EQ(location->name, name);
    };
    check(" https://a.example/simple ", "https://a.example/simple", "");
    check("own=https://a.example/?x=1", "https://a.example/?x=1", "own");
    check("https://a.example/?x=1", "https://a.example/?x=1", "");
    check("./wheels", "file:///project/wheels", "");
    check("wheel house", "file:///project/wheel%20house", "");
    check("/srv/wheels", "file:///srv/wheels", "");
    check("file:///srv/wheels", "file:///srv/wheels", "");
    check("file:wheels", "file:///project/wheels", "");
    EXPECT_FALSE(parse_location("  ", "/project"));
}

TEST(IndexOptions, ShowNoUserInformation) {
    EXPECT_EQ((IndexLocation{.url = "https://me:secret@a.example/x?token=1"}.shown()),
              "https://a.example/x?…");
    EXPECT_EQ(bare_url("https://me:secret@a.example/simple/"), "https://a.example/simple");
}

}  // namespace
}  // namespace pycontainer::index
