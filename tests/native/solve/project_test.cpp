#include "solve/internal/project.hpp"

#include <gtest/gtest.h>

namespace pycontainer::solve::internal {
namespace {

std::shared_ptr<const Project> project_of(const std::vector<std::string>& filenames) {
    index::IndexPage page{.index_url = "https://index.example/simple", .files = {}};
    for (const auto& name : filenames) {
        index::IndexFile file;
        file.filename = name;
        page.files.push_back(file);
    }
    return Project::from_page("foo-bar", std::make_shared<const index::IndexPage>(page));
}

std::string versions_of(const Project& project) {
    std::string text;
    for (const auto& each : project.candidates())
        text += each.version.to_string() + ":" + std::to_string(each.files.size()) + " ";
    return text;
}

TEST(Project, OrdersVersionsNewestFirst) {
    EXPECT_EQ(versions_of(*project_of({"foo_bar-1.9-py3-none-any.whl", "foo_bar-1.10.tar.gz",
                                       "Foo.Bar-1.10-py2.py3-none-any.whl",
                                       "foo_bar-2.0rc1-py3-none-any.whl",
                                       "foo_bar-2.0-1-py3-none-any.whl"})),
              "2.0:1 2.0rc1:1 1.10:2 1.9:1 ");
}

TEST(Project, TakesEqualVersionsAsOne) {
    EXPECT_EQ(versions_of(*project_of({"foo_bar-1.0-py3-none-any.whl", "foo_bar-1.0.0.tar.gz"})),
              "1.0:2 ");
}

TEST(Project, LeavesOtherFilesOut) {
    EXPECT_EQ(versions_of(*project_of({"foo_bar-1.0.exe", "foo_bar-1.0-py3.12.egg", "foo-1-2.whl",
                                       "foo_bar-what-py3-none-any.whl", "x", "-.whl"})),
              "");
}

TEST(Project, KnowsWhenThereAreOnlyPrereleases) {
    EXPECT_TRUE(
        project_of({"foo_bar-1.0a1.tar.gz", "foo_bar-1.0.dev1.tar.gz"})->has_only_prereleases());
    EXPECT_FALSE(
        project_of({"foo_bar-1.0a1.tar.gz", "foo_bar-0.9.tar.gz"})->has_only_prereleases());
}

TEST(Project, ChoosesTheWheelThatFitsBest) {
    const packaging::TargetEnvironment target{
        .python_version = "3.12.7", .libc_minor = 36, .machine = "x86_64"};
    const packaging::TagSet tags(target);
    const auto check = [&](const std::vector<std::string>& files, const std::string& best,
                           WheelFault fault) {
        const auto project = project_of(files);
        const auto choice = choose_wheel(project->candidates().at(0), tags, target);
        EXPECT_EQ(choice.wheel ? choice.wheel->filename : "", best);
        EXPECT_EQ(choice.fault, fault);
    };
    check({"foo_bar-1-py3-none-any.whl", "foo_bar-1-cp312-cp312-manylinux_2_28_x86_64.whl",
           "foo_bar-1-cp312-cp312-win_amd64.whl"},
          "foo_bar-1-cp312-cp312-manylinux_2_28_x86_64.whl", WheelFault::None);
    check({"foo_bar-1-9-py3-none-any.whl", "foo_bar-1-10-py3-none-any.whl"},
          "foo_bar-1-10-py3-none-any.whl", WheelFault::None);
    check({"foo_bar-1-cp312-cp312-musllinux_1_2_x86_64.whl", "foo_bar-1.tar.gz"}, "",
          WheelFault::Platform);
    check({"foo_bar-1.tar.gz"}, "", WheelFault::OnlySource);
}

}  // namespace
}  // namespace pycontainer::solve::internal
