#include "resolve/requirements_lock.hpp"

#include "base/version.hpp"
#include "support/fake_http_client.hpp"
#include "support/result_matchers.hpp"
#include "support/test_context.hpp"

#include <gtest/gtest.h>

namespace pycontainer::resolve {
namespace {

const std::string kA(64, 'a');
const std::string kB(64, 'b');
const packaging::TargetEnvironment kTarget{
    .python_version = "3.12.7", .libc_minor = 36, .machine = "x86_64"};

Result<Selection> pin(const std::string& text, const std::string& constraints = "") {
    const auto reader = [&](const std::filesystem::path& path) -> Result<std::string> {
        return path.filename() == "c.txt" ? constraints : text;
    };
    const auto file = read_requirements("/p/requirements.txt", "/p", Environment(), reader);
    return pin_requirements(*file, "/p", kTarget);
}

std::string summary(const Result<Selection>& pinned) {
    if (!pinned) return pinned.error().code;
    std::string text;
    for (const auto& each : pinned->pins)
        text += (text.empty() ? "" : ", ") + each.name + " " + each.version;
    return text;
}

TEST(PinRequirements, TakesExactVersionsOnly) {
    EXPECT_EQ(summary(pin("B_b[x]==2.0\na === 1.0-odd\n")), "a 1.0-odd, b-b 2.0");
    EXPECT_EQ(summary(pin("a==1; sys_platform == 'win32'\nb==1; sys_platform == 'linux'\n")),
              "b 1");
    EXPECT_EQ(summary(pin("a==1\na==1.0\n")), "a 1");
    EXPECT_EQ(summary(pin("")), "");
}

TEST(PinRequirements, SaysHowToLock) {
    const auto loose = pin("a==1\nb>=1\nc\nd==1.*\ne~=1.0\nf\ng\nh\n");
    EXPECT_ERROR(
        loose, "resolve/not-pinned",
        "`requirements.txt` does not pin `b`, `c`, `d`, `e`, `f` and 2 more",
        "run `uv lock`, or `uv pip compile requirements.in --generate-hashes -o requirements.txt`");
    ASSERT_EQ(loose.error().diagnostics.size(), 7U);
    EXPECT_EQ(loose.error().diagnostics[0].range, (Range{{1, 0}, {1, 4}}));
}

TEST(PinRequirements, AppliesConstraints) {
    EXPECT_EQ(summary(pin("a>=1\n-c c.txt\n", "a==1.5\nunused==1\n")), "a 1.5");
    EXPECT_EQ(summary(pin("a==1\n-c c.txt\n", "a<2\n")), "a 1");
    EXPECT_EQ(summary(pin("a==1\n-c c.txt\n", "a==2\n")), "resolve/conflicting-pins");
    EXPECT_EQ(summary(pin("a>=2\n-c c.txt\n", "a==1\n")), "resolve/conflicting-pins");
    EXPECT_EQ(summary(pin("a==1\na==2\n")), "resolve/conflicting-pins");
}

TEST(PinRequirements, WantsAllHashesOrNone) {
    const auto hashed = pin("a==1 --hash=sha256:" + kA + " --hash=sha256:" + kB + "\n");
    ASSERT_OK(hashed);
    EXPECT_EQ(hashed->pins[0].hashes.size(), 2U);
    EXPECT_TRUE(hashed->warnings.empty());
    EXPECT_EQ(summary(pin("a==1 --hash=sha256:" + kA + "\nb==1\n")), "resolve/missing-hash");
    EXPECT_EQ(summary(pin("--require-hashes\nb==1\n")), "resolve/missing-hash");
    const auto intersected =
        pin("a==1 --hash=sha256:" + kA + " --hash=sha256:" + kB + "\n-c c.txt\n",
            "a==1 --hash=sha256:" + kB + "\n");
    ASSERT_OK(intersected);
    EXPECT_EQ(intersected->pins[0].hashes, (std::vector<RequirementHash>{{"sha256", kB}}));
}

TEST(PinRequirements, WarnsOfMissingHashesOnce) {
    const auto pinned = pin("a==1\nb==2\n-f links\n");
    ASSERT_OK(pinned);
    ASSERT_EQ(pinned->warnings.size(), 1U);
    EXPECT_EQ(pinned->warnings[0].code, "resolve/unhashed-pins");
    EXPECT_NE(pinned->warnings[0].message.find("`a`, `b`"), std::string::npos);
}

TEST(PinRequirements, TakesWheelsByUrlAndPath) {
    const auto pinned =
        pin("https://files.example/a-1-py3-none-any.whl#sha256=" + kA +
            "\nb @ https://files.example/B-2-py3-none-any.whl\n./wheels/c-3-py3-none-any.whl\n-e "
            ".\n-e ../lib\n");
    ASSERT_OK(pinned);
    EXPECT_EQ(summary(pinned), "a 1, b 2, c 3");
    EXPECT_EQ(pinned->pins[0].direct->sha256->hex(), kA);
    EXPECT_EQ(pinned->pins[0].direct->url, "https://files.example/a-1-py3-none-any.whl");
    EXPECT_EQ(pinned->pins[2].direct->local_path, "/p/wheels/c-3-py3-none-any.whl");
    EXPECT_EQ(pinned->local_projects, std::vector<std::filesystem::path>{"/lib"});
}

TEST(PinRequirements, TakesRepositoriesAndSdists) {
    const std::string commit(40, 'b');
    const auto pinned =
        pin("a @ git+https://git.example/a@" + commit +
            "#subdirectory=x\ngit+ssh://git@git.example/b@" + commit +
            "#egg=B\nhttps://files.example/c_d-1.tar.gz#sha256=" + kA + "\n./e-1.tar.gz\n");
    ASSERT_OK(pinned);
    ASSERT_EQ(pinned->sources.size(), 4U);
    EXPECT_EQ(std::get<Repository>(pinned->sources[0].origin).subdirectory, "x");
    EXPECT_EQ(pinned->sources[1].name, "b");
    EXPECT_EQ(std::get<Repository>(pinned->sources[1].origin).url, "ssh://git@git.example/b");
    EXPECT_EQ(pinned->sources[2].name, "c-d");
    EXPECT_EQ(std::get<Artifact>(pinned->sources[2].origin).sha256->hex(), kA);
    EXPECT_EQ(std::get<Artifact>(pinned->sources[3].origin).local_path, "/p/e-1.tar.gz");
}

TEST(PinRequirements, RefusesWhatMustBeBuilt) {
    EXPECT_EQ(summary(pin("git+https://git.example/a@main\n")), "resolve/unsupported-source");
    EXPECT_EQ(summary(pin("https://files.example/a-1.rpm\n")), "resolve/unsupported-source");
    EXPECT_EQ(summary(pin("a==1; platform_machine ~= '1.0'\n")), "resolve/invalid-requirements");
    EXPECT_EQ(summary(pin("a==1\nhttps://files.example/a-1-py3-none-any.whl\n")),
              "resolve/conflicting-pins");
}

index::IndexFile file(const std::string& name, const std::string& hash = kA) {
    index::IndexFile result;
    result.filename = name;
    result.url = "https://files.example/" + name;
    result.hashes = {{"sha256", hash}};
    result.sha256 = *Digest::from_hex(hash);
    return result;
}

Pin pinned_to(const std::string& version, std::vector<RequirementHash> hashes = {}) {
    return {"foo", version, false, std::move(hashes), {}, "requirements.txt", {}};
}

TEST(MatchFiles, TakesTheFilesOfThePinnedVersion) {
    std::vector<Warning> warnings;
    const std::vector files = {file("foo-1.0-py3-none-any.whl"), file("foo-1.0.tar.gz"),
                               file("foo-1.1-py3-none-any.whl"), file("bar-1.0-py3-none-any.whl"),
                               file("foo-1.0.exe")};
    const auto package = match_files(pinned_to("1.0.0"), files, warnings);
    ASSERT_OK(package);
    ASSERT_EQ(package->wheels.size(), 1U);
    EXPECT_EQ(package->wheels[0].url, "https://files.example/foo-1.0-py3-none-any.whl");
    EXPECT_TRUE(package->has_sdist);
    EXPECT_TRUE(warnings.empty());
}

TEST(MatchFiles, TakesLocalVersionsWhenThereAreNoOthers) {
    std::vector<Warning> warnings;
    EXPECT_EQ(
        match_files(pinned_to("1.0"), std::vector{file("foo-1.0+cpu-py3-none-any.whl")}, warnings)
            ->wheels.size(),
        1U);
    EXPECT_EQ(match_files(pinned_to("1.0"),
                          std::vector{file("foo-1.0+cpu-py3-none-any.whl"),
                                      file("foo-1.0-py3-none-any.whl")},
                          warnings)
                  ->wheels.at(0)
                  .filename,
              "foo-1.0-py3-none-any.whl");
}

TEST(MatchFiles, LeavesOutOtherHashes) {
    std::vector<Warning> warnings;
    const std::vector files = {file("foo-1-py3-none-any.whl", kA), file("foo-1.tar.gz", kB)};
    EXPECT_EQ(match_files(pinned_to("1", {{"sha256", kA}}), files, warnings)->has_sdist, false);
    EXPECT_TRUE(match_files(pinned_to("1", {{"sha256", kB}}), files, warnings)->wheels.empty());
    EXPECT_ERROR(match_files(pinned_to("1", {{"sha512", kA}}), files, warnings),
                 "resolve/hash-mismatch", "`foo 1`");
}

TEST(MatchFiles, ListsTheVersionsThereAre) {
    std::vector<Warning> warnings;
    EXPECT_ERROR(match_files(pinned_to("3"),
                             std::vector{file("foo-1-py3-none-any.whl"), file("foo-10.tar.gz"),
                                         file("foo-2.tar.gz")},
                             warnings),
                 "resolve/version-not-found", "`10`, `2`, `1`");
    EXPECT_ERROR(match_files(pinned_to("3"), {}, warnings), "resolve/version-not-found", "no file");
}

TEST(MatchFiles, WarnsOfYankedVersionsOnce) {
    std::vector<Warning> warnings;
    auto yanked = file("foo-1-py3-none-any.whl");
    yanked.yanked = true;
    yanked.yanked_reason = "eats data";
    EXPECT_OK(match_files(pinned_to("1"), std::vector{yanked, yanked}, warnings));
    ASSERT_EQ(warnings.size(), 1U);
    EXPECT_EQ(warnings[0].message, "`foo 1` was withdrawn by its authors: eats data");
}

TEST(FindPinnedFiles, AsksTheIndexForEachName) {
    testing::FakeHttpClient http;
    for (const std::string name : {"a", "b"})
        http.on("GET", "https://index.example/" + name + "/",
                {.headers = {{"Content-Type", "text/html"}},
                 .body = "<a href=\"" + name + "-1-py3-none-any.whl#sha256=" + kA + "\">x</a>"});
    index::IndexClient client(http, index::IndexOptions::of({"https://index.example"}));
    const testing::TestContext test({}, 4);
    std::vector<Warning> warnings;
    const auto packages = find_pinned_files(
        test.ctx, pin("b==1\na==1\nhttps://files.example/c-1-py3-none-any.whl\n")->pins, client,
        warnings);
    ASSERT_OK(packages);
    ASSERT_EQ(packages->size(), 3U);
    EXPECT_EQ(packages->at(0).name, "a");
    EXPECT_EQ(packages->at(1).wheels.at(0).url, "https://index.example/b/b-1-py3-none-any.whl");
    EXPECT_EQ(packages->at(2).wheels.at(0).url, "https://files.example/c-1-py3-none-any.whl");
    EXPECT_EQ(http.requests().size(), 2U);
}

Pin pin_from(const std::string& name, const std::string& index_url) {
    return {.name = name,
            .version = "1",
            .is_arbitrary = false,
            .hashes = {},
            .direct = {},
            .index_url = index_url,
            .file = "x.lock",
            .range = {}};
}

TEST(FindPinnedFiles, AsksTheIndexThatTheLockNames) {
    testing::TestContext test;
    testing::FakeHttpClient http;
    index::IndexClient client(http,
                              index::IndexOptions::of({"https://me:secret@own.example/simple/"}));
    const auto serve = [&](const std::string& url, const std::string& name) {
        http.on("GET", url + name + "/",
                {.headers = {{"Content-Type", "text/html"}},
                 .body = "<a href=\"" + name + "-1-py3-none-any.whl\">x</a>"});
    };
    serve("https://other.example/simple/", "a");
    // The configured index at the same place has what the lock leaves out.
    serve("https://own.example/simple/", "b");
    serve("https://own.example/simple/", "c");
    // The default index is what is configured for it.
    serve("https://own.example/simple/", "d");
    std::vector<Warning> warnings;
    const auto packages = find_pinned_files(
        test.ctx,
        {pin_from("a", "https://other.example/simple"), pin_from("b", "https://own.example/simple"),
         pin_from("c", ""), pin_from("d", std::string(kDefaultIndex))},
        client, warnings);
    ASSERT_OK(packages);
    EXPECT_EQ(packages->at(0).wheels.at(0).url,
              "https://other.example/simple/a/a-1-py3-none-any.whl");
    for (const std::size_t i : {1U, 2U, 3U})
        EXPECT_TRUE(packages->at(i).wheels.at(0).url.starts_with("https://own.example/"));
    EXPECT_EQ(http.requests().size(), 4U);
    http.on("GET", "https://none.example/simple/d/", {.status = 404});
    const auto missing = find_pinned_files(test.ctx, {pin_from("d", "https://none.example/simple")},
                                           client, warnings);
    EXPECT_ERROR(missing, "index/not-found", "none.example");
    EXPECT_EQ(http.requests().size(), 5U) << "no other index is asked";
}

}  // namespace
}  // namespace pycontainer::resolve
