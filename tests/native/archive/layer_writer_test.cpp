#include "archive/layer_writer.hpp"

#include "archive/layer_reader.hpp"
#include "support/result_matchers.hpp"
#include "support/test_context.hpp"

#include <gtest/gtest.h>

#include <unistd.h>

namespace pycontainer::archive {
namespace {

struct Written {
    LayerBlob blob;
    std::string bytes;
};

Result<Written> write(std::vector<FileEntry> entries, Compression compression = Compression::Gzip,
                      unsigned threads = 1) {
    testing::TestContext test;
    Written written;
    PYC_TRY_ASSIGN(written.blob, write_layer(
                                     test.ctx, entries, compression,
                                     [&](Bytes bytes) -> Result<void> {
                                         written.bytes += as_text(bytes);
                                         return {};
                                     },
                                     threads));
    return written;
}

/// `type mode path -> link | content`, a line each, in the layer's order.
std::string describe(const std::string& bytes) {
    testing::TestContext test;
    std::string_view rest = bytes;
    std::string text;
    const ByteReader source = [&](std::span<std::byte> out) -> Result<std::size_t> {
        const auto count = std::min<std::size_t>({out.size(), rest.size(), 1000});
        std::copy_n(as_bytes(rest).begin(), count, out.begin());
        rest.remove_prefix(count);
        return count;
    };
    const auto result =
        read_layer(test.ctx, source, "test",
                   [&](const LayerEntry& entry, EntryContent& content) -> Result<Walk> {
                       PYC_TRY_ASSIGN(const auto body, content.read_all());
                       const char type = entry.type == LayerEntry::Type::File        ? 'f'
                                         : entry.type == LayerEntry::Type::Directory ? 'd'
                                                                                     : 'l';
                       text += fmt::format("{} {:o} {} {}:{} {}{}{}\n", type, entry.mode,
                                           entry.mtime, entry.uid, entry.gid, entry.path,
                                           entry.link.empty() ? "" : " -> " + entry.link,
                                           type == 'f' ? " " + body : "");
                       return Walk::Continue;
                   });
    EXPECT_OK(result);
    return text;
}

class TemporaryFiles : public ::testing::Test {
protected:
    TemporaryDirectory directory_ = *TemporaryDirectory::create(::testing::TempDir(), "layer-");
};

TEST(LayerWriter, SortsEntriesAndNormalisesOwners) {
    auto owned = directory_entry("app/data", 5);
    owned.uid = owned.gid = 65532;
    const auto written =
        write({text_entry("app/a.py", "print()", 5), symlink_entry("app/l", "a.py", 5),
               directory_entry("app", 5), owned, text_entry("app/data/x", "", 5, 0755)});
    ASSERT_OK(written);
    EXPECT_EQ(describe(written->bytes),
              "d 755 5 0:0 app\n"
              "f 644 5 0:0 app/a.py print()\n"
              "d 755 5 65532:65532 app/data\n"
              "f 755 5 0:0 app/data/x \n"
              "l 777 5 0:0 app/l -> a.py\n");
    EXPECT_EQ(written->blob.digest, Digest::of(written->bytes));
    EXPECT_EQ(written->blob.size, written->bytes.size());
}

TEST(LayerWriter, DependsOnTheEntriesAlone) {
    std::vector<FileEntry> entries;
    for (int i = 0; i < 40; ++i)
        entries.push_back(text_entry(
            fmt::format("f{:03}", i),
            std::string(static_cast<std::size_t>(i) * 9001, static_cast<char>('a' + i % 26)), 1));
    const auto one = write(entries);
    std::swap(entries[3], entries[30]);
    const auto other = write(entries, Compression::Gzip, 4);
    ASSERT_OK(one);
    ASSERT_OK(other);
    EXPECT_EQ(one->blob, other->blob);
}

TEST(LayerWriter, WritesPlainTarsWithTheSameDiffId) {
    const std::vector<FileEntry> entries = {text_entry("a", "hello", 1),
                                            text_entry("b", "world", 1)};
    const auto plain = write(entries, Compression::None);
    const auto gzip = write(entries);
    ASSERT_OK(plain);
    ASSERT_OK(gzip);
    EXPECT_EQ(plain->blob.diff_id, gzip->blob.diff_id);
    EXPECT_EQ(plain->blob.digest, plain->blob.diff_id);
    EXPECT_EQ(plain->bytes.size(), 512U * 6);
    EXPECT_EQ(describe(plain->bytes), describe(gzip->bytes));
    EXPECT_EQ(layer_media_type(Compression::Gzip), "application/vnd.oci.image.layer.v1.tar+gzip");
    EXPECT_EQ(layer_media_type(Compression::None), "application/vnd.oci.image.layer.v1.tar");
}

TEST(LayerWriter, AnEmptyLayerIsTheEndAlone) {
    const auto written = write({});
    ASSERT_OK(written);
    EXPECT_EQ(written->blob.tar_size, 1024U);
    EXPECT_EQ(describe(written->bytes), "");
}

TEST(LayerWriter, RefusesTheSamePathTwice) {
    EXPECT_ERROR(write({text_entry("app/x", "1", 0), text_entry("app/x", "2", 0)}),
                 "archive/duplicate-path", "`app/x`");
}

TEST(LayerWriter, RefusesNamesThatRemoveFiles) {
    EXPECT_ERROR(write({text_entry("app/.wh.data", "", 0)}), "archive/reserved-name",
                 "`app/.wh.data`");
    EXPECT_ERROR(write({text_entry(".wh..wh..opq", "", 0)}), "archive/reserved-name");
    EXPECT_OK(write({text_entry("app/a.wh.b", "", 0)}));
}

TEST(LayerWriter, NamesTheMediaTypeOfEachCompression) {
    EXPECT_EQ(layer_media_type(Compression::GzipSingle),
              "application/vnd.oci.image.layer.v1.tar+gzip");
    EXPECT_EQ(layer_media_type(Compression::Zstd), "application/vnd.oci.image.layer.v1.tar+zstd");
}

TEST_F(TemporaryFiles, AreReadIntoTheLayer) {
    const auto path = directory_.path() / "big.bin";
    ASSERT_OK(write_file(path, std::string(3'000'000, 'z')));
    FileEntry entry;
    entry.path = "big.bin";
    entry.source = path;
    entry.size = 3'000'000;
    const auto from_disk = write({entry}, Compression::Gzip, 2);
    const auto from_memory = write({text_entry("big.bin", std::string(3'000'000, 'z'), 0)});
    ASSERT_OK(from_disk);
    ASSERT_OK(from_memory);
    EXPECT_EQ(from_disk->blob, from_memory->blob);
}

TEST_F(TemporaryFiles, ThatChangedAreAnError) {
    const auto path = directory_.path() / "changing";
    ASSERT_OK(write_file(path, "12345"));
    FileEntry entry;
    entry.path = "changing";
    entry.source = path;
    entry.size = 4;
    EXPECT_ERROR(write({entry}), "archive/changed", "changing");
    entry.source = directory_.path() / "missing";
    EXPECT_ERROR(write({entry}), "file/not-found", "missing");
}

TEST(LayerWriter, StopsWhenAsked) {
    testing::TestContext test;
    test.stop.request_stop();
    const std::vector<FileEntry> entries = {text_entry("a", "x", 0)};
    const auto result = write_layer(
        test.ctx, entries, Compression::Gzip, [](Bytes) -> Result<void> { return {}; }, 1);
    ASSERT_FALSE(result);
    EXPECT_TRUE(result.error().is_cancelled());
}

}  // namespace
}  // namespace pycontainer::archive
