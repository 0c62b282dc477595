#include "sources/archive_tree.hpp"

#include "source_tree.hpp"

#include "archive/layer_writer.hpp"
#include "project/project_fixture.hpp"
#include "support/test_context.hpp"
#include "support/zip_builder.hpp"

namespace pycontainer::sources {
namespace {

using archive::FileEntry;
using pycontainer::testing::ProjectFixture;
using pycontainer::testing::TestContext;

class ArchiveTree : public ::testing::Test {
protected:
    std::filesystem::path archive_of(
        const std::vector<FileEntry>& entries,
        archive::Compression compression = archive::Compression::Gzip) {
        std::string bytes;
        archive::LayerWriter writer(
            [&](Bytes more) -> Result<void> {
                bytes += as_text(more);
                return {};
            },
            compression);
        for (const auto& entry : entries) EXPECT_OK(writer.add(test_.ctx, entry));
        EXPECT_OK(writer.finish());
        directory_.write("a.tar.gz", bytes);
        return directory_.path() / "a.tar.gz";
    }
    Result<Tree> read(const std::vector<FileEntry>& entries, const ArchiveLimits& limits = {}) {
        return read_sdist(test_.ctx, archive_of(entries), "a.tar.gz", limits);
    }

    TestContext test_;
    ProjectFixture directory_;
};

TEST_F(ArchiveTree, IsWhatTheTopDirectoryHolds) {
    const auto tree =
        read({archive::text_entry("a-1/x.py", "x", 0), archive::text_entry("a-1/run", "y", 0, 0755),
              archive::symlink_entry("a-1/b/link", "../x.py", 0),
              archive::symlink_entry("a-1/out", "../../etc/passwd", 0)});
    ASSERT_OK(tree);
    EXPECT_EQ(tree->files().size(), 3U);
    EXPECT_EQ(tree->read("x.py"), "x");
    EXPECT_EQ(tree->read("b/link"), "x");
    EXPECT_TRUE(tree->find("run")->executable);
    EXPECT_FALSE(tree->has_file("out"));
}

TEST_F(ArchiveTree, IsTakenFromZipArchivesOfOldReleases) {
    const auto read_zip = [&](const pycontainer::testing::ZipBuilder& zip,
                              const ArchiveLimits& limits = {}) {
        directory_.write("a-1.zip", zip.build());
        return read_sdist(test_.ctx, directory_.path() / "a-1.zip", "a-1.zip", limits);
    };
    pycontainer::testing::ZipBuilder usual;
    usual.add("a-1/setup.py", "one").add("a-1/a/x.py", "two");
    const auto tree = read_zip(usual);
    ASSERT_OK(tree);
    EXPECT_EQ(tree->read("a/x.py"), "two");
    pycontainer::testing::ZipBuilder flat;
    flat.add("setup.py", "one").add("a/x.py", "two");
    const auto whole = read_zip(flat);
    ASSERT_OK(whole);
    EXPECT_EQ(whole->read("a/x.py"), "two");
    EXPECT_ERROR(read_zip(usual, {.files = 1}), "sources/bad-archive", "more than 1 files");
    EXPECT_ERROR(read_zip(usual, {.total_size = 5}), "sources/bad-archive", "unpacks to more");
    directory_.write("a-1.zip", "no archive");
    EXPECT_ERROR(read_sdist(test_.ctx, directory_.path() / "a-1.zip", "a-1.zip"),
                 "sources/bad-archive", "no ZIP archive");
}

TEST_F(ArchiveTree, HasNoTopDirectoryInARepository) {
    const auto file = archive_of({archive::text_entry("x.py", "x", 0)}, archive::Compression::None);
    const auto tree = read_tree_archive(test_.ctx, file, "repository");
    ASSERT_OK(tree);
    EXPECT_EQ(tree->read("x.py"), "x");
}

TEST_F(ArchiveTree, IsRefusedWhenItIsNotOne) {
    EXPECT_ERROR(read({archive::text_entry("a/x", "", 0), archive::text_entry("b/x", "", 0)}),
                 "sources/bad-archive", "one directory");
    EXPECT_ERROR(read({archive::text_entry("a/../../x", "", 0)}), "sources/bad-archive",
                 "a/../../x");
    EXPECT_ERROR(read({archive::text_entry("a/x", std::string(100, 'x'), 0)},
                      {.files = 10, .total_size = 50}),
                 "sources/bad-archive", "more than");
    EXPECT_ERROR(read({archive::text_entry("a/x", "", 0), archive::text_entry("a/y", "", 0)},
                      {.files = 1, .total_size = 50}),
                 "sources/bad-archive", "more than 1 files");
    directory_.write("b.tar.gz", "no archive at all, but long enough to be looked at\n");
    EXPECT_ERROR(read_sdist(test_.ctx, directory_.path() / "b.tar.gz", "b.tar.gz"),
                 "sources/bad-archive", "b.tar.gz");
}

}  // namespace
}  // namespace pycontainer::sources
