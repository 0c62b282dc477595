#include "project/vcs.hpp"

#include "project_fixture.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

namespace pycontainer::project {
namespace {

using pycontainer::testing::ProjectFixture;

const std::string kCommit(40, 'a');
const std::string kOther(40, 'b');
const std::string kTagObject(40, 'c');

std::string deflated(std::string_view text) {
    auto size = compressBound(text.size());
    std::string out(size, '\0');
    compress(reinterpret_cast<Bytef*>(out.data()), &size,
             reinterpret_cast<const Bytef*>(text.data()), text.size());
    out.resize(size);
    return out;
}

TEST(Vcs, FindsNothingOutsideARepository) {
    EXPECT_EQ(find_git("/proc/self"), std::nullopt);
    const ProjectFixture empty("//- .git/nothing\n");
    EXPECT_EQ(read_git(empty.path()), std::nullopt);
    const ProjectFixture unborn("//- .git/HEAD\nref: refs/heads/main\n");
    EXPECT_EQ(read_git(unborn.path()), std::nullopt);
}

TEST(Vcs, ReadsTheCommitHoweverItIsStored) {
    const auto check = [](const std::string& files) {
        const ProjectFixture project(files);
        const auto facts = read_git(project.path() / "sub");
        ASSERT_TRUE(facts) << files;
        EXPECT_EQ(facts->revision, kCommit) << files;
    };
    check("//- sub/\n//- .git/HEAD\n" + kCommit + "\n");
    check("//- sub/\n//- .git/HEAD\nref: refs/heads/main\n//- .git/refs/heads/main\n" + kCommit +
          "\n");
    check(
        "//- sub/\n//- .git/HEAD\nref: refs/heads/a/b\n//- .git/packed-refs\n# pack-refs with: "
        "peeled fully-peeled sorted\n" +
        kOther + " refs/heads/a\n" + kCommit + " refs/heads/a/b\n");
    // A loose ref is newer than the packed one.
    check("//- sub/\n//- .git/HEAD\nref: refs/heads/main\n//- .git/refs/heads/main\n" + kCommit +
          "\n//- .git/packed-refs\n" + kOther + " refs/heads/main\n");
    // A symbolic ref to another.
    check(
        "//- sub/\n//- .git/HEAD\nref: refs/heads/x\n//- .git/refs/heads/x\nref: "
        "refs/heads/main\n//- .git/refs/heads/main\n" +
        kCommit + "\n");
    // A linked worktree: HEAD of its own, refs in the common directory.
    check(
        "//- .git\ngitdir: ../missing\n//- sub/.git\ngitdir: ../main/.git/worktrees/w\n//- "
        "main/.git/worktrees/w/HEAD\nref: refs/heads/w\n"
        "//- main/.git/worktrees/w/commondir\n../..\n//- main/.git/HEAD\nref: refs/heads/main\n//- "
        "main/.git/refs/heads/w\n" +
        kCommit + "\n");
}

TEST(Vcs, DistrustsNamesThatLeadElsewhere) {
    for (const std::string head : {"ref: ../../secret", "ref: refs/../../secret",
                                   "ref: /etc/passwd", "ref: refs/heads/loop", "ABC", ""}) {
        const ProjectFixture project(
            "//- .git/HEAD\n" + head +
            "\n//- .git/refs/heads/loop\nref: refs/heads/loop\n//- secret\n" + kCommit + "\n");
        EXPECT_EQ(read_git(project.path()), std::nullopt) << head;
    }
}

TEST(Vcs, FindsTheExactTag) {
    const auto check = [](const std::string& files, const std::string& expected) {
        const ProjectFixture project("//- .git/HEAD\n" + kCommit + "\n" + files);
        project.write(
            ".git/objects/cc/" + std::string(38, 'c'),
            deflated(std::string("tag 100\0object ", 15) + kCommit + "\ntype commit\ntag v3\n"));
        EXPECT_EQ(read_git(project.path())->exact_tag, expected) << files;
    };
    check("", "");
    check("//- .git/refs/tags/v1\n" + kOther + "\n", "");
    check("//- .git/refs/tags/v1\n" + kCommit + "\n", "v1");
    check("//- .git/refs/tags/v3\n" + kTagObject + "\n", "v3");
    check("//- .git/refs/tags/release/1.9\n" + kCommit + "\n//- .git/refs/tags/release/1.10\n" +
              kCommit + "\n",
          "release/1.10");
    check("//- .git/packed-refs\n" + kOther + " refs/tags/v2\n^" + kCommit + "\n" + kCommit +
              " refs/heads/x\n",
          "v2");
    check("//- .git/packed-refs\n" + kCommit + " refs/tags/v2\n//- .git/refs/tags/v2\n" + kOther +
              "\n",
          "");  // the loose one moved away
}

TEST(Vcs, ReadsTheOriginWithoutItsSecrets) {
    const ProjectFixture project("//- .git/HEAD\n" + kCommit +
                                 "\n//- .git/config\n[core]\n\turl = no\n[remote \"fork\"]\n\turl "
                                 "= https://example.com/fork\n[Remote \"origin\"]\n"
                                 "\tfetch = +refs/heads/*:refs/remotes/origin/*\n\tURL = "
                                 "\"https://user:canary@example.com/a/b.git\" # x\n");
    EXPECT_EQ(read_git(project.path())->source_url, "https://example.com/a/b");
}

TEST(Vcs, MakesPublicUrls) {
    const auto check = [](std::string_view remote, std::string_view expected) {
        EXPECT_EQ(public_url(remote), expected) << remote;
    };
    check("https://github.com/acme/api.git", "https://github.com/acme/api");
    check("https://x-access-token:secret@github.com/acme/api", "https://github.com/acme/api");
    check("https://user:p@ss@example.com/a", "https://example.com/a");
    check("https://example.com:8443/a.git?token=secret#x", "https://example.com:8443/a");
    check("http://example.com/a/", "http://example.com/a");
    check("git@github.com:acme/api.git", "https://github.com/acme/api");
    check("ssh://git@example.com:2222/acme/api.git", "https://example.com/acme/api");
    check("git://example.com/a.git", "https://example.com/a");
    check("example.com:a/b", "https://example.com/a/b");
    for (const auto* remote : {"/srv/git/a.git", "../a", "file:///srv/a", "C:\\a", "c:/a", "",
                               "ext::sh -c x", "https://", "https://exa mple.com/"})
        check(remote, "");
}

}  // namespace
}  // namespace pycontainer::project
