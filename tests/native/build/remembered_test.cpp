#include "build/remembered.hpp"

#include "base/file.hpp"
#include "project/source_tree.hpp"
#include "support/result_matchers.hpp"
#include "support/test_context.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <fstream>

namespace pycontainer::build {
namespace {

std::int64_t seconds_now() {
    return std::chrono::duration_cast<std::chrono::seconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

struct Remembered : ::testing::Test {
    Remembered()
        : directory(*TemporaryDirectory::create(::testing::TempDir(), "remembered-")),
          project(directory.path() / "project"),
          local(directory.path() / "local"),
          store(directory.path() / "cache") {
        request.project_directory = project;
        EXPECT_OK(write_file(project / "app.py", "print()\n"));
        build.inputs = {project / "uv.lock"};  // looked for, and not there
        build.use_vcs = false;
        build.result = {{"digest", "sha256:0"}, {"platforms", Json::array()}};
        EXPECT_OK(write_file(local / "core.py", ""));
        build.project_directory = project;
        for (const auto& each : {project, local}) {
            const project::ScanRequest scan{
                .directory = each, .include = {}, .exclude = {}, .output_directory = {}};
            const auto tree = project::scan_sources(test.ctx, scan);
            EXPECT_OK(tree);
            build.scans.push_back({scan, tree->stat_fingerprint});
        }
        remember(test.ctx, key, build, store);
    }

    std::optional<Json> find(std::int64_t later = 0) {
        return find_unchanged(test.ctx, request, key, store, seconds_now() + later);
    }

    TemporaryDirectory directory;
    std::filesystem::path project, local;
    store::Store store;
    testing::TestContext test;
    BuildRequest request;
    RememberedBuild build;
    Digest key = Digest::of("key");
};

TEST_F(Remembered, IsFoundAsLongAsNothingChanges) {
    EXPECT_EQ(find(), build.result);
    EXPECT_EQ(find_unchanged(test.ctx, request, Digest::of("other"), store, seconds_now()),
              std::nullopt);
}

TEST_F(Remembered, IsBelievedForADay) {
    EXPECT_EQ(find(23 * 3600), build.result);
    EXPECT_EQ(find(25 * 3600), std::nullopt);
    EXPECT_EQ(find(-3600), std::nullopt) << "the clock was wrong";
}

TEST_F(Remembered, IsForgottenWithAnotherSource) {
    EXPECT_OK(write_file(project / "more.py", ""));
    EXPECT_EQ(find(), std::nullopt);
}

TEST_F(Remembered, IsForgottenWithAnotherSourceOfALocalProject) {
    EXPECT_OK(write_file(local / "more.py", ""));
    EXPECT_EQ(find(), std::nullopt);
}

TEST_F(Remembered, IsForgottenWhenAMissingInputAppears) {
    EXPECT_OK(write_file(project / "uv.lock", ""));
    EXPECT_EQ(find(), std::nullopt);
}

}  // namespace
}  // namespace pycontainer::build
