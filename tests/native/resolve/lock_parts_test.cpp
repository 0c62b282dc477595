#include "resolve/internal/lock_parts.hpp"

#include "support/result_matchers.hpp"

#include <gtest/gtest.h>

namespace pycontainer::resolve::internal {
namespace {

const std::string kHash(64, 'a');

LockedFile file(const std::string& name, const std::string& url = {}) {
    return {name, url, RequirementHash{"sha256", kHash}};
}

LockEntry entry(LockEntry::Kind kind, const std::string& location = {},
                std::vector<LockedFile> files = {}) {
    return {.name = "a",
            .version = "1",
            .kind = kind,
            .location = location,
            .index_url = {},
            .files = std::move(files),
            .range = {{1, 0}, {1, 1}}};
}

Result<Selection> build(const std::vector<LockEntry>& entries) {
    SelectionBuilder builder("some.lock", "/work/app", "tool lock");
    for (const auto& each : entries) builder.add(each);
    return builder.finish();
}

TEST(ParseHash, TakesTheAlgorithmsThatCount) {
    EXPECT_EQ(parse_hash("sha256:" + std::string(64, 'A')),
              (RequirementHash{"sha256", std::string(64, 'a')}));
    EXPECT_TRUE(parse_hash("sha512:" + std::string(128, '0')));
    for (const auto& text : {"md5:" + std::string(32, 'a'), "sha256:" + std::string(63, 'a'),
                             "sha256:" + std::string(64, 'g'), kHash, std::string()})
        EXPECT_FALSE(parse_hash(text)) << text;
}

TEST(ReadFiles, SaysWhichFilesCannotBeUsed) {
    std::vector<std::string> faults;
    const auto files = read_files(
        Json::parse(
            R"([{"file": "a.whl", "hash": "md5:0"}, {"url": "https://files.example/x/b%2B1.whl#y",
            "hash": "sha256:)" +
            kHash + R"("}, {"file": "c.whl", "hash": "sha256:1"}, {"hash": "x"}, 1])"),
        "a", faults);
    ASSERT_EQ(files.size(), 2U);
    EXPECT_FALSE(files[0].hash);
    EXPECT_EQ(files[1].filename, "b+1.whl");
    EXPECT_EQ(faults.size(), 3U);
    read_files(Json::object(), "a", faults);
    EXPECT_EQ(faults.size(), 4U);
}

TEST(SelectionBuilder, PinsWhatHasNoAddress) {
    auto one = entry(LockEntry::Kind::Index, {}, {file("a-1.whl"), file("a-1.tar.gz")});
    one.index_url = "https://index.example/simple";
    const auto selection = build({one});
    ASSERT_OK(selection);
    ASSERT_EQ(selection->pins.size(), 1U);
    EXPECT_EQ(selection->pins[0].hashes.size(), 2U);
    EXPECT_EQ(selection->pins[0].index_url, "https://index.example/simple");
    EXPECT_EQ(selection->pins[0].file, "some.lock");
    EXPECT_EQ(selection->pins[0].range, (Range{{1, 0}, {1, 1}}));
    EXPECT_TRUE(selection->warnings.empty());
}

TEST(SelectionBuilder, LocksWhatHasAddresses) {
    const auto selection =
        build({entry(LockEntry::Kind::Index, {},
                     {file("a-1-py3-none-any.whl", "https://files.example/a-1-py3-none-any.whl"),
                      file("a-1.tar.gz", "https://files.example/a-1.tar.gz")})});
    ASSERT_OK(selection);
    ASSERT_EQ(selection->packages.size(), 1U);
    EXPECT_TRUE(selection->packages[0].has_sdist);
    ASSERT_EQ(selection->packages[0].wheels.size(), 1U);
    EXPECT_EQ(selection->packages[0].wheels[0].url, "https://files.example/a-1-py3-none-any.whl");
    EXPECT_EQ(selection->packages[0].wheels[0].sha256->hex(), kHash);
    EXPECT_ERROR(
        build({entry(LockEntry::Kind::Index, {}, {file("a.whl", "ftp://files.example/a.whl")})}),
        "resolve/invalid-lock", "neither at an https");
}

