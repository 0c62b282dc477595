#include "archive/tar.hpp"

#include "archive/layer_reader.hpp"
#include "base/digest.hpp"
#include "support/result_matchers.hpp"
#include "support/test_context.hpp"

#include <gtest/gtest.h>

namespace pycontainer::archive {
namespace {

/// Reads the one entry of `header` back with libarchive.
LayerEntry read_back(const TarHeader& header) {
    testing::TestContext test;
    std::string tar = tar_header(header);
    EXPECT_EQ(tar.size() % kTarBlock, 0U);
    tar += tar_end();
    LayerEntry found;
    std::string_view rest = tar;
    const ByteReader source = [&](std::span<std::byte> out) -> Result<std::size_t> {
        const auto count = std::min(out.size(), rest.size());
        std::copy_n(as_bytes(rest).begin(), count, out.begin());
        rest.remove_prefix(count);
        return count;
    };
    const auto result = read_layer(test.ctx, source, "test",
                                   [&](const LayerEntry& entry, EntryContent&) -> Result<Walk> {
                                       found = entry;
                                       return Walk::Stop;
                                   });
    EXPECT_OK(result);
    return found;
}

std::size_t blocks(const TarHeader& header) {
    return tar_header(header).size() / kTarBlock;
}

TEST(Tar, NeedsOneBlockForOrdinaryNames) {
    TarHeader header;
    for (const auto& path : {std::string("a"), std::string(100, 'n'),
                             std::string(155, 'p') + "/" + std::string(100, 'n'),
                             std::string("dir/") + std::string(99, 'x')}) {
        SCOPED_TRACE(path);
        header.path = path;
        EXPECT_EQ(blocks(header), 1U);
        EXPECT_EQ(read_back(header).path, path);
    }
}

TEST(Tar, WritesExtendedHeadersOnlyWhereNeeded) {
    TarHeader header;
    for (const auto& path :
         {std::string(101, 'n'), std::string(156, 'p') + "/x", std::string("caf\xc3\xa9.py"),
          "a/" + std::string(200, 'b') + "/\xe2\x82\xac",
          std::string(1000, 'd') + "/" + std::string(255, 'e')}) {
        SCOPED_TRACE(path);
        header.path = path;
        EXPECT_GT(blocks(header), 1U);
        EXPECT_EQ(read_back(header).path, path);
        header.type = FileEntry::Type::Directory;
        EXPECT_EQ(read_back(header).path, path);
        EXPECT_EQ(read_back(header).type, LayerEntry::Type::Directory);
        header.type = FileEntry::Type::File;
    }
}

TEST(Tar, KeepsTargetsOfLinks) {
    TarHeader header;
    header.path = "l";
    header.type = FileEntry::Type::Symlink;
    for (const auto& target : {std::string("../t"), std::string(100, 't'), std::string(101, 't'),
                               std::string("/\xc3\xa9")}) {
        header.link = target;
        EXPECT_EQ(read_back(header).link, target);
        EXPECT_EQ(read_back(header).type, LayerEntry::Type::Symlink);
    }
}

TEST(Tar, KeepsNumbersOfAnySize) {
    TarHeader header;
    header.path = "f";
    for (const std::uint64_t size : {std::uint64_t{0}, std::uint64_t{077777777777},
                                     std::uint64_t{0100000000000}, std::uint64_t{1} << 50U}) {
        header.size = size;
        EXPECT_EQ(read_back(header).size, size);
    }
    header.size = 0;
    for (const std::int64_t mtime :
         {std::int64_t{0}, std::int64_t{1'700'000'000}, std::int64_t{-5}, std::int64_t{1} << 36U}) {
        header.mtime = mtime;
        EXPECT_EQ(read_back(header).mtime, mtime);
    }
    header.mtime = 0;
    header.uid = 65532;
    header.gid = 4'000'000'000U;
    header.mode = 04755;
    EXPECT_EQ(read_back(header).uid, 65532U);
    EXPECT_EQ(read_back(header).gid, 4'000'000'000U);
    EXPECT_EQ(read_back(header).mode, 04755U);
}

TEST(Tar, PadsToBlocks) {
    EXPECT_EQ(tar_padding(0), 0U);
    EXPECT_EQ(tar_padding(1), 511U);
    EXPECT_EQ(tar_padding(512), 0U);
    EXPECT_EQ(tar_padding(513), 511U);
    EXPECT_EQ(tar_end(), std::string(1024, '\0'));
}

}  // namespace
}  // namespace pycontainer::archive
