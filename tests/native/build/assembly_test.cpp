#include "build/assembly.hpp"

#include "oci/media_types.hpp"

#include <gtest/gtest.h>

namespace pycontainer::build {
namespace {

const std::string kBaseConfig =
    R"({"os":"linux","architecture":"amd64","config":{"Env":["PATH=/bin"],"Cmd":["python3"]},)"
    R"("rootfs":{"type":"layers","diff_ids":["sha256:)" +
    std::string(64, 'a') + "\"]}}";

BaseImage base() {
    oci::Manifest manifest;
    manifest.layers = {{.media_type = std::string(oci::kDockerLayerGzip),
                        .digest = Digest::of("base"),
                        .size = 4,
                        .platform = {},
                        .annotations = {}}};
    return {.text = "python",
            .name = "",
            .reference = {},
            .manifest_digest = Digest::of("m"),
            .manifest = manifest,
            .config = *oci::ImageConfig::parse(kBaseConfig),
            .source = {},
            .checked_at = 0,
            .facts = {}};
}

Layer layer(const std::string& content) {
    return {.descriptor = {.media_type = std::string(oci::kLayerGzip),
                           .digest = Digest::of(content),
                           .size = content.size(),
                           .platform = {},
                           .annotations = {}},
            .diff_id = Digest::of("tar " + content),
            .kind = LayerKind::Application,
            .state = LayerState::Built,
            .summary = "1 file"};
}

ImageSettings settings() {
    ImageSettings settings;
    settings.working_directory = "/app";
    settings.user = "65532:65532";
    settings.entrypoint = {"python", "app.py"};
    settings.env = {{"A", "1"}};
    settings.ports = {"8000/tcp"};
    settings.created = format_timestamp(0);
    return settings;
}

TEST(Assemble, PutsOurLayersOnTheBases) {
    const auto image = assemble(base(), settings(), {layer("one"), layer("two")});
    ASSERT_EQ(image.manifest.layers.size(), 3U);
    EXPECT_EQ(image.manifest.layers[0].media_type, oci::kLayerGzip);  // Docker's type became OCI's
    EXPECT_EQ(image.manifest.layers[2].digest, Digest::of("two"));
    EXPECT_EQ(image.manifest.config.digest, Digest::of(image.config_bytes));
    EXPECT_EQ(image.descriptor.digest, Digest::of(image.manifest_bytes));
    const auto config = *oci::ImageConfig::parse(image.config_bytes);
    EXPECT_EQ(config.diff_ids().size(), 3U);
    std::size_t layers = 0;
    for (const auto& entry : config.json()["history"])
        layers += entry.contains("empty_layer") ? 0 : 1;
    EXPECT_EQ(layers, 3U);
}

TEST(Assemble, DropsTheBasesCommandWithAnEntrypoint) {
    const auto image = assemble(base(), settings(), {layer("one")});
    const auto config = *oci::ImageConfig::parse(image.config_bytes);
    EXPECT_EQ(config.json()["config"]["Entrypoint"], (Json{"python", "app.py"}));
    EXPECT_FALSE(config.json()["config"].contains("Cmd"));
    EXPECT_EQ(config.json()["config"]["Env"], (Json{"PATH=/bin", "A=1"}));
    EXPECT_TRUE(config.json()["config"]["ExposedPorts"].contains("8000/tcp"));

    auto without = settings();
    without.entrypoint.clear();
    const auto kept = assemble(base(), without, {layer("one")});
    EXPECT_EQ(oci::ImageConfig::parse(kept.config_bytes)->json()["config"]["Cmd"],
              (Json{"python3"}));
}

TEST(Assemble, IsAPureFunction) {
    EXPECT_EQ(assemble(base(), settings(), {layer("one")}).manifest_bytes,
              assemble(base(), settings(), {layer("one")}).manifest_bytes);
}

TEST(FormatTimestamp, IsRfc3339) {
    EXPECT_EQ(format_timestamp(0), "1970-01-01T00:00:00Z");
    EXPECT_EQ(format_timestamp(1'709'210'096), "2024-02-29T12:34:56Z");
    EXPECT_EQ(format_timestamp(253'402'300'799), "9999-12-31T23:59:59Z");
}

TEST(Release, OfOneImageIsTheImage) {
    const auto release = release_of({assemble(base(), settings(), {layer("one")})});
    EXPECT_FALSE(release.has_index());
    EXPECT_EQ(release.descriptor.digest, release.images[0].descriptor.digest);
    EXPECT_EQ(release.root_bytes(), release.images[0].manifest_bytes);
}

TEST(Release, OfSeveralIsAnIndexOfThem) {
    auto first = settings();
    first.annotations = {{"title", "shop"}, {"base.digest", "a"}};
    auto second = settings();
    second.annotations = {{"title", "shop"}, {"base.digest", "b"}};
    const auto release = release_of(
        {assemble(base(), first, {layer("one")}), assemble(base(), second, {layer("two")})});
    ASSERT_TRUE(release.has_index());
    EXPECT_EQ(release.descriptor.media_type, oci::kImageIndex);
    EXPECT_EQ(release.descriptor.digest, Digest::of(release.root_bytes()));
    const auto index = oci::ImageIndex::parse(release.root_bytes());
    ASSERT_TRUE(index);
    ASSERT_EQ(index->manifests.size(), 2U);
    EXPECT_EQ(index->manifests[1].digest, release.images[1].descriptor.digest);
    EXPECT_EQ(index->manifests[1].platform->architecture, "amd64");
    EXPECT_EQ(index->annotations, (std::map<std::string, std::string>{{"title", "shop"}}));
}

}  // namespace
}  // namespace pycontainer::build