TEST(SelectionBuilder, TakesFilesOfFileUrls) {
    const auto selection = build({entry(
        LockEntry::Kind::Index, {},
        {file("a-1+x-py3-none-any.whl", "file:///srv/a-1%2Bx-py3-none-any.whl"),
         file("a-1-py3-none-any.whl", "file:///${PROJECT_ROOT}/wheels/a-1-py3-none-any.whl")})});
    ASSERT_OK(selection);
    ASSERT_EQ(selection->packages.at(0).wheels.size(), 2U);
    EXPECT_EQ(selection->packages[0].wheels[0].local_path, "/srv/a-1+x-py3-none-any.whl");
    EXPECT_EQ(selection->packages[0].wheels[0].url, "");
    EXPECT_EQ(selection->packages[0].wheels[1].local_path, "/work/app/wheels/a-1-py3-none-any.whl");
    EXPECT_EQ(build({entry(LockEntry::Kind::Url, "file:///srv/lib")})->local_projects,
              std::vector<std::filesystem::path>{"/srv/lib"});
}

TEST(SelectionBuilder, TakesFilesAtUrls) {
    const auto wheel = build({entry(LockEntry::Kind::Url,
                                    "https://files.example/a-1-py3-none-any.whl#sha256=" + kHash)});
    ASSERT_OK(wheel);
    EXPECT_EQ(wheel->packages.at(0).wheels.at(0).url, "https://files.example/a-1-py3-none-any.whl");
    EXPECT_EQ(wheel->packages[0].wheels[0].sha256->hex(), kHash);
    const auto source = build({entry(LockEntry::Kind::Url, "https://files.example/a.zip")});
    ASSERT_OK(source);
    EXPECT_TRUE(source->packages.at(0).has_sdist);
    EXPECT_ERROR(build({entry(LockEntry::Kind::Url, "https://${TOKEN}@files.example/a.whl")}),
                 "resolve/unsupported-source", "variable");
    EXPECT_ERROR(build({entry(LockEntry::Kind::Url, "a.whl")}), "resolve/unsupported-source");
}

TEST(SelectionBuilder, TakesFilesAndProjectsOfThisMachine) {
    const auto wheel = build({entry(LockEntry::Kind::File, "wheels/a-1-py3-none-any.whl",
                                    {file("a-1-py3-none-any.whl")})});
    ASSERT_OK(wheel);
    EXPECT_EQ(wheel->packages.at(0).wheels.at(0).local_path,
              "/work/app/wheels/a-1-py3-none-any.whl");
    EXPECT_TRUE(wheel->packages[0].wheels[0].sha256);
    const auto source = build({entry(LockEntry::Kind::File, "a-1.tar.gz")});
    EXPECT_TRUE(source->packages.at(0).has_sdist);
    for (const char* path : {"../lib", "../lib/", "./../lib"})
        EXPECT_EQ(build({entry(LockEntry::Kind::Directory, path)})->local_projects,
                  std::vector<std::filesystem::path>{"/work/lib"});
    EXPECT_TRUE(build({entry(LockEntry::Kind::Directory, ".")})->local_projects.empty());
    EXPECT_EQ(
        build({entry(LockEntry::Kind::Url, "file:///${PROJECT_ROOT}/libs/a")})->local_projects,
        std::vector<std::filesystem::path>{"/work/app/libs/a"});
    EXPECT_EQ(build({entry(LockEntry::Kind::Url, "file:///${PROJECT_ROOT}/a-1-py3-none-any.whl")})
                  ->packages.at(0)
                  .wheels.at(0)
                  .local_path,
              "/work/app/a-1-py3-none-any.whl");
}

TEST(SelectionBuilder, TakesRepositoriesWithACommit) {
    auto repository = entry(LockEntry::Kind::Repository, "git@files.example:me/a.git");
    repository.commit = std::string(40, 'a');
    repository.subdirectory = "lib";
    const auto selection = build({repository});
    ASSERT_OK(selection);
    const auto& origin = std::get<Repository>(selection->sources.at(0).origin);
    EXPECT_EQ(origin.url, "ssh://git@files.example/me/a.git");
    EXPECT_EQ(origin.subdirectory, "lib");
}

