#include "archive/layer_reader.hpp"

#include "archive/layer_writer.hpp"
#include "support/result_matchers.hpp"
#include "support/test_context.hpp"

#include <gtest/gtest.h>

namespace pycontainer::archive {
namespace {

class LayerReader : public ::testing::Test {
protected:
    std::filesystem::path file_with(std::string_view bytes) {
        const auto path = directory_.path() / fmt::format("layer-{}", count_++);
        EXPECT_OK(write_file(path, bytes));
        return path;
    }
    std::string layer(const std::vector<FileEntry>& entries,
                      Compression compression = Compression::Gzip) {
        std::string bytes;
        EXPECT_OK(write_layer(
            test_.ctx, entries, compression,
            [&](Bytes part) -> Result<void> {
                bytes += as_text(part);
                return {};
            },
            1));
        return bytes;
    }
    Result<std::vector<std::string>> paths(const std::filesystem::path& file) {
        std::vector<std::string> result;
        PYC_TRY(read_layer(test_.ctx, file,
                           [&](const LayerEntry& entry, EntryContent&) -> Result<Walk> {
                               result.push_back(entry.path);
                               return Walk::Continue;
                           }));
        return result;
    }

    testing::TestContext test_;
    TemporaryDirectory directory_ = *TemporaryDirectory::create(::testing::TempDir(), "reader-");
    int count_ = 0;
};

TEST_F(LayerReader, SkipsContentThatNobodyReads) {
    const auto file = file_with(
        layer({directory_entry("usr", 0), text_entry("usr/big", std::string(300'000, 'x'), 0),
               text_entry("usr/z", "zz", 0)}));
    EXPECT_EQ(paths(file).value(), (std::vector<std::string>{"usr", "usr/big", "usr/z"}));
}

TEST_F(LayerReader, ReadsEveryCompressionThatIsWritten) {
    const std::vector<FileEntry> entries = {directory_entry("a", 0),
                                            text_entry("a/b", std::string(3'000'000, 'x'), 0)};
    for (const auto compression :
         {Compression::Gzip, Compression::GzipSingle, Compression::Zstd, Compression::None}) {
        SCOPED_TRACE(to_string(compression));
        EXPECT_EQ(paths(file_with(layer(entries, compression))).value(),
                  (std::vector<std::string>{"a", "a/b"}));
    }
}

TEST_F(LayerReader, StopsWhenTheCallbackSaysSo) {
    auto bytes = layer({text_entry("a", "1", 0), text_entry("b", "2", 0)}, Compression::None);
    bytes.resize(1024);  // what follows is not needed
    std::vector<std::string> seen;
    const auto result =
        read_layer(test_.ctx, file_with(bytes),
                   [&](const LayerEntry& entry, EntryContent& content) -> Result<Walk> {
                       PYC_TRY_ASSIGN(const auto text, content.read_all());
                       seen.push_back(entry.path + "=" + text);
                       return Walk::Stop;
                   });
    EXPECT_OK(result);
    EXPECT_EQ(seen, std::vector<std::string>{"a=1"});
}

TEST_F(LayerReader, NormalisesNames) {
    // As GNU tar writes them with `tar c .` or `tar cP /usr`.
    const auto file = file_with(layer({text_entry("./etc/passwd", "", 0),
                                       text_entry("/usr/bin/x", "", 0), directory_entry(".", 0)}));
    const auto found = paths(file);
    ASSERT_OK(found);
    EXPECT_EQ(*found, (std::vector<std::string>{"usr/bin/x", "", "etc/passwd"}));
}

TEST_F(LayerReader, LimitsWhatIsReadIntoMemory) {
    const auto file = file_with(layer({text_entry("a", std::string(1000, 'x'), 0)}));
    const auto result =
        read_layer(test_.ctx, file, [&](const LayerEntry&, EntryContent& content) -> Result<Walk> {
            PYC_TRY(content.read_all(999));
            return Walk::Continue;
        });
    EXPECT_ERROR(result, "archive/too-large");
}

TEST_F(LayerReader, SaysWhatIsDamaged) {
    const auto whole =
        layer({text_entry("a", std::string(100'000, 'x'), 0), text_entry("b", "", 0)});
    EXPECT_ERROR(paths(file_with("this is no archive at all, but text")), "archive/damaged",
                 "layer-0");
    EXPECT_ERROR(paths(file_with(whole.substr(0, whole.size() / 2))), "archive/damaged");
    EXPECT_ERROR(paths(directory_.path() / "missing"), "file/not-found");
}

TEST_F(LayerReader, PassesErrorsOfItsSourceOn) {
    const auto result = read_layer(
        test_.ctx,
        [](std::span<std::byte>) -> Result<std::size_t> { return fail("net/interrupted", "gone"); },
        "x", [](const LayerEntry&, EntryContent&) -> Result<Walk> { return Walk::Continue; });
    EXPECT_ERROR(result, "net/interrupted");
}

}  // namespace
}  // namespace pycontainer::archive
