#include "base/file.hpp"

#include "support/result_matchers.hpp"

#include <gtest/gtest.h>

#include <fstream>

namespace pycontainer {
namespace {

namespace fs = std::filesystem;

class FileTest : public ::testing::Test {
protected:
    void SetUp() override {
        auto created = TemporaryDirectory::create(::testing::TempDir(), "file-test-");
        ASSERT_OK(created);
        directory_.emplace(std::move(*created));
    }
    fs::path path(const std::string& name) const { return directory_->path() / name; }
    std::size_t file_count() const {
        return static_cast<std::size_t>(
            std::distance(fs::directory_iterator(directory_->path()), fs::directory_iterator()));
    }

private:
    std::optional<TemporaryDirectory> directory_;
};

TEST_F(FileTest, AppearsWholeOrNotAtAll) {
    {
        auto file = AtomicFile::create(path("a"));
        ASSERT_OK(file);
        ASSERT_OK(file->write("half"));
        EXPECT_FALSE(fs::exists(path("a")));
    }
    EXPECT_EQ(file_count(), 0U);  // dropped with the writer

    ASSERT_OK(write_file(path("a"), "one"));
    auto file = AtomicFile::create(path("a"));
    ASSERT_OK(file);
    ASSERT_OK(file->write("two"));
    EXPECT_EQ(*read_file(path("a")), "one");
    ASSERT_OK(file->commit());
    EXPECT_EQ(*read_file(path("a")), "two");
    EXPECT_EQ(file_count(), 1U);
}

TEST_F(FileTest, SaysWhatIsWrong) {
    EXPECT_ERROR(read_file(path("none")), "file/not-found", "none");
    ASSERT_OK(write_file(path("file"), "text"));
    EXPECT_ERROR(write_file(path("file") / "below", "x"), "file/not-writable",
                 "file");  // also for root
    EXPECT_ERROR(read_file(path("file"), 3), "file/too-large", "3 bytes");
    EXPECT_ERROR(read_file(path("")), "file/not-readable");
}

TEST_F(FileTest, ReadsAtAnOffset) {
    ASSERT_OK(write_file(path("a"), "0123456789"));
    const auto file = open_for_reading(path("a"));
    ASSERT_OK(file);
    std::array<std::byte, 4> out{};
    ASSERT_OK(read_at(*file, path("a"), 3, out));
    EXPECT_EQ(as_text(out), "3456");
    EXPECT_ERROR(read_at(*file, path("a"), 8, out), "file/not-readable", "shorter");
}

TEST_F(FileTest, StreamsInPieces) {
    const std::string content(3'000'000, 'x');
    ASSERT_OK(write_file(path("a"), content));
    std::string read;
    std::size_t pieces = 0;
    ASSERT_OK(stream_file(path("a"), [&](Bytes bytes) -> Result<void> {
        read += as_text(bytes);
        ++pieces;
        return {};
    }));
    EXPECT_EQ(read, content);
    EXPECT_GT(pieces, 1U);
}

TEST_F(FileTest, RemovesTemporaryDirectoriesWithTheirContent) {
    fs::path inner;
    {
        auto directory = TemporaryDirectory::create(path("parent"), "t-");
        ASSERT_OK(directory);
        inner = directory->path();
        ASSERT_OK(write_file(inner / "x" / "y", "z"));
    }
    EXPECT_FALSE(fs::exists(inner));
}

}  // namespace
}  // namespace pycontainer
