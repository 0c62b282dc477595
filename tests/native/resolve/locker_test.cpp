#include "resolve/locker.hpp"

#include "resolve/project_files.hpp"
#include "solve/fake_index.hpp"
#include "support/result_matchers.hpp"
#include "toml/document.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace pycontainer::resolve {
namespace {

using testing::FakeIndex;
using testing::FakeRelease;
using testing::ProjectFiles;

packaging::TargetEnvironment target_on(const std::string& machine, const std::string& python) {
    return {.python_version = python, .libc_minor = 36, .machine = machine};
}

/// A project without a lock, and what it is locked for.
class Locking {
public:
    explicit Locking(const std::string& files) : project_(files) { read_project(); }

    void read_project() {
        request.project_directory = project_.path();
        const auto text = read_file(project_.path() / "pyproject.toml");
        request.pyproject = text ? toml::parse(*text, "pyproject.toml").value : Json::object();
    }
    void write(const std::string& name, const std::string& text) {
        ASSERT_OK(write_file(project_.path() / name, text));
        read_project();
    }

    Result<NewLock> lock(const Upgrade& upgrade = {}) {
        PYC_TRY_ASSIGN(const auto file, lock_to_write(request));
        std::vector<LockTarget> list;
        for (const auto& target : targets)
            list.push_back({target, std::make_unique<index::IndexClient>(
                                        index.http, index::IndexOptions::of(
                                                        {"https://index.example/simple"}))});
        return make_lock(index.test.ctx, request, file, list, upgrade, index.store);
    }
    /// The same, written: what it holds as `bar 1, foo 2`, or the error.
    std::string locked(const Upgrade& upgrade = {}) {
        auto made = lock(upgrade);
        if (!made) return made.error().code + ": " + made.error().message;
        static_cast<void>(write_file(made->file, made->text));  // reading it would fail
        last = *std::move(made);
        return versions_of(last.text);
    }
    static std::string versions_of(const std::string& text) {
        const auto lock = read_pylock(text, "pylock.toml");
        if (!lock) return lock.error().message;
        std::vector<std::string> words;
        for (const auto& each : lock->packages) words.push_back(each.name + " " + each.version);
        return fmt::format("{}", fmt::join(words, ", "));
    }
    Result<Dependencies> resolve(const packaging::TargetEnvironment& target) {
        auto one = request;
        one.target = target;
        index::IndexClient client(index.http,
                                  index::IndexOptions::of({"https://index.example/simple"}));
        return resolve_dependencies(index.test.ctx, one, client, index.store);
    }

