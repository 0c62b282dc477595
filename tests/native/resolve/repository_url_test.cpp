#include "resolve/repository_url.hpp"

#include "support/result_matchers.hpp"

#include <gtest/gtest.h>

namespace pycontainer::resolve {
namespace {

const std::string kCommit = "0123456789abcdef0123456789abcdef01234567";

TEST(RepositoryUrl, IsReadInItsForms) {
    const auto check = [](const std::string& text, std::string_view url, std::string_view revision,
                          std::string_view subdirectory) {
        const auto repository = repository_at(text);
        ASSERT_OK(repository);
        EXPECT_EQ(repository->url, url);
        EXPECT_EQ(repository->commit, kCommit);
        EXPECT_EQ(repository->requested_revision, revision);
        EXPECT_EQ(repository->subdirectory, subdirectory);
    };
    check("git+https://h.example/a.git@" + kCommit + "#egg=a&subdirectory=x%20y",
          "https://h.example/a.git", kCommit, "x y");
    check("https://h.example/a?tag=v1&subdirectory=x#" + kCommit, "https://h.example/a", "v1", "x");
    check("https://h.example/a#" + kCommit, "https://h.example/a", "", "");
    check("git+ssh://git@h.example/a@" + kCommit, "ssh://git@h.example/a", kCommit, "");
    check("git+file:///srv/a@" + kCommit, "file:///srv/a", kCommit, "");
}

TEST(RepositoryUrl, IsRefusedWithoutACommitOrWithAnotherScheme) {
    EXPECT_ERROR(repository_at("git+https://me:secret@h.example/a@main"),
                 "resolve/unsupported-source", "no commit");
    EXPECT_EQ(
        repository_at("git+https://me:secret@h.example/a@main").error().message.find("secret"),
        std::string::npos);
    EXPECT_ERROR(repository_at("hg+https://h.example/a@" + kCommit), "resolve/unsupported-source",
                 "only Git");
    EXPECT_ERROR(repository_at("git+ext://sh -c x@" + kCommit), "resolve/unsupported-source",
                 "none of https");
    EXPECT_ERROR(repository_at("git+--upload-pack=x@" + kCommit), "resolve/unsupported-source",
                 "none of https");
}

TEST(RepositoryUrl, NamesItsEgg) {
    EXPECT_EQ(egg_name("git+https://h.example/a@x#egg=My_Egg[x]&subdirectory=y"), "my-egg");
    EXPECT_EQ(egg_name("git+https://h.example/a@x"), "");
}

}  // namespace
}  // namespace pycontainer::resolve
