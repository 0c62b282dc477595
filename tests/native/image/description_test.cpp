#include "image/description.hpp"

#include "archive/layer_writer.hpp"
#include "oci/image_config.hpp"
#include "oci/media_types.hpp"
#include "support/result_matchers.hpp"
#include "support/test_context.hpp"

#include <gtest/gtest.h>

namespace pycontainer::image {
namespace {

constexpr std::string_view kSite = "opt/venv/lib/python3.11/site-packages/";

archive::FileEntry file(const std::string& path, const std::string& content) {
    return archive::text_entry(path, content, 0);
}

struct DescriptionTest : ::testing::Test {
    DescriptionTest()
        : directory(*TemporaryDirectory::create(::testing::TempDir(), "description-")),
          destination(directory.path() / "image") {}

    /// Writes a layout of one image with one layer; `damage` is done to the layer's bytes.
    Result<void> write(std::vector<archive::FileEntry> entries, bool damage = false) {
        std::string layer;
        std::sort(entries.begin(), entries.end(),
                  [](const auto& a, const auto& b) { return archive::path_less(a.path, b.path); });
        PYC_TRY_ASSIGN(const auto blob, archive::write_layer(
                                            test.ctx, entries, archive::Compression::Gzip,
                                            [&](std::span<const std::byte> bytes) -> Result<void> {
                                                layer.append(
                                                    reinterpret_cast<const char*>(bytes.data()),
                                                    bytes.size());
                                                return {};
                                            },
                                            1));
        if (damage) layer.resize(layer.size() / 2);
        PYC_TRY_ASSIGN(const auto platform, oci::Platform::parse("linux/amd64"));
        oci::ImageConfig config(platform);
        config.add_layer(blob.diff_id,
                         {"", "pycontainer build # dependencies: tool 1.0", "", false});
        const auto config_bytes = config.to_bytes();
        const auto descriptor = [](std::string_view type, const Digest& digest, std::size_t size) {
            return oci::Descriptor{std::string(type), digest, size, {}, {}};
        };
        oci::Manifest manifest;
        manifest.config =
            descriptor(oci::kImageConfig, Digest::of(config_bytes), config_bytes.size());
        manifest.layers = {
            descriptor("application/vnd.oci.image.layer.v1.tar+gzip", blob.digest, blob.size)};
        const auto bytes = manifest.to_bytes();
        PYC_TRY_ASSIGN(auto writer, LayoutWriter::create(destination));
        PYC_TRY(writer.add_blob(blob.digest, layer));
        PYC_TRY(writer.add_blob(manifest.config.digest, config_bytes));
        PYC_TRY(writer.add_blob(Digest::of(bytes), bytes));
        PYC_TRY_ASSIGN(const auto reference, oci::Reference::parse("acme/api:1"));
        return writer.commit(descriptor(oci::kImageManifest, Digest::of(bytes), bytes.size()),
                             {reference});
    }
    Result<Json> describe() {
        PYC_TRY_ASSIGN(const auto layout, Layout::open(destination));
        return describe_layout(test.ctx, layout);
    }

    testing::TestContext test;
    TemporaryDirectory directory;
    std::filesystem::path destination;
};

TEST_F(DescriptionTest, TellsManifestConfigurationAndFiles) {
    ASSERT_OK(write({file("app/main.py", "print()")}));
    const auto description = describe();
    ASSERT_OK(description);
    EXPECT_EQ((*description)["references"], Json::array({"docker.io/acme/api:1"}));
    const auto& image = (*description)["images"][0];
    EXPECT_EQ(image["platform"], "linux/amd64");
    EXPECT_EQ(image["digest"], (*description)["digest"]);
    EXPECT_EQ(image["config"]["architecture"], "amd64");
    EXPECT_EQ(image["manifest"]["layers"].size(), 1U);
    const auto& layer = image["layers"][0];
    EXPECT_EQ(layer["created_by"], "pycontainer build # dependencies: tool 1.0");
    EXPECT_EQ(layer["file_count"], 1);
    EXPECT_EQ(layer["unpacked_size"], 7);
    EXPECT_EQ(layer["files"], Json::array({{{"path", "app/main.py"}, {"size", 7}}}));
    EXPECT_EQ(layer["packages"], Json::array());
}

TEST_F(DescriptionTest, WeighsPackagesByTheirRecords) {
    const std::string site(kSite);
    const std::string record =
        "tool/__init__.py,sha256=x,3\n\"tool/a,\"\"b\"\".py\",,\n../../../bin/tool,,\n"
        "tool/missing.py,,\ntool/__init__.py,,\ntool-1.0.dist-info/RECORD,,\n";
    const std::string small = "small.py,,\n";
    ASSERT_OK(
        write({file(site + "tool/__init__.py", "abc"), file(site + "tool/a,\"b\".py", "12345"),
               file("opt/venv/bin/tool", "1234567"), file(site + "other.py", "unowned"),
               file(site + "tool-1.0.dist-info/RECORD", record), file(site + "small.py", "1"),
               file(site + "small-0.1.dist-info/RECORD", small),
               file(site + "odd.dist-info/RECORD", "other.py,,\n")}));
    const auto description = describe();
    ASSERT_OK(description);
    const auto& packages = (*description)["images"][0]["layers"][0]["packages"];
    EXPECT_EQ(packages,
              Json::array({{{"name", "tool"},
                            {"version", "1.0"},
                            {"size", 3 + 5 + 7 + record.size()},
                            {"files", 4}},
                           {{"name", "small"}, {"version", "0.1"}, {"size", 1}, {"files", 1}}}));
}

TEST_F(DescriptionTest, SaysWhatIsDamagedOrMissing) {
    ASSERT_OK(write({file("a", std::string(100'000, 'x'))}, true));
    EXPECT_ERROR(describe(), "archive/damaged", "");
    EXPECT_ERROR(Layout::open(directory.path() / "none"), "layout/not-found", "none");
}

}  // namespace
}  // namespace pycontainer::image