TEST(SelectionBuilder, RefusesOtherRepositoriesAndTwoVersions) {
    auto repository = entry(LockEntry::Kind::Repository, "https://files.example/a.git");
    auto other = repository;
    other.name = "b";
    const auto refused = build({repository, other});
    EXPECT_ERROR(refused, "resolve/unsupported-source", "`a`", "no commit", "1 more");
    EXPECT_EQ(refused.error().diagnostics.size(), 2U);
    auto second = entry(LockEntry::Kind::Index);
    second.version = "2";
    EXPECT_ERROR(build({entry(LockEntry::Kind::Index), second}), "resolve/conflicting-pins",
                 "1 and 2", "exclude each other");
}

TEST(SelectionBuilder, WarnsAboutWhatHasNoHash) {
    const auto selection =
        build({entry(LockEntry::Kind::Index, {}, {{"a-1.whl", {}, std::nullopt}})});
    ASSERT_OK(selection);
    ASSERT_EQ(selection->warnings.size(), 1U);
    EXPECT_EQ(selection->warnings[0].code, "resolve/unhashed-pins");
    EXPECT_EQ(selection->warnings[0].message,
              "`a` in `some.lock` has no hash, so the index is believed");
}

TEST(AllFaults, SaysTheFirstAndHowManyThereAre) {
    const Diagnostic one{"f", {}, Severity::Error, "resolve/no-wheel", "nothing fits", "do it"};
    const auto single = all_faults({one}).take();
    EXPECT_EQ(single.code, "resolve/no-wheel");
    EXPECT_EQ(single.message, "nothing fits");
    EXPECT_EQ(single.hint, "do it");
    const auto several = all_faults({one, one, one}).take();
    EXPECT_EQ(several.message, "nothing fits, and 2 more");
    EXPECT_EQ(several.diagnostics.size(), 3U);
}

TEST(LockFaults, SaysThatTheLockCannotBeUsed) {
    const auto error = [](const char* code) {
        return lock_faults("some.lock", {{"some.lock", {}, Severity::Error, code, "what", "how"}},
                           "tool lock")
            .take();
    };
    for (const char* code : {"toml/syntax", "resolve/invalid-lock"}) {
        EXPECT_EQ(error(code).code, "resolve/invalid-lock");
        EXPECT_EQ(error(code).message, "`some.lock` cannot be used: what");
        EXPECT_EQ(error(code).hint, "run `tool lock`");
    }
    EXPECT_EQ(error("resolve/conflicting-pins").message, "what");
}

TEST(WalkPackages, TakesEachOrSaysWhy) {
    const auto walk = [](const Json& root) {
        std::string text;
        walk_packages(
            root,
            [&](const Json& table, std::size_t index) {
                text += fmt::format("{}{} ", index, dump_json(table));
            },
            [&](const std::string& pointer, std::string message) {
                text += pointer + ": " + message;
            });
        return text;
    };
    EXPECT_EQ(walk({{"package", {1, "x"}}}), "01 1\"x\" ");
    EXPECT_EQ(walk(Json::object()), "");
    EXPECT_EQ(walk({{"package", 3}}), "/package: `package` must be an array of tables");
}

TEST(IncludedGroups, FollowsEachOnce) {
    const std::map<std::string, std::vector<std::string>> groups{
        {"all", {"a", "b"}}, {"a", {"b", "all"}}, {"b", {}}, {"broken", {"none"}}};
    const auto included = [&](const std::string& name) {
        return included_groups(
            name,
            [&](const std::string& group) {
                const auto found = groups.find(group);
                return found == groups.end() ? nullptr : &found->second;
            },
            "do it");
    };
    EXPECT_EQ(included("b"), std::vector<std::string>{"b"});
    EXPECT_EQ(included("all"), (std::vector<std::string>{"all", "b", "a"}));
    EXPECT_ERROR(included("broken"), "resolve/invalid-dependency",
                 "the group `broken` includes `none`", "do it");
}

TEST(StaleLockWarning, NamesDifferences) {
    EXPECT_EQ(stale_lock_warning("some.lock", {}, "tool lock").message,
              "`some.lock` was made from another `pyproject.toml`");
    EXPECT_EQ(stale_lock_warning("some.lock", {{"a ^2", "1.0"}, {"b", ""}, {"c", ""}}, "tool lock")
                  .message,
              "`some.lock` was made from another `pyproject.toml`: `b`, `c` are only in "
              "`pyproject.toml`, `a ^2` is not met by `1.0`");
}

}  // namespace
}  // namespace pycontainer::resolve::internal
