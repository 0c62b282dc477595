#include "archive/tar_index.hpp"

#include "archive/tar.hpp"
#include "support/result_matchers.hpp"
#include "support/test_context.hpp"

#include <gtest/gtest.h>

namespace pycontainer::archive {
namespace {

using Type = FileEntry::Type;

class TarIndexTest : public ::testing::Test {
protected:
    void SetUp() override {
        auto made = TemporaryDirectory::create(std::filesystem::temp_directory_path(), "pyc-tar-");
        ASSERT_OK(made);
        directory_.emplace(std::move(*made));
    }
    static std::string file(std::string_view path, const std::string& content) {
        auto text = tar_header({.path = path, .size = content.size()}) + content;
        return text + std::string(tar_zeros(tar_padding(content.size())));
    }
    static std::string link(std::string_view path, std::string_view target, Type type) {
        return tar_header({.path = path, .type = type, .link = target});
    }
    Result<TarIndex> index(const std::string& bytes) {
        const auto path = directory_->path() / "a.tar";
        PYC_TRY(write_file(path, bytes));
        PYC_TRY_ASSIGN(const auto open, open_for_reading(path));
        return index_tar(context_.ctx, open, path);
    }

    std::optional<TemporaryDirectory> directory_;
    testing::TestContext context_;
};

TEST_F(TarIndexTest, KnowsWhereContentsAre) {
    const auto bytes = file("./index.json", "{}") +
                       tar_header({.path = "blobs", .type = Type::Directory}) +
                       file("blobs/a", "content") + std::string(tar_end());
    const auto found = index(bytes);
    ASSERT_OK(found);
    ASSERT_EQ(found->size(), 2U);
    EXPECT_EQ(bytes.substr(found->at("blobs/a").offset, found->at("blobs/a").size), "content");
    EXPECT_EQ(found->at("index.json").size, 2U);
}

TEST_F(TarIndexTest, ReadsLongNames) {
    const std::string name = std::string(120, 'd') + "/" + std::string(150, 'f');
    const auto found = index(file(name, "x") + file("after", "y") + std::string(tar_end()));
    ASSERT_OK(found);
    EXPECT_TRUE(found->contains(name));
    EXPECT_TRUE(found->contains("after"));
}

TEST_F(TarIndexTest, FollowsLinks) {
    const auto found = index(
        file("one/layer.tar", "x") + link("two/layer.tar", "../one/layer.tar", Type::Symlink) +
        link("three/layer.tar", "../two/layer.tar", Type::Symlink) +
        link("loop", "loop", Type::Symlink) + link("outside", "/etc/passwd", Type::Symlink) +
        std::string(tar_end()));
    ASSERT_OK(found);
    EXPECT_EQ(found->at("two/layer.tar").offset, found->at("one/layer.tar").offset);
    EXPECT_EQ(found->at("three/layer.tar").offset, found->at("one/layer.tar").offset);
    EXPECT_FALSE(found->contains("loop"));
    EXPECT_FALSE(found->contains("outside"));
}

TEST_F(TarIndexTest, RefusesWhatIsDamaged) {
    const auto good = file("a", "content") + std::string(tar_end());
    auto wrong_sum = good;
    wrong_sum[0] = 'b';
    auto huge = tar_header({.path = "a", .size = 1ULL << 40U});
    for (const auto& bytes :
         {std::string(), std::string(1024, '\0'), std::string("text"), std::string(600, 'x'),
          wrong_sum, good.substr(0, 515), huge + std::string(512, 'x')})
        EXPECT_ERROR(index(bytes), "archive/damaged", "a.tar");
}

}  // namespace
}  // namespace pycontainer::archive
