#include "image/archive.hpp"

#include "archive/tar.hpp"
#include "image/layout.hpp"
#include "oci/media_types.hpp"
#include "support/result_matchers.hpp"
#include "support/test_context.hpp"

#include <gtest/gtest.h>

namespace pycontainer::image {
namespace {

class ArchiveTest : public ::testing::Test {
protected:
    void SetUp() override {
        auto made =
            TemporaryDirectory::create(std::filesystem::temp_directory_path(), "pyc-image-");
        ASSERT_OK(made);
        directory_.emplace(std::move(*made));
        manifest_.config = describe(oci::kImageConfig, config_);
        manifest_.layers = {describe(oci::kLayerTar, layer_)};
        bytes_ = manifest_.to_bytes();
        image_ = describe(oci::kImageManifest, bytes_);
    }
    static oci::Descriptor describe(std::string_view type, const std::string& content) {
        return {std::string(type), Digest::of(content), content.size(), {}, {}};
    }
    std::filesystem::path file(const std::string& name) const { return directory_->path() / name; }
    Result<void> write(const std::string& name, ArchiveKind kind,
                       const std::vector<std::string>& tags) {
        PYC_TRY(write_file(file("layer"), layer_));
        std::vector<oci::Reference> references;
        for (const auto& tag : tags) references.push_back(*oci::Reference::parse(tag));
        PYC_TRY_ASSIGN(auto writer, ArchiveWriter::create(file(name), kind, 0));
        PYC_TRY(writer.add_blob(manifest_.config.digest, config_));
        PYC_TRY(writer.add_blob(image_.digest, bytes_));
        PYC_TRY(writer.add_blob_file(context_.ctx, manifest_.layers[0], file("layer")));
        return writer.commit(image_, manifest_, references);
    }
    Result<std::string> read(ArchiveSource& source, const oci::Descriptor& blob) {
        std::string got;
        PYC_TRY(source.blob(context_.ctx, blob, [&](Bytes part) -> Result<void> {
            got += as_text(part);
            return {};
        }));
        return got;
    }

    std::optional<TemporaryDirectory> directory_;
    testing::TestContext context_;
    const std::string config_ = R"({"architecture":"amd64","os":"linux"})";
    const std::string layer_ = std::string(3000, 'l');
    oci::Manifest manifest_;
    std::string bytes_;
    oci::Descriptor image_;
};

TEST_F(ArchiveTest, IsReadAsItWasWritten) {
    for (const auto kind : {ArchiveKind::Oci, ArchiveKind::Docker}) {
        ASSERT_OK(write("a.tar", kind, {"acme/api:1"}));
        for (const auto& name : {file("a.tar").string(), file("a.tar").string() + ":1"}) {
            auto source = ArchiveSource::open(context_.ctx, name);
            ASSERT_OK(source);
            EXPECT_EQ((*source)->root(context_.ctx)->digest, image_.digest);
            EXPECT_EQ(read(**source, manifest_.layers[0]).value(), layer_);
        }
        EXPECT_ERROR(ArchiveSource::open(context_.ctx, file("a.tar").string() + ":2"),
                     "layout/no-tag", "a.tar");
    }
}

TEST_F(ArchiveTest, TellsDockerItsNamesAndLayers) {
    ASSERT_OK(write("a.tar", ArchiveKind::Docker, {"acme/api:1", "acme/api:2"}));
    const auto bytes = *read_file(file("a.tar"));
    auto index_open = open_for_reading(file("a.tar"));
    auto members = archive::index_tar(context_.ctx, *index_open, file("a.tar"));
    ASSERT_OK(members);
    const auto& list = members->at("manifest.json");
    const auto json = *parse_json(std::string_view(bytes).substr(list.offset, list.size), "it");
    EXPECT_EQ(json[0]["RepoTags"].size(), 2U);
    EXPECT_EQ(json[0]["Layers"][0], "blobs/sha256/" + manifest_.layers[0].digest.hex());
}

TEST_F(ArchiveTest, ReadsWhatDockerAloneWrites) {
    const auto entry = [](std::string_view path, const std::string& content) {
        return archive::tar_header({.path = path, .size = content.size()}) + content +
               std::string(archive::tar_zeros(archive::tar_padding(content.size())));
    };
    const std::string list =
        R"([{"Config": "c.json", "RepoTags": ["acme/api:1"], "Layers": ["x/layer.tar"]}])";
    ASSERT_OK(write_file(file("d.tar"), entry("c.json", config_) + entry("x/layer.tar", layer_) +
                                            entry("manifest.json", list) +
                                            std::string(archive::tar_end())));
    for (const auto* tag : {"", ":1", ":acme/api:1"}) {
        auto source = ArchiveSource::open(context_.ctx, file("d.tar").string() + tag);
        ASSERT_OK(source);
        const auto root = (*source)->root(context_.ctx);
        ASSERT_OK(root);
        const auto manifest = oci::Manifest::parse(root->bytes, root->media_type);
        ASSERT_OK(manifest);
        EXPECT_EQ(manifest->config.digest, manifest_.config.digest);
        EXPECT_EQ(manifest->layers[0].media_type, oci::kLayerTar);
        EXPECT_EQ(read(**source, manifest->layers[0]).value(), layer_);
    }
    EXPECT_ERROR(ArchiveSource::open(context_.ctx, file("d.tar").string() + ":2"), "layout/no-tag",
                 "acme/api:1");
}

TEST_F(ArchiveTest, IsTheSameEveryTime) {
    ASSERT_OK(write("a.tar", ArchiveKind::Docker, {"acme/api:1"}));
    ASSERT_OK(write("b.tar", ArchiveKind::Docker, {"acme/api:1"}));
    EXPECT_EQ(*read_file(file("a.tar")), *read_file(file("b.tar")));
}

TEST_F(ArchiveTest, NoticesDamage) {
    ASSERT_OK(write("a.tar", ArchiveKind::Oci, {}));
    auto bytes = *read_file(file("a.tar"));
    bytes[bytes.find("lll") + 5] = 'x';
    ASSERT_OK(write_file(file("a.tar"), bytes));
    auto source = ArchiveSource::open(context_.ctx, file("a.tar").string());
    ASSERT_OK(source);
    EXPECT_ERROR(read(**source, manifest_.layers[0]), "image/invalid-archive", "damaged");
    ASSERT_OK(write_file(file("text.tar"), "no tar"));
    EXPECT_ERROR(ArchiveSource::open(context_.ctx, file("text.tar").string()), "archive/damaged");
}

TEST_F(ArchiveTest, WritesNothingWhereItIsNotFinished) {
    {
        auto writer = ArchiveWriter::create(file("half.tar"), ArchiveKind::Oci, 0);
        ASSERT_OK(writer);
        ASSERT_OK(writer->add_blob(image_.digest, bytes_));
    }
    EXPECT_FALSE(std::filesystem::exists(file("half.tar")));
    EXPECT_ERROR(ArchiveWriter::create(directory_->path(), ArchiveKind::Oci, 0),
                 "image/not-a-file");
}

}  // namespace
}  // namespace pycontainer::image
