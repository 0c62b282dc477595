#include "solve/solve.hpp"

#include "solve/fake_index.hpp"
#include "support/result_matchers.hpp"

#include <gtest/gtest.h>

namespace pycontainer::solve {
namespace {

using testing::chosen;
using testing::FakeIndex;
using testing::FakeRelease;
using testing::problem_of;
using testing::required;

TEST(Solve, TakesTheNewestThatFits) {
    FakeIndex index;
    index.add("foo 1.0").add("foo 1.10").add("foo 1.9", {"bar<2"}).add("bar 1.0").add("bar 2.0");
    EXPECT_EQ(chosen(index.solve(problem_of({"Foo"}))), "foo 1.10");
    EXPECT_EQ(chosen(index.solve(problem_of({"foo<1.10"}))), "bar 1.0, foo 1.9");
    EXPECT_EQ(chosen(index.solve(problem_of({"foo~=1.0", "bar!=2.*"}))), "bar 1.0, foo 1.10");
    EXPECT_EQ(chosen(index.solve(problem_of({}))), "");
}

TEST(Solve, GoesBackWhenTheNewestDoesNotFit) {
    FakeIndex index;
    index.add("foo 2", {"bar>=2"})
        .add("foo 1", {"bar<2"})
        .add("bar 2")
        .add("bar 1")
        .add("qux 1", {"bar<2"});
    EXPECT_EQ(chosen(index.solve(problem_of({"foo", "qux"}))), "bar 1, foo 1, qux 1");
}

TEST(Solve, EvaluatesMarkersForTheTarget) {
    FakeIndex index;
    index
        .add("foo 1", {"win; sys_platform == 'win32'", "linux; platform_machine == 'x86_64'",
                       "old; python_version < '3.12'"})
        .add("linux 1");
    EXPECT_EQ(chosen(index.solve(problem_of({"foo", "gone; os_name == 'nt'"}))), "foo 1, linux 1");
}

TEST(Solve, TakesExtrasAsTheyAreOfTheVersion) {
    FakeIndex index;
    index.add("foo 2", {"bar; extra == 'x'", "foo[x]; extra == 'all'", "baz; extra == 'all'"})
        .add("foo 1")
        .add("bar 1")
        .add("baz 1");
    EXPECT_EQ(chosen(index.solve(problem_of({"foo"}))), "foo 2");
    EXPECT_EQ(chosen(index.solve(problem_of({"foo[X]"}))), "bar 1, foo 2");
    EXPECT_EQ(chosen(index.solve(problem_of({"foo[all]"}))), "bar 1, baz 1, foo 2");
    EXPECT_EQ(chosen(index.solve(problem_of({"foo[x]", "foo<2"}))), "foo 1");
    EXPECT_EQ(chosen(index.solve(problem_of({"foo[nothing]"}))), "foo 2");  // as pip and uv
}

TEST(Solve, LeavesPrereleasesOutUnlessTheyAreMeant) {
    FakeIndex index;
    index.add("foo 2.0rc1")
        .add("foo 1.0")
        .add("only 1.0b1")
        .add("only 1.0b2")
        .add("asks 1", {"foo>=2.0rc1"});
    EXPECT_EQ(chosen(index.solve(problem_of({"foo"}))), "foo 1.0");
    EXPECT_EQ(chosen(index.solve(problem_of({"foo>=1.0rc1"}))), "foo 2.0rc1");
    EXPECT_EQ(chosen(index.solve(problem_of({"only"}))), "only 1.0b2");
    // A requirement that is not the project's own does not decide it, as uv has it.
    const auto failure = index.solve(problem_of({"asks"}));
    EXPECT_ERROR(failure, "resolve/unsatisfiable", "`foo 2.0rc1` is a pre-release",
                 "name one in a requirement of the project");
    EXPECT_EQ(chosen(index.solve(problem_of({"asks", "foo>=2.0rc1"}))), "asks 1, foo 2.0rc1");
}

TEST(Solve, TakesYankedVersionsOnlyWhenPinned) {
    FakeIndex index;
    index.add("foo 2", {}, {.yanked = true}).add("foo 1");
    EXPECT_EQ(chosen(index.solve(problem_of({"foo"}))), "foo 1");
    EXPECT_ERROR(index.solve(problem_of({"foo>1"})), "resolve/unsatisfiable", "withdrawn");
    const auto pinned = index.solve(problem_of({"foo==2"}));
    EXPECT_EQ(chosen(pinned), "foo 2");
    EXPECT_EQ(pinned->warnings.at(0).code, "resolve/yanked");
}

TEST(Solve, PassesOverWhatHasNoWheelForTheTarget) {
    FakeIndex index;
    index.add("foo 3", {}, {.tags = {"cp312-cp312-win_amd64", "cp312-cp312-macosx_11_0_arm64"}})
        .add("foo 2", {}, {.tags = {}, .has_sdist = true})
        .add("foo 1", {}, {.tags = {"cp312-cp312-manylinux_2_28_x86_64"}})
        .add("win 1", {}, {.tags = {"cp312-cp312-win_amd64"}})
        .add("source 1", {}, {.tags = {}, .has_sdist = true});
    EXPECT_EQ(chosen(index.solve(problem_of({"foo"}))), "foo 1");
    EXPECT_ERROR(index.solve(problem_of({"win"})), "resolve/unsatisfiable",
                 "`win 1` has no wheel for Python 3.12 on x86_64 with glibc 2.36",
                 "there are: win_amd64", "build the wheel");
    EXPECT_ERROR(index.solve(problem_of({"source"})), "resolve/unsatisfiable",
                 "only a source distribution");
    auto problem = problem_of({"foo"});
    problem.target.libc = packaging::Libc::Musl;
    EXPECT_ERROR(index.solve(problem), "resolve/unsatisfiable", "musl");
}

/// Sources that say what they need, or that they have to be built.
struct Sdists {
    std::map<std::string, std::vector<std::string>> readable;  // by file name
    std::vector<std::string> asked{};

