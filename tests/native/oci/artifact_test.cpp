#include "oci/artifact.hpp"

#include "oci/manifest.hpp"
#include "oci/media_types.hpp"
#include "support/result_matchers.hpp"

#include <gtest/gtest.h>

namespace pycontainer::oci {
namespace {

Artifact artifact() {
    Artifact artifact{.type = "application/spdx+json",
                      .files = {},
                      .annotations = {{"a", "b"}},
                      .subject = {.media_type = std::string(kImageIndex),
                                  .digest = Digest::of("subject"),
                                  .size = 7,
                                  .platform = Platform{},
                                  .annotations = {{"not", "of the subject"}}}};
    artifact.files.push_back({.media_type = "application/spdx+json",
                              .digest = Digest::of("sbom"),
                              .size = 4,
                              .platform = {},
                              .annotations = {{"org.opencontainers.image.title", "sbom.json"}}});
    return artifact;
}

TEST(Artifact, IsAManifestWithASubjectAndNoConfiguration) {
    const auto bytes = artifact().to_bytes();
    const auto json = parse_json(bytes, "the manifest");
    ASSERT_OK(json);
    EXPECT_EQ(json->at("mediaType"), kImageManifest);
    EXPECT_EQ(json->at("artifactType"), "application/spdx+json");
    EXPECT_EQ(
        json->at("config"),
        (Json{{"mediaType", "application/vnd.oci.empty.v1+json"},
              {"digest", "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"},
              {"size", 2}}));
    EXPECT_EQ(json->at("subject"), (Json{{"mediaType", kImageIndex},
                                         {"digest", Digest::of("subject").to_string()},
                                         {"size", 7}}));
    EXPECT_EQ(json->at("layers").at(0).at("annotations").at("org.opencontainers.image.title"),
              "sbom.json");
    EXPECT_EQ(artifact().to_bytes(), bytes);
}

TEST(Artifact, IsListedWithItsTypeAndAnnotations) {
    const auto bytes = artifact().to_bytes();
    const auto json = artifact().describe(bytes).to_json();
    EXPECT_EQ(json.at("artifactType"), "application/spdx+json");
    EXPECT_EQ(json.at("annotations"), (Json{{"a", "b"}}));
    EXPECT_EQ(json.at("digest"), Digest::of(bytes).to_string());
    const auto again = Descriptor::from_json(json);
    ASSERT_OK(again);
    EXPECT_EQ(*again, artifact().describe(bytes));
}

TEST(ReferrersTag, IsMadeOfTheDigest) {
    const auto tag = referrers_tag(Digest::of("x"));
    EXPECT_EQ(tag, "sha256-" + Digest::of("x").hex());
    EXPECT_TRUE(is_referrers_tag(tag));
    for (const auto* const other : {"sha256-", "latest", "sha256-abc", "sha512-00"})
        EXPECT_FALSE(is_referrers_tag(other)) << other;
    EXPECT_FALSE(is_referrers_tag(tag + ".sig"));
}

TEST(MediaType, HasATypeAndASubtype) {
    for (const auto* const good :
         {"application/json", "application/vnd.acme.report.v1+json", "text/x"})
        EXPECT_TRUE(is_media_type(good)) << good;
    for (const auto* const bad :
         {"", "json", "/json", "text/", "text/a b", "a/b/c", "text/json;q=1", "-a/b", "text/\n"})
        EXPECT_FALSE(is_media_type(bad)) << bad;
    EXPECT_FALSE(is_media_type("text/" + std::string(128, 'a')));
}

TEST(Descriptor, KeepsWhereAForeignLayerIs) {
    const Json json{{"mediaType", kDockerForeignLayer},
                    {"digest", Digest::of("x").to_string()},
                    {"size", 1},
                    {"urls", {"https://layers.example/x", 7}}};
    const auto descriptor = Descriptor::from_json(json);
    ASSERT_OK(descriptor);
    EXPECT_EQ(descriptor->to_json().at("urls"), (Json{"https://layers.example/x"}));
    EXPECT_EQ(to_oci_layer_type(kDockerForeignLayer), kForeignLayerGzip);
    EXPECT_TRUE(is_foreign_layer(kForeignLayerGzip));
}

}  // namespace
}  // namespace pycontainer::oci
