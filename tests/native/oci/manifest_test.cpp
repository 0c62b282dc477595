#include "oci/manifest.hpp"

#include "oci/media_types.hpp"
#include "support/result_matchers.hpp"

#include <gtest/gtest.h>

namespace pycontainer::oci {
namespace {

const std::string kDigest = "sha256:" + std::string(64, 'a');

Json descriptor(Json more = Json::object()) {
    Json json{{"mediaType", kImageManifest}, {"digest", kDigest}, {"size", 7}};
    json.update(more);
    return json;
}

Json platform(const char* os, const char* architecture) {
    return {{"platform", {{"os", os}, {"architecture", architecture}}}};
}

TEST(Manifest, IsWrittenInOneForm) {
    const Json json{{"schemaVersion", 2},
                    {"config", descriptor()},
                    {"layers", {descriptor({{"mediaType", kLayerGzip}})}},
                    {"annotations", {{"b", "2"}, {"a", "1"}}}};
    const auto manifest = Manifest::parse(json.dump(2), kDockerManifest);
    ASSERT_OK(manifest);
    EXPECT_EQ(manifest->layers.size(), 1U);
    const auto bytes = manifest->to_bytes();
    EXPECT_EQ(bytes.find(' '), std::string::npos);
    EXPECT_EQ(Manifest::parse(bytes, kImageManifest)->to_bytes(), bytes);
}

TEST(Manifest, RefusesWhatIsNoImage) {
    EXPECT_ERROR(Manifest::parse(R"({"schemaVersion": 1})", ""), "oci/unsupported-manifest",
                 "schema 1");
    EXPECT_ERROR(Manifest::parse(R"({"schemaVersion": 2})", ""), "oci/unsupported-manifest");
    EXPECT_ERROR(Manifest::parse("[]", ""), "oci/invalid-manifest");
    EXPECT_ERROR(Manifest::parse("{", ""), "json/invalid");
    EXPECT_ERROR(Manifest::parse(Json{{"config", {{"digest", "sha256:x"}, {"size", 1}}},
                                      {"layers", Json::array()}}
                                     .dump(),
                                 ""),
                 "digest/invalid");
    EXPECT_ERROR(Manifest::parse(
                     Json{{"config", {{"digest", kDigest}}}, {"layers", Json::array()}}.dump(), ""),
                 "oci/invalid-manifest", "size");
}

TEST(ImageIndex, SelectsThePlatformAndSaysWhatThereIs) {
    const Json attestation =
        descriptor({{"platform", {{"os", "unknown"}, {"architecture", "unknown"}}}});
    const Json json{{"manifests",
                     {attestation, descriptor(platform("linux", "amd64")),
                      descriptor(platform("linux", "arm64"))}}};
    const auto index = ImageIndex::parse(json.dump());
    ASSERT_OK(index);
    EXPECT_EQ(index->select(*Platform::parse("linux/arm64"), "x")->platform->architecture, "arm64");
    EXPECT_ERROR(index->select(*Platform::parse("linux/s390x"), "x"), "base/no-platform",
                 "linux/s390x", "linux/amd64, linux/arm64");
}

TEST(DetectMediaType, BelievesTheDocumentWhenTheServerSaysNothing) {
    EXPECT_EQ(detect_media_type("{}", "application/vnd.oci.image.index.v1+json; charset=utf-8"),
              kImageIndex);
    EXPECT_EQ(detect_media_type(R"({"manifests": []})", "application/json"), kImageIndex);
    EXPECT_EQ(detect_media_type(R"({"layers": []})", ""), kImageManifest);
    EXPECT_EQ(detect_media_type(
                  R"({"mediaType": "application/vnd.docker.distribution.manifest.v2+json"})", ""),
              kDockerManifest);
    EXPECT_EQ(detect_media_type("x", ""), "");
}

}  // namespace
}  // namespace pycontainer::oci