    ReadSdist function() {
        return [this](const exec::Context&,
                      const index::IndexFile& file) -> Result<packaging::CoreMetadata> {
            asked.push_back(file.filename);
            const auto found = readable.find(file.filename);
            if (found == readable.end())
                return fail("sources/needs-build", "the wheel cannot be told from its sources");
            packaging::CoreMetadata metadata;
            metadata.requires_dist = found->second;
            return metadata;
        };
    }
};

TEST(Solve, TakesSourcesThatAWheelCanBeMadeOf) {
    FakeIndex index;
    index.add("foo 2", {}, {.tags = {}, .has_sdist = true})
        .add("foo 1", {}, {.tags = {"py3-none-any"}})
        .add("bar 1")
        .add("win 1", {}, {.tags = {"cp312-cp312-win_amd64"}, .has_sdist = true});
    EXPECT_EQ(chosen(index.solve(problem_of({"foo"}))), "foo 1") << "nobody reads sources";

    Sdists sdists{.readable = {{"foo-2.tar.gz", {"bar"}}, {"win-1.tar.gz", {}}}};
    index.read_sdist = sdists.function();
    const auto solution = index.solve(problem_of({"foo", "win"}));
    EXPECT_EQ(chosen(solution), "bar 1, foo 2, win 1");
    ASSERT_TRUE(solution->packages[1].sdist);
    EXPECT_EQ(solution->packages[1].sdist->filename, "foo-2.tar.gz");
    EXPECT_FALSE(solution->packages[0].sdist);

    sdists.readable.erase("foo-2.tar.gz");
    EXPECT_EQ(chosen(index.solve(problem_of({"foo"}))), "foo 1");
    EXPECT_ERROR(index.solve(problem_of({"foo>1"})), "resolve/unsatisfiable", "has no wheel for",
                 "cannot be told from its sources");
}

TEST(Solve, DoesNotReadAllSourcesThatHaveToBeBuilt) {
    FakeIndex index;
    for (int i = 1; i <= 40; ++i)
        index.add("foo " + std::to_string(i), {}, {.tags = {}, .has_sdist = true});
    Sdists sdists;
    index.read_sdist = sdists.function();
    EXPECT_ERROR(index.solve(problem_of({"foo"})), "resolve/unsatisfiable",
                 "every version of `foo` has no wheel", "cannot be told from its sources",
                 "build the wheel");
    EXPECT_EQ(sdists.asked.size(), 3U);
}

TEST(Solve, HeedsRequiresPython) {
    FakeIndex index;
    index.add("foo 3", {}, {.requires_python = ">=3.13"})
        .add("foo 2", {}, {.metadata_python = "<3.12"})
        .add("foo 1", {}, {.requires_python = ">=3.8"});
    EXPECT_EQ(chosen(index.solve(problem_of({"foo"}))), "foo 1");
    EXPECT_ERROR(index.solve(problem_of({"foo>=2"})), "resolve/unsatisfiable",
                 "`foo 3` is not for Python 3.12.7", "`foo 2` needs Python `<3.12`");
}

TEST(Solve, AppliesConstraintsAndOverrides) {
    FakeIndex index;
    index.add("foo 2", {"bar<2"}).add("foo 1").add("bar 3").add("bar 1").add("unused 1");
    auto problem = problem_of({"foo"});
    problem.constraints = {required("foo<2"), required("unused>5")};
    EXPECT_EQ(chosen(index.solve(problem)), "foo 1");
    problem.requirements = {required("foo>=2")};
    EXPECT_ERROR(index.solve(problem), "resolve/unsatisfiable",
                 "excluded by the constraint `foo<2`");
    problem.constraints.clear();
    problem.overrides = {required("bar==3")};
    EXPECT_EQ(chosen(index.solve(problem)), "bar 3, foo 2");
    problem.overrides = {required("bar; sys_platform == 'win32'")};
    EXPECT_EQ(chosen(index.solve(problem)), "foo 2");
}

TEST(Solve, KeepsPreferencesWhereNothingSpeaksAgainst) {
    FakeIndex index;
    index.add("foo 3").add("foo 2").add("foo 1");
    auto problem = problem_of({"foo"});
    problem.preferences = {{"foo", "2"}};
    EXPECT_EQ(chosen(index.solve(problem)), "foo 2");
    problem.requirements = {required("foo!=2")};
    EXPECT_EQ(chosen(index.solve(problem)), "foo 3");
}

TEST(Solve, TakesAWheelByItsUrl) {
    FakeIndex index;
    index.add("foo 1.5", {"bar"}).add("bar 1").add("qux 1", {"foo<1"});
    const auto url = std::string("foo @ https://files.example/foo-1.5-py3-none-any.whl#sha256=") +
                     std::string(64, 'a');
    const auto solution = index.solve(problem_of({url}));
    // The server has no ranges: the whole file is asked for, and is not there.
    EXPECT_ERROR(solution, "index/unavailable", "foo-1.5");
    EXPECT_ERROR(index.solve(problem_of({"foo @ https://files.example/foo.tar.gz"})),
                 "resolve/unsupported-source", "not the address of a wheel");
    EXPECT_ERROR(index.solve(problem_of({"bar @ https://files.example/foo-1-py3-none-any.whl"})),
                 "resolve/invalid-requirement", "a wheel of `foo`");
    EXPECT_ERROR(index.solve(problem_of({url, "foo @ https://x.example/foo-2-py3-none-any.whl"})),
                 "resolve/unsatisfiable", "two URLs");
}

TEST(Solve, FollowsLocalProjects) {
    FakeIndex index;
    index.add("bar 1").add("web 1");
    auto problem = problem_of({"lib[x]>=5"});
    problem.local_projects = {{.name = "lib",
                               .version = "5.1",
                               .directory = "/p/lib",
                               .requirements = {required("bar"), required("web; extra == 'x'"),
                                                required("no; extra == 'y'")}}};
    const auto solution = index.solve(problem);
    EXPECT_EQ(chosen(solution), "bar 1, lib 5.1, web 1");
    EXPECT_EQ(solution->packages[1].directory, "/p/lib");
}

TEST(Solve, TellsWhyThereIsNoSolution) {
    FakeIndex index;
    index.add("foo 2", {"bar>=2"}).add("foo 1", {"bar>=2"}).add("bar 2").add("bar 1");
    const auto failure = index.solve(problem_of({"foo", "bar<2"}));
    EXPECT_ERROR(failure, "resolve/unsatisfiable", "every version of `foo` needs `bar>=2`",
                 "`bar<2` (pyproject.toml:2)", "there is no solution");
    ASSERT_FALSE(failure.error().diagnostics.empty());
    std::set<std::uint32_t> lines;
    for (const auto& each : failure.error().diagnostics) lines.insert(each.range.start.line);
    EXPECT_EQ(lines, (std::set<std::uint32_t>{0, 1}));
    EXPECT_ERROR(index.solve(problem_of({"foo>=9"})), "resolve/unsatisfiable",
                 "`foo>=9` (pyproject.toml:1), of which there is no such version");
}

TEST(Solve, SuggestsTheNameThatWasMeant) {
    FakeIndex index;
    index.add("foo 1", {"gone"});
    EXPECT_ERROR(index.solve(problem_of({"reqeusts"})), "index/not-found", "`reqeusts`",
                 "did you mean `requests`?");
    EXPECT_ERROR(index.solve(problem_of({"sklearn"})), "index/not-found",
                 "did you mean `scikit-learn`?");
    EXPECT_ERROR(index.solve(problem_of({"foo"})), "resolve/unsatisfiable",
                 "`gone`, which no package index has");
}

TEST(Solve, PassesOverMetadataThatNobodyCanRead) {
    FakeIndex index;
    index.add("foo 2", {"bar (>=1.*)!"}).add("foo 1");
    EXPECT_EQ(chosen(index.solve(problem_of({"foo"}))), "foo 1");
    EXPECT_ERROR(index.solve(problem_of({"foo>1"})), "resolve/unsatisfiable", "cannot be read");
}

TEST(Solve, EndsAtMetadataThatLie) {
    FakeIndex index;
    index.add("foo 1", {}, {.metadata_name = "other"});
    EXPECT_ERROR(index.solve(problem_of({"foo"})), "index/metadata-mismatch", "`other 1`");
}

TEST(Solve, EndsWhenThereIsTooMuchToDo) {
    FakeIndex index;
    index.add("foo 1", {"bar"}).add("bar 1");
    EXPECT_ERROR(index.solve(problem_of({"foo"}), {.steps = 2}), "resolve/too-hard", "3 steps",
                 "narrow");
    EXPECT_ERROR(index.solve(problem_of({"foo"}), {.time = std::chrono::seconds(0)}),
                 "resolve/too-hard");
    index.test.stop.request_stop();
    EXPECT_ERROR(index.solve(problem_of({"foo"})), "cancelled");
}

TEST(Solve, FetchesAWheelWhoseHashNobodyStates) {
    FakeIndex index;
    index.add("foo 1", {}, {.has_hashes = false});
    index.http.on("GET", "https://files.example/foo-1-py3-none-any.whl", {.body = "the wheel"});
    const auto solution = index.solve(problem_of({"foo"}));
    ASSERT_OK(solution);
    EXPECT_EQ(solution->packages[0].files[0].sha256, Digest::of("the wheel"));
    EXPECT_TRUE(index.store.has_blob(Digest::of("the wheel")));
}

}  // namespace
}  // namespace pycontainer::solve
