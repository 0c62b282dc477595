#include "project/stat_index.hpp"

#include "project_fixture.hpp"

#include "support/result_matchers.hpp"
#include "support/test_context.hpp"

#include <gtest/gtest.h>

#include <sys/stat.h>

namespace pycontainer::project {
namespace {

using pycontainer::testing::ProjectFixture;

/// A minute from now, when all that the test has written is long settled.
std::int64_t later() {
    return StatIndex::system_time() + 60'000'000'000;
}
/// Before anything was written.
std::int64_t earlier() {
    return StatIndex::system_time() - 60'000'000'000;
}

class StatIndexTest : public ::testing::Test {
protected:
    SourceTree scan() const {
        auto tree = scan_sources(context_.ctx, {.directory = project_.path()});
        EXPECT_OK(tree);
        return *tree;
    }
    std::filesystem::path file() const { return store_.path() / "index"; }

    pycontainer::testing::TestContext context_{{}, 2};
    ProjectFixture project_{"//- a\none\n//- b/c\ntwo\n//- link -> a\n"};
    ProjectFixture store_;
};

TEST_F(StatIndexTest, GivesTheDigestsOfContents) {
    StatIndex index;
    const auto digests = index.digests(context_.ctx, project_.path(), scan());
    ASSERT_OK(digests);
    EXPECT_EQ(*digests,
              (std::vector<Digest>{Digest::of("one\n"), Digest::of("two\n"), Digest::of("a")}));
    EXPECT_EQ(index.read_count(), 2U);
}

TEST_F(StatIndexTest, ReadsOnlyWhatChanged) {
    StatIndex index(later);
    const auto tree = scan();
    const auto first = index.digest_tree(context_.ctx, project_.path(), tree);
    ASSERT_OK(first);
    ASSERT_OK(index.save(file()));
    EXPECT_EQ(StatIndex::load_tree_digest(file(), tree.stat_fingerprint), *first);

    auto again = StatIndex::load(file(), later);
    EXPECT_EQ(*again.digest_tree(context_.ctx, project_.path(), scan()), *first);
    EXPECT_EQ(again.read_count(), 0U);
    ASSERT_OK(again.digests(context_.ctx, project_.path(), scan()));
    EXPECT_EQ(again.read_count(), 0U);

    project_.write("b/c", "2\n");  // shorter, and renamed into place: another inode
    project_.write("new", "");
    const auto changed = again.digests(context_.ctx, project_.path(), scan());
    ASSERT_OK(changed);
    EXPECT_EQ(again.read_count(), 2U);
    EXPECT_EQ(*changed, (std::vector<Digest>{Digest::of("one\n"), Digest::of("2\n"),
                                             Digest::of("a"), Digest::of("")}));
    EXPECT_EQ(StatIndex::load_tree_digest(file(), scan().stat_fingerprint), std::nullopt);
}

TEST_F(StatIndexTest, ReadsAgainWhatCouldHaveChangedWithinATimeStep) {
    StatIndex index(earlier);
    const auto tree = scan();
    for (int i = 0; i < 2; ++i) {
        ASSERT_OK(index.digest_tree(context_.ctx, project_.path(), tree));
        EXPECT_EQ(index.read_count(), 2U);
    }
    ASSERT_OK(index.save(file()));
    EXPECT_EQ(StatIndex::load_tree_digest(file(), tree.stat_fingerprint), std::nullopt);
}

TEST_F(StatIndexTest, RefusesFilesThatChangeMeanwhile) {
    StatIndex index;
    const auto tree = scan();
    project_.write("a", "other\n");
    EXPECT_ERROR(index.digests(context_.ctx, project_.path(), tree), "project/file-changed", "`a`");
    std::filesystem::remove(project_.path() / "a");
    EXPECT_ERROR(index.digests(context_.ctx, project_.path(), tree), "project/file-changed", "`a`");
}

TEST_F(StatIndexTest, TakesDamagedFilesForEmptyOnes) {
    StatIndex index(later);
    const auto tree = scan();
    ASSERT_OK(index.digests(context_.ctx, project_.path(), tree));
    ASSERT_OK(index.save(file()));
    auto text = *read_file(file());
    for (const std::size_t at : {std::size_t{0}, text.size() / 2, text.size() - 1}) {
        auto damaged = text;
        damaged[at] = static_cast<char>(damaged[at] ^ 1);
        ASSERT_OK(write_file(file(), damaged));
        auto loaded = StatIndex::load(file());
        ASSERT_OK(loaded.digests(context_.ctx, project_.path(), tree));
        EXPECT_EQ(loaded.read_count(), 2U) << at;
    }
    for (const std::size_t size : {std::size_t{0}, std::size_t{10}, std::size_t{100}}) {
        ASSERT_OK(write_file(file(), std::string_view(text).substr(0, size)));
        auto loaded = StatIndex::load(file());
        EXPECT_EQ(StatIndex::load_tree_digest(file(), tree.stat_fingerprint), std::nullopt);
    }
    EXPECT_EQ(StatIndex::load(store_.path() / "missing").read_count(), 0U);
}

TEST_F(StatIndexTest, DigestsWhatTheImageGetsAndNothingOfTheMachine) {
    const ProjectFixture copy("//- a\none\n//- b/c\ntwo\n//- link -> a\n");
    StatIndex index;
    const auto digest = index.digest_tree(context_.ctx, project_.path(), scan());
    ASSERT_OK(digest);
    const auto same = scan_sources(context_.ctx, {.directory = copy.path()});
    ASSERT_OK(same);
    EXPECT_EQ(*StatIndex().digest_tree(context_.ctx, copy.path(), *same), *digest);
    ASSERT_EQ(::chmod((copy.path() / "a").c_str(), 0755), 0);
    const auto executable = scan_sources(context_.ctx, {.directory = copy.path()});
    EXPECT_NE(*StatIndex().digest_tree(context_.ctx, copy.path(), *executable), *digest);
}

}  // namespace
}  // namespace pycontainer::project
