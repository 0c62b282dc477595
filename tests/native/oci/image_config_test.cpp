#include "oci/image_config.hpp"

#include "support/result_matchers.hpp"

#include <gtest/gtest.h>

namespace pycontainer::oci {
namespace {

const std::string kId = "sha256:" + std::string(64, 'b');

Json base() {
    return {
        {"os", "linux"},
        {"architecture", "amd64"},
        {"x-unknown", {1, 2}},
        {"config",
         {{"Env", {"PATH=/bin", "A=1", "A=2"}}, {"Cmd", {"python3"}}, {"StopSignal", "SIGINT"}}},
        {"rootfs", {{"type", "layers"}, {"diff_ids", {kId, kId}}}},
        {"history", {{{"created_by", "one"}}, {{"created_by", "env"}, {"empty_layer", true}}}}};
}

TEST(ImageConfig, KeepsWhatItDoesNotKnow) {
    const auto config = ImageConfig::parse(base().dump());
    ASSERT_OK(config);
    EXPECT_EQ(config->json()["x-unknown"], (Json{1, 2}));
    EXPECT_EQ(config->json()["config"]["StopSignal"], "SIGINT");
}

TEST(ImageConfig, MergesTheEnvironmentByName) {
    auto config = *ImageConfig::parse(base().dump());
    EXPECT_EQ(config.env("A"), "2");
    EXPECT_EQ(config.env("MISSING"), "");
    config.set_env("A", "3");
    config.set_env("B", "4");
    EXPECT_EQ(config.json()["config"]["Env"], (Json{"PATH=/bin", "A=3", "B=4"}));
}

TEST(ImageConfig, FillsTheHistory) {
    auto config = *ImageConfig::parse(base().dump());
    config.complete_history("1970-01-01T00:00:00Z");
    config.add_layer(Digest::of("x"), {.created = "1970-01-01T00:00:00Z",
                                       .created_by = "us",
                                       .comment = {},
                                       .empty_layer = false});
    std::size_t layers = 0;
    for (const auto& entry : config.json()["history"])
        layers += entry.contains("empty_layer") ? 0 : 1;
    EXPECT_EQ(layers, 3U);
    EXPECT_EQ(config.diff_ids().size(), 3U);
    EXPECT_EQ(config.json()["rootfs"]["diff_ids"].size(), 3U);
}

TEST(ImageConfig, TakesNullForMissing) {
    auto json = base();
    json["config"] = nullptr;
    json["history"] = nullptr;
    auto config = ImageConfig::parse(json.dump());
    ASSERT_OK(config);
    config->set_cmd({});
    config->set_user("1:1");
    EXPECT_EQ(config->user(), "1:1");
}

TEST(ImageConfig, RefusesWrongDiffIds) {
    EXPECT_ERROR(ImageConfig::parse("{}"), "oci/invalid-config");
    EXPECT_ERROR(ImageConfig::parse(R"({"rootfs": {"diff_ids": ["x"]}})"), "digest/invalid");
    EXPECT_ERROR(ImageConfig::parse(R"({"rootfs": {"diff_ids": [1]}})"), "oci/invalid-config");
}

}  // namespace
}  // namespace pycontainer::oci
