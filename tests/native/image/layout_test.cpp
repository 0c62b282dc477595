#include "image/layout.hpp"

#include "oci/media_types.hpp"
#include "support/result_matchers.hpp"
#include "support/test_context.hpp"

#include <gtest/gtest.h>

#include <fstream>

namespace pycontainer::image {
namespace {

namespace fs = std::filesystem;

struct LayoutTest : ::testing::Test {
    LayoutTest()
        : directory(*TemporaryDirectory::create(::testing::TempDir(), "layout-")),
          destination(directory.path() / "dist" / "image") {}

    Result<void> write(const std::string& content, const std::vector<std::string>& tags) {
        PYC_TRY_ASSIGN(auto writer, LayoutWriter::create(destination));
        PYC_TRY(writer.add_blob(Digest::of(content), content));
        std::vector<oci::Reference> references;
        for (const auto& tag : tags) references.push_back(*oci::Reference::parse(tag));
        return writer.commit(descriptor(content), references);
    }
    static oci::Descriptor descriptor(const std::string& content) {
        return {.media_type = std::string(oci::kImageManifest),
                .digest = Digest::of(content),
                .size = content.size(),
                .platform = {},
                .annotations = {}};
    }
    std::size_t entries(const fs::path& path) const {
        return static_cast<std::size_t>(
            std::distance(fs::directory_iterator(path), fs::directory_iterator()));
    }

    TemporaryDirectory directory;
    fs::path destination;
    testing::TestContext test;
};

TEST_F(LayoutTest, IsReadAsItWasWritten) {
    ASSERT_OK(write("manifest", {"ghcr.io/acme/api:1", "ghcr.io/acme/api:latest"}));
    EXPECT_EQ(*read_file(destination / "refs" / "tags" / "latest"),
              Digest::of("manifest").to_string() + "\n");
    const auto layout = Layout::open(destination);
    ASSERT_OK(layout);
    EXPECT_EQ(layout->find("1")->digest, Digest::of("manifest"));
    EXPECT_EQ(layout->find(std::nullopt)->digest,
              Digest::of("manifest"));  // two names of one image
    EXPECT_EQ(layout->index().manifests[0].annotations.at("io.containerd.image.name"),
              "ghcr.io/acme/api:1");
    EXPECT_ERROR(layout->find("2"), "layout/no-tag", "1, latest");
    EXPECT_EQ(*layout->read_document(*layout->find("1")), "manifest");
}

TEST_F(LayoutTest, KnowsImagesFromArtifacts) {
    ASSERT_OK(write("manifest", {"api:1"}));
    for (const auto type : {oci::kImageConfig, oci::kDockerConfig}) {  // as crane writes it
        auto image = descriptor("manifest");
        image.artifact_type = type;
        oci::ImageIndex written;
        written.manifests = {image};
        ASSERT_OK(write_file(destination / "index.json", written.to_bytes()));
        const auto layout = Layout::open(destination);
        ASSERT_OK(layout);
        EXPECT_EQ(layout->find(std::nullopt)->digest, Digest::of("manifest"));
    }
    auto artifact = descriptor("manifest");
    artifact.artifact_type = "application/spdx+json";
    oci::ImageIndex written;
    written.manifests = {artifact};
    ASSERT_OK(write_file(destination / "index.json", written.to_bytes()));
    EXPECT_ERROR(Layout::open(destination)->find(std::nullopt), "layout/no-tag", "0 images");
}

TEST_F(LayoutTest, SaysWhatIsNotThereOrDamaged) {
    ASSERT_OK(write("manifest", {"api:1"}));
    const auto layout = Layout::open(destination);
    ASSERT_OK(layout);
    const auto blob = layout->blob_path(Digest::of("manifest"));
    ASSERT_OK(write_file(blob, "manifesT"));
    EXPECT_ERROR(layout->read_document(*layout->find("1")), "layout/invalid", blob.string());
    fs::remove(blob);
    EXPECT_ERROR(layout->read_document(*layout->find("1")), "layout/invalid", blob.string(),
                 "not there");
    ASSERT_OK(write_file(destination / "index.json", "{"));
    EXPECT_ERROR(Layout::open(destination), "layout/invalid", "index.json", "make the layout");
}

TEST_F(LayoutTest, UsesFullNamesWhereTagsCollide) {
    ASSERT_OK(write("m", {"ghcr.io/a/x:1", "quay.io/a/x:1"}));
    EXPECT_OK(Layout::open(destination)->find("quay.io/a/x:1"));
}

TEST_F(LayoutTest, IsReplacedWholeAndLeavesNothingBehind) {
    ASSERT_OK(write("one", {"x:1"}));
    ASSERT_OK(write("two", {"x:1"}));
    EXPECT_EQ(Layout::open(destination)->find("1")->digest, Digest::of("two"));
    EXPECT_FALSE(fs::exists(Layout::open(destination)->blob_path(Digest::of("one"))));
    EXPECT_EQ(entries(destination.parent_path()), 1U);
    {
        auto writer = LayoutWriter::create(destination);
        ASSERT_OK(writer);
        ASSERT_OK(writer->add_blob(Digest::of("three"), "three"));
    }
    EXPECT_EQ(Layout::open(destination)->find("1")->digest, Digest::of("two"));
    EXPECT_EQ(entries(destination.parent_path()), 1U);
}

TEST_F(LayoutTest, NeverReplacesWhatIsNotOurs) {
    ASSERT_OK(write_file(destination / "thesis.tex", "years of work"));
    EXPECT_ERROR(write("m", {"x:1"}), "layout/not-ours", destination.string());
    EXPECT_TRUE(fs::exists(destination / "thesis.tex"));
    // Layouts of other tools are somebody's, too.
    ASSERT_OK(write_file(directory.path() / "foreign" / "oci-layout", "{}"));
    ASSERT_OK(write_file(directory.path() / "foreign" / "index.json", "{}"));
    destination = directory.path() / "foreign";
    EXPECT_ERROR(write("m", {"x:1"}), "layout/not-ours");
    const auto file = directory.path() / "file";
    ASSERT_OK(write_file(file, "x"));
    destination = file;
    EXPECT_ERROR(write("m", {"x:1"}), "layout/not-ours");
    destination = file / "below";
    EXPECT_ERROR(write("m", {"x:1"}), "file/not-writable");
}

TEST_F(LayoutTest, BelievesNoBlobByItsName) {
    ASSERT_OK(write("manifest", {"x:1"}));
    std::ofstream(Layout::open(destination)->blob_path(Digest::of("manifest"))) << "forgery!";
    EXPECT_ERROR(Layout::open(destination)->read_document(descriptor("manifest")),
                 "layout/invalid");
    const auto source = LayoutSource::open(destination.string() + ":1");
    ASSERT_OK(source);
    EXPECT_ERROR((*source)->root(test.ctx), "layout/invalid");
    EXPECT_ERROR(
        (*source)->blob(test.ctx, descriptor("manifest"), [](Bytes) -> Result<void> { return {}; }),
        "layout/invalid");
}

TEST_F(LayoutTest, SaysWhatIsMissing) {
    EXPECT_ERROR(Layout::open(directory.path() / "none"), "layout/not-found", "none");
    EXPECT_ERROR(Layout::open(directory.path()), "layout/invalid", "index.json");
    EXPECT_ERROR(LayoutSource::open("/none:1"), "layout/not-found", "/none");
}

}  // namespace
}  // namespace pycontainer::image
