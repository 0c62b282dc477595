#include "build/remembered_dependencies.hpp"

#include "base/file.hpp"
#include "support/result_matchers.hpp"

#include <gtest/gtest.h>

namespace pycontainer::build {
namespace {

struct RememberedDependenciesTest : ::testing::Test {
    RememberedDependenciesTest()
        : directory(*TemporaryDirectory::create(::testing::TempDir(), "remembered-")),
          store(directory.path() / "store"),
          lock(directory.path() / "requirements.txt") {
        EXPECT_OK(write_file(lock, "a==1"));
        dependencies.lock = {.kind = "requirements.txt",
                             .file = lock,
                             .reason = "why",
                             .files = {lock, directory.path() / "uv.lock"}};
        dependencies.wheels = {{.name = "a",
                                .version = "1",
                                .filename = "a-1-py3-none-any.whl",
                                .url = "https://index.example/a-1-py3-none-any.whl",
                                .local_path = {},
                                .sha256 = Digest::of("a"),
                                .size = 7}};
        dependencies.warnings = {{"x/y", "m", "h"}};
        dependencies.sources = {
            {.name = "r",
             .version = "2",
             .origin =
                 resolve::Repository{"https://git.example/r", std::string(40, 'a'), "main", "lib"},
             .is_direct = true,
             .file = "uv.lock",
             .range = {{7, 0}, {7, 0}}},
            {.name = "s",
             .version = "3",
             .origin =
                 resolve::Artifact{
                     "s-3.tar.gz", "https://index.example/s-3.tar.gz", {}, Digest::of("s"), 9, {}},
             .is_direct = false,
             .file = "uv.lock",
             .range = {},
             .wheels = "wheels exist for: win_amd64"}};
    }
    TemporaryDirectory directory;
    store::Store store;
    std::filesystem::path lock;
    resolve::Dependencies dependencies;
    Digest key = Digest::of("key");
};

TEST_F(RememberedDependenciesTest, AreWhatTheyWere) {
    EXPECT_FALSE(find_dependencies(key, store));
    remember_dependencies(key, dependencies, store);
    const auto found = find_dependencies(key, store);
    ASSERT_TRUE(found);
    ASSERT_EQ(found->wheels.size(), 1U);
    EXPECT_EQ(found->wheels[0].url, dependencies.wheels[0].url);
    EXPECT_EQ(found->wheels[0].sha256, dependencies.wheels[0].sha256);
    EXPECT_EQ(found->wheels[0].size, 7U);
    EXPECT_EQ(found->warnings, dependencies.warnings);
    ASSERT_EQ(found->sources.size(), 2U);
    EXPECT_EQ(std::get<resolve::Repository>(found->sources[0].origin).subdirectory, "lib");
    EXPECT_TRUE(found->sources[0].is_direct);
    EXPECT_EQ(found->sources[0].range.start.line, 7U);
    EXPECT_EQ(std::get<resolve::Artifact>(found->sources[1].origin).sha256, Digest::of("s"));
    EXPECT_EQ(found->sources[1].wheels, "wheels exist for: win_amd64");
    EXPECT_EQ(found->lock.reason, "why");
    EXPECT_EQ(found->lock.files, dependencies.lock.files);
}

TEST_F(RememberedDependenciesTest, AreForgottenWhenTheLockChangesOrAnotherAppears) {
    remember_dependencies(key, dependencies, store);
    ASSERT_OK(write_file(lock, "a==2"));
    EXPECT_FALSE(find_dependencies(key, store));
    ASSERT_OK(write_file(lock, "a==1"));
    EXPECT_TRUE(find_dependencies(key, store));
    ASSERT_OK(write_file(directory.path() / "uv.lock", "version = 1"));
    EXPECT_FALSE(find_dependencies(key, store));
}

TEST_F(RememberedDependenciesTest, NeverHoldCredentials) {
    for (const auto* url :
         {"https://ada:s3cret@index.example/a.whl", "https://index.example/a.whl?token=s3cret"}) {
        dependencies.wheels[0].url = url;
        remember_dependencies(key, dependencies, store);
        EXPECT_FALSE(std::filesystem::exists(store.record_path("dependencies", key)));
    }
    dependencies.wheels.clear();
    std::get<resolve::Repository>(dependencies.sources[0].origin).url =
        "https://ada:s3cret@git.example/r";
    remember_dependencies(key, dependencies, store);
    EXPECT_FALSE(std::filesystem::exists(store.record_path("dependencies", key)));
}

}  // namespace
}  // namespace pycontainer::build
