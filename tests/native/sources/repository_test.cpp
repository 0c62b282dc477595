#include "sources/repository.hpp"

#include "exec/process.hpp"
#include "project/project_fixture.hpp"
#include "sources/archive_tree.hpp"
#include "support/result_matchers.hpp"
#include "support/test_context.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

namespace pycontainer::sources {
namespace {

using pycontainer::testing::ProjectFixture;
using pycontainer::testing::TestContext;

/// A real repository on this machine.
class Repository : public ::testing::Test {
protected:
    Repository()
        : test_({{"PATH", std::getenv("PATH")},
                 {"HOME", directory_.path()},
                 {"GIT_AUTHOR_NAME", "a"},
                 {"GIT_AUTHOR_EMAIL", "a@example.com"},
                 {"GIT_COMMITTER_NAME", "a"},
                 {"GIT_COMMITTER_EMAIL", "a@example.com"}}),
          store_(directory_.path() / "store") {}

    void SetUp() override {
        if (!exec::find_program(test_.environment, "git")) GTEST_SKIP() << "no git here";
        directory_.add(
            "//- origin/a.py\nx\n//- origin/secret/b.txt\n//- origin/.gitattributes\nsecret "
            "export-ignore\n*.py export-subst\n");
        git({"init", "--quiet", "-b", "main"});
        git({"add", "."});
        git({"commit", "--quiet", "-m", "one"});
        git({"tag", "v1.2"});
        commit_ = git({"rev-parse", "HEAD"}).substr(0, 40);
        directory_.write("origin/a.py", "later");
        git({"commit", "--quiet", "-am", "two"});
    }

    std::string git(std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), "git");
        const auto outcome =
            exec::run_process(test_.ctx, {.command = std::move(arguments),
                                          .directory = directory_.path() / "origin",
                                          .input = {}});
        EXPECT_OK(outcome);
        EXPECT_EQ(outcome->exit_code, 0) << outcome->errors;
        return outcome->output;
    }
    std::string url() const { return "file://" + (directory_.path() / "origin").string(); }

    ProjectFixture directory_;
    TestContext test_;
    store::Store store_;
    std::string commit_;
};

TEST_F(Repository, GivesTheTreeOfACommit) {
    const auto fetched = fetch_commit(test_.ctx, url(), commit_, store_);
    ASSERT_OK(fetched);
    EXPECT_EQ(fetched->exact_tag, "v1.2");
    const auto tree = read_tree_archive(test_.ctx, store_.blob_path(fetched->archive), "origin");
    ASSERT_OK(tree);
    EXPECT_EQ(tree->read("a.py"), "x\n");
    EXPECT_TRUE(tree->has_file("secret/b.txt")) << "a checkout has it, whatever archives have";
}

TEST_F(Repository, IsNotAskedAgain) {
    ASSERT_OK(fetch_commit(test_.ctx, url(), commit_, store_));
    std::filesystem::remove_all(directory_.path() / "origin");
    EXPECT_OK(fetch_commit(test_.ctx, url(), commit_, store_));
}

TEST_F(Repository, SaysWhatIsWrong) {
    EXPECT_ERROR(fetch_commit(test_.ctx, url(), std::string(40, 'e'), store_),
                 "sources/commit-not-found", std::string(40, 'e'));
    EXPECT_ERROR(fetch_commit(test_.ctx, url() + "-none", commit_, store_), "sources/git-failed",
                 "origin-none");
    const TestContext bare({{"PATH", "/nowhere"}});
    EXPECT_ERROR(fetch_commit(bare.ctx, url(), commit_, store_), "sources/no-git", "install git");
}

TEST(RepositoryUrl, IsShownWithoutSecrets) {
    EXPECT_EQ(plain_repository_url("https://me:secret@h.example/a"), "https://h.example/a");
    EXPECT_EQ(plain_repository_url("https://token@h.example/a"), "https://h.example/a");
    EXPECT_EQ(plain_repository_url("ssh://git@h.example/a"), "ssh://git@h.example/a");
    EXPECT_EQ(plain_repository_url("ssh://git:secret@h.example/a"), "ssh://h.example/a");
    EXPECT_EQ(plain_repository_url("https://h.example/a@b"), "https://h.example/a@b");
}

}  // namespace
}  // namespace pycontainer::sources