    FakeIndex index;
    DependencyRequest request;
    std::vector<packaging::TargetEnvironment> targets = {target_on("x86_64", "3.12.7")};
    NewLock last;

private:
    ProjectFiles project_;
};

std::string project_of(const std::string& dependencies) {
    return "[project]\nname = \"app\"\ndependencies = [" + dependencies + "]\n";
}

TEST(Locker, LocksOnceAndKeepsTheVersions) {
    Locking locking("//- pyproject.toml\n" + project_of("\"foo\""));
    locking.index.add("foo 1", {"bar"}).add("bar 1");
    EXPECT_EQ(locking.locked(), "bar 1, foo 1");
    EXPECT_FALSE(locking.last.is_unchanged);
    EXPECT_EQ(locking.last.file.filename(), "pylock.toml");
    EXPECT_EQ(locking.last.changes.size(), 2U);

    locking.index.add("foo 2", {"bar"}).add("bar 2");
    const auto asked = locking.index.http.requests().size();
    EXPECT_EQ(locking.locked(), "bar 1, foo 1");
    EXPECT_TRUE(locking.last.is_unchanged);
    EXPECT_EQ(locking.index.http.requests().size(), asked) << "nobody has to be asked";

    // What is new is the newest; what was there stays.
    locking.index.add("new 1", {"bar"});
    locking.write("pyproject.toml", project_of("\"foo\", \"new\""));
    EXPECT_EQ(locking.locked(), "bar 1, foo 1, new 1");
    ASSERT_EQ(locking.last.changes.size(), 1U);
    EXPECT_EQ(locking.last.changes[0].name, "new");

    // What does not fit any more goes, and nothing else.
    locking.write("pyproject.toml", project_of("\"foo>1\", \"new\""));
    EXPECT_EQ(locking.locked(), "bar 1, foo 2, new 1");
}

TEST(Locker, UpgradesWhatItIsAskedTo) {
    Locking locking("//- pyproject.toml\n" + project_of("\"foo\", \"bar\""));
    locking.index.add("foo 1").add("bar 1");
    EXPECT_EQ(locking.locked(), "bar 1, foo 1");
    locking.index.add("foo 2").add("bar 2");
    EXPECT_EQ(locking.locked({.everything = false, .names = {"foo"}}), "bar 1, foo 2");
    ASSERT_EQ(locking.last.changes.size(), 1U);
    EXPECT_EQ(locking.last.changes[0].before, std::set<std::string>{"1"});
    EXPECT_EQ(locking.last.changes[0].after, std::set<std::string>{"2"});
    EXPECT_EQ(locking.locked({.everything = true, .names = {}}), "bar 2, foo 2");
}

TEST(Locker, TakesItsOwnExtrasForWhatTheyAreInAGroup) {
    Locking locking(R"(//- pyproject.toml
[project]
name = "My_App"
dependencies = ["foo"]
[project.optional-dependencies]
web = ["bar", "my-app[more]; python_version >= '3'", "my-app[gone]; python_version < '3'"]
more = ["new"]
[dependency-groups]
dev = ["my.app[web]", "tool"]
)");
    locking.index.add("foo 1").add("bar 1").add("new 1").add("tool 1").add("my-app 9");
    locking.request.groups = {"dev"};
    EXPECT_EQ(locking.locked(), "bar 1, foo 1, new 1, tool 1");
}

TEST(Locker, ServesEachPlatformThatItWasMadeFor) {
    Locking locking("//- pyproject.toml\n" +
                    project_of("\"foo\", \"arm; platform_machine == 'aarch64'\""));
    locking.targets.push_back(target_on("aarch64", "3.12.7"));
    locking.index.add("foo 2", {"bar"}, {.tags = {"cp312-cp312-manylinux_2_17_x86_64"}})
        .add("foo 1", {}, {.tags = {"py3-none-any"}})
        .add("bar 1")
        .add("arm 1");
    EXPECT_EQ(locking.locked(), "arm 1, bar 1, foo 1, foo 2");
    const auto names = [&](const packaging::TargetEnvironment& target) {
        const auto found = locking.resolve(target);
        if (!found) return found.error().code + ": " + found.error().hint;
        std::vector<std::string> words;
        for (const auto& wheel : found->wheels) words.push_back(wheel.name + " " + wheel.version);
        return fmt::format("{}", fmt::join(words, ", "));
    };
    EXPECT_EQ(names(locking.targets[0]), "bar 1, foo 2");
    EXPECT_EQ(names(locking.targets[1]), "arm 1, foo 1");
    EXPECT_EQ(names(target_on("x86_64", "3.12.1")), "bar 1, foo 2");
    const auto other = names(target_on("s390x", "3.12.7"));
    EXPECT_TRUE(other.starts_with("resolve/unsupported-environment: ")) << other;
    EXPECT_NE(other.find("`pycontainer lock`"), std::string::npos) << other;
    const auto newer = names(target_on("x86_64", "3.13.1"));
    EXPECT_TRUE(newer.starts_with("resolve/python-mismatch: ")) << newer;
}

TEST(Locker, TakesOneVersionForAllPlatformsWhereItCan) {
    Locking locking("//- pyproject.toml\n" + project_of("\"foo\""));
    locking.targets = {target_on("aarch64", "3.12.7"), target_on("x86_64", "3.12.7")};
    locking.index.add("foo 2", {}, {.tags = {"cp312-cp312-manylinux_2_17_x86_64"}}).add("foo 1");
    EXPECT_EQ(locking.locked(), "foo 1");
}

TEST(Locker, LocksAgainForAnotherCLibrary) {
    Locking locking("//- pyproject.toml\n" + project_of("\"foo\""));
    locking.index.add(
        "foo 1", {},
        {.tags = {"cp312-cp312-manylinux_2_17_x86_64", "cp312-cp312-musllinux_1_2_x86_64"}});
    EXPECT_EQ(locking.locked(), "foo 1");
    EXPECT_EQ(locking.last.text.find("musllinux"), std::string::npos);
    locking.targets[0].libc = packaging::Libc::Musl;
    locking.targets[0].libc_major = 1;
    locking.targets[0].libc_minor = 2;
    EXPECT_ERROR(locking.resolve(locking.targets[0]), "resolve/unsupported-environment",
                 "manylinux_2_17", "`pycontainer lock`");
    EXPECT_EQ(locking.locked(), "foo 1");
    EXPECT_EQ(locking.last.text.find("manylinux"), std::string::npos);
    EXPECT_OK(locking.resolve(locking.targets[0]));
}

TEST(Locker, SaysThatItsLockIsNotRightAnyMore) {
    Locking locking("//- pyproject.toml\n" + project_of("\"foo\", \"bar\""));
    locking.index.add("foo 1").add("bar 1");
    EXPECT_EQ(locking.locked(), "bar 1, foo 1");
    const auto warnings = [&] {
        const auto found = locking.resolve(locking.targets[0]);
        if (!found) return found.error().message;
        std::string text;
        for (const auto& each : found->warnings) text += each.code + ": " + each.hint + "\n";
        return text;
    };
    EXPECT_EQ(warnings(), "");
    const std::string stale = "resolve/stale-lock: run `pycontainer lock`\n";
    locking.write("pyproject.toml", project_of("\"foo\", \"bar\", \"new\""));
    EXPECT_EQ(warnings(), stale);
    // The lock has everything, and more than is asked for.
    locking.write("pyproject.toml", project_of("\"foo\""));
    EXPECT_EQ(warnings(), stale);
    locking.write("pyproject.toml", project_of("\"foo\", \"bar\""));
    EXPECT_EQ(warnings(), "");
}

TEST(Locker, HasTheExtrasAndGroupsThatItWasMadeWith) {
    Locking locking("//- pyproject.toml\n" + project_of("\"foo\"") +
                    "optional-dependencies = { Web = [\"bar\"] }\n[dependency-groups]\nops = "
                    "[\"new\"]\n");
    locking.index.add("foo 1").add("bar 1").add("new 1");
    locking.request.extras = {"Web"};
    locking.request.groups = {"ops"};
    EXPECT_EQ(locking.locked(), "bar 1, foo 1, new 1");
    const auto found = locking.resolve(locking.targets[0]);
    ASSERT_OK(found);
    EXPECT_EQ(found->wheels.size(), 3U);
    locking.request.extras = {"gone"};
    EXPECT_ERROR(locking.resolve(locking.targets[0]), "resolve/unknown-extra", "`gone`");
}

TEST(Locker, LocksRequirementsFiles) {
    Locking locking("//- requirements.txt\nfoo\n-c constraints.txt\n//- constraints.txt\nbar<2\n");
    locking.index.add("foo 1", {"bar"}).add("bar 1").add("bar 2");
    EXPECT_EQ(locking.locked(), "bar 1, foo 1");
    const auto found = locking.resolve(locking.targets[0]);
    ASSERT_OK(found);
    EXPECT_EQ(found->lock.kind, "pylock.toml");
    locking.write("requirements.txt", "foo\nnew\n");
    const auto later = locking.resolve(locking.targets[0]);
    ASSERT_OK(later);
    ASSERT_EQ(later->warnings.size(), 1U);
    EXPECT_EQ(later->warnings[0].code, "resolve/stale-lock");
}

TEST(Locker, LeavesLocksOfOthersAlone) {
    const auto check = [](const std::string& files, const std::string& message) {
        Locking locking("//- pyproject.toml\n" + project_of("") + files);
        const auto result = locking.lock();
        EXPECT_ERROR(result, "resolve/foreign-lock", message);
    };
    check("//- uv.lock\nversion = 1\n", "`uv.lock` locks this project already");
    check("//- pdm.lock\n", "`pdm.lock` locks this project already");
    check("//- pylock.toml\nlock-version = \"1.0\"\ncreated-by = \"uv\"\npackages = []\n",
          "`pylock.toml` was made by `uv`");
    check("//- requirements.txt\nfoo==1 --hash=sha256:" + std::string(64, 'a') + "\n",
          "`requirements.txt` has hashes");

    Locking locking("//- pyproject.toml\n" + project_of("\"foo\"") + "//- uv.lock\nversion = 1\n");
    locking.index.add("foo 1");
    locking.request.lock = {locking.request.project_directory / "pylock.image.toml", "`--lock`"};
    EXPECT_EQ(locking.locked(), "foo 1");
    EXPECT_EQ(locking.last.file.filename(), "pylock.image.toml");
    locking.request.lock = {locking.request.project_directory / "uv.lock", "`--lock`"};
    EXPECT_ERROR(locking.lock(), "resolve/foreign-lock", "`uv.lock` (`--lock`) cannot be written");
}

TEST(Locker, SaysWhatToDoWithALockThatCannotBeRead) {
    Locking locking("//- pyproject.toml\n" + project_of("") + "//- pylock.toml\n<<<<<<< HEAD\n");
    const auto result = locking.lock();
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, "resolve/invalid-lock");
    EXPECT_EQ(result.error().hint, "remove the file, and lock again");
}

TEST(Locker, LocksNothing) {
    Locking locking("//- pyproject.toml\n" + project_of(""));
    EXPECT_EQ(locking.locked(), "");
    EXPECT_EQ(locking.last.packages, 0U);
    EXPECT_OK(locking.resolve(locking.targets[0]));
}

}  // namespace
}  // namespace pycontainer::resolve
