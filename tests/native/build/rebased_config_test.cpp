#include "build/rebased_config.hpp"

#include "build/assembly.hpp"
#include "support/result_matchers.hpp"

#include <gtest/gtest.h>

namespace pycontainer::build {
namespace {

oci::ImageConfig base(const Json& settings, const std::vector<std::string>& layers,
                      const Json& more = Json::object()) {
    Json json{{"os", "linux"},
              {"architecture", "amd64"},
              {"config", settings},
              {"rootfs", {{"type", "layers"}, {"diff_ids", Json::array()}}},
              {"history", Json::array()}};
    for (const auto& layer : layers) {
        json["rootfs"]["diff_ids"].push_back(Digest::of(layer).to_string());
        json["history"].push_back({{"created_by", layer}});
    }
    json["history"].push_back({{"created_by", "CMD"}, {"empty_layer", true}});
    json.update(more);
    return *oci::ImageConfig::parse(json.dump());
}

/// What `assemble` makes of our settings on a base.
oci::ImageConfig built_on(const oci::ImageConfig& base) {
    oci::Manifest manifest;
    for (const auto& diff_id : base.diff_ids()) {
        oci::Descriptor layer;
        layer.digest = diff_id;
        manifest.layers.push_back(layer);
    }
    const BaseImage image{.text = "python",
                          .name = "",
                          .reference = {},
                          .manifest_digest = Digest::of("m"),
                          .manifest = manifest,
                          .config = base,
                          .source = {},
                          .checked_at = 0,
                          .facts = {}};
    ImageSettings settings;
    settings.working_directory = "/app";
    settings.user = "65532:65532";
    settings.entrypoint = {"python", "app.py"};
    const auto path = base.env("PATH");
    settings.env = {
        {"PATH", "/opt/venv/bin:" + (path.empty() ? std::string(oci::kDefaultSearchPath) : path)},
        {"VIRTUAL_ENV", "/opt/venv"},
        {"LANG", "C"},
        {"A", "1"}};
    settings.labels = {{"title", "api"}};
    settings.ports = {"8000/tcp"};
    settings.created = format_timestamp(0);
    Layer layer;
    layer.diff_id = Digest::of("application");
    layer.kind = LayerKind::Application;
    layer.summary = "1 file";
    return *oci::ImageConfig::parse(assemble(image, settings, {layer}).config_bytes);
}

/// Rebasing comes to what building on the new base comes to.
void check(const oci::ImageConfig& old_base, const oci::ImageConfig& new_base) {
    const auto rebased = rebased_config(built_on(old_base), old_base, new_base);
    EXPECT_EQ(rebased.json().dump(2), built_on(new_base).json().dump(2));
    EXPECT_EQ(rebased.diff_ids(), built_on(new_base).diff_ids());
}

TEST(RebasedConfig, IsWhatABuildOnTheNewBaseGives) {
    const Json plain{{"Env", {"PATH=/usr/bin", "LANG=C.UTF-8", "V=1"}}, {"Cmd", {"python3"}}};
    const auto old_base = base(plain, {"a", "b"});
    check(old_base, old_base);
    check(old_base, base(plain, {"c"}));
    check(old_base, base({{"Env", {"V=2", "W=1", "PATH=/usr/local/bin:/usr/bin"}},
                          {"Cmd", {"bash"}},
                          {"StopSignal", "SIGINT"}},
                         {"a", "c", "d"}));
    check(old_base, base({{"Labels", {{"vendor", "x"}}},
                          {"ExposedPorts", {{"1/tcp", Json::object()}}},
                          {"WorkingDir", "/srv"},
                          {"Entrypoint", {"entry.sh"}}},
                         {"c"}));
    check(base(Json::object(), {"a"}), old_base);
    check(base({{"Labels", {{"vendor", "x"}, {"gone", "y"}}}, {"StopSignal", "SIGINT"}}, {"a"}),
          base({{"Labels", {{"vendor", "z"}}}}, {"b"}, {{"os.version", "1"}, {"author", "me"}}));
}

TEST(RebasedConfig, HasAHistoryAlsoOfBasesWithoutOne) {
    const auto bare = base(Json::object(), {"a", "b"}, {{"history", Json::array()}});
    check(bare, base(Json::object(), {"c"}));
    check(base(Json::object(), {"c"}), bare);
    check(bare, base(Json::object(), {"d", "e", "f"}, {{"history", nullptr}}));
}

TEST(RebasedConfig, KeepsWhatTheImageSaysOtherwise) {
    const auto old_base = base({{"Env", {"V=1"}}, {"Labels", {{"l", "1"}}}}, {"a"});
    const auto image =
        base({{"Env", {"V=mine"}}, {"Labels", {{"l", "mine"}}}, {"StopSignal", "SIGQUIT"}},
             {"a", "app"});
    const auto rebased = rebased_config(
        image, old_base,
        base({{"Env", {"V=2"}}, {"Labels", {{"l", "2"}}}, {"StopSignal", "SIGINT"}}, {"b"}));
    EXPECT_EQ(rebased.env("V"), "mine");
    EXPECT_EQ(rebased.label("l"), "mine");
    EXPECT_EQ(rebased.json().at("config").at("StopSignal"), "SIGQUIT");
}

TEST(RebasedConfig, DropsWhatOnlyTheOldBaseSaid) {
    const Json settings{{"Env", {"OLD=1"}}, {"Labels", {{"old", "1"}}}, {"Cmd", {"sh"}}};
    const auto rebased = rebased_config(base(settings, {"a", "app"}), base(settings, {"a"}),
                                        base(Json::object(), {"b"}));
    EXPECT_EQ(rebased.env("OLD"), "");
    EXPECT_EQ(rebased.label("old"), "");
    EXPECT_FALSE(rebased.json().at("config").contains("Cmd"));
}

TEST(RebasedConfig, DoesNotBecomeRootByItsBase) {
    const auto old_base = base({{"User", "nonroot"}}, {"a"});
    const auto image = base({{"User", "nonroot"}}, {"a", "app"});
    const auto user = [&](const Json& settings) {
        return rebased_config(image, old_base, base(settings, {"b"})).user();
    };
    EXPECT_EQ(user({{"User", "1001"}}), "1001");
    EXPECT_EQ(user({{"User", "0:0"}}), "nonroot");
    EXPECT_EQ(user(Json::object()), "nonroot");
}

TEST(RebasedConfig, TakesLayersAfterTheBasesAlsoFromAHistoryThatWasRewritten) {
    const auto old_base = base(Json::object(), {"a", "b"});
    auto image = base(Json::object(), {"a", "b", "app"},
                      {{"history",
                        {{{"created_by", "squashed"}},
                         {{"created_by", "other"}},
                         {{"created_by", "ENV"}, {"empty_layer", true}},
                         {{"created_by", "app"}}}}});
    const auto rebased = rebased_config(image, old_base, base(Json::object(), {"c"}));
    const auto& history = rebased.json().at("history");
    EXPECT_EQ(history.at(0).at("created_by"), "c");
    EXPECT_EQ(history.back().at("created_by"), "app");
    std::size_t filled = 0;
    for (const auto& entry : history) filled += entry.value("empty_layer", false) ? 0 : 1;
    EXPECT_EQ(filled, rebased.diff_ids().size());
}

TEST(IsBuiltOn, ComparesTheLowestLayers) {
    const auto image = base(Json::object(), {"a", "b", "app"});
    EXPECT_TRUE(is_built_on(image, base(Json::object(), {"a", "b"})));
    EXPECT_TRUE(is_built_on(image, image));
    EXPECT_FALSE(is_built_on(image, base(Json::object(), {"b", "a"})));
    EXPECT_FALSE(is_built_on(image, base(Json::object(), {"a", "b", "app", "more"})));
}

}  // namespace
}  // namespace pycontainer::build
