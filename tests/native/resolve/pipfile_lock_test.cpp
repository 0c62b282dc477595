#include "resolve/pipfile_lock.hpp"

#include "base/digest.hpp"
#include "support/result_matchers.hpp"

#include <gtest/gtest.h>

namespace pycontainer::resolve {
namespace {

const std::string kA(64, 'a');
const std::string kB(64, 'b');
const std::string kSources =
    R"([{"name": "main", "url": "https://index.example/simple", "verify_ssl": true},
        {"name": "own", "url": "https://${USER}:${PASS}@own.example/simple", "verify_ssl": true}])";

std::string entry(const std::string& version, const std::string& more = "") {
    return R"({"version": "==)" + version + R"(", "hashes": ["sha256:)" + kA + R"(", "sha256:)" +
           kB + R"("])" + more + "}";
}

struct Question {
    explicit Question(const std::string& categories, const std::string& python = "")
        : text("{\"_meta\": {\"hash\": {\"sha256\": \"0\"}, \"pipfile-spec\": 6, \"requires\": {" +
               python + "}, \"sources\": " + kSources + "},\n" + categories + "\n}\n") {}

    Result<Selection> select() const {
        return select_from_pipfile_lock(
            text, "Pipfile.lock",
            {.pyproject = &pyproject,
             .directory = "/p",
             .groups = groups,
             .extras = extras,
             .target = {.python_version = "3.12.7", .libc_minor = 36, .machine = "x86_64"},
             .environment = &environment});
    }
    std::string names() const {
        const auto selection = select();
        if (!selection) return selection.error().code + ": " + selection.error().message;
        std::string result;
        for (const auto& each : selection->pins)
            result += (result.empty() ? "" : ", ") + each.name + " " + each.version;
        return result;
    }

    std::string text;
    Json pyproject = Json::object();
    Environment environment;
    std::vector<std::string> groups;
    std::vector<std::string> extras;
};

std::string in_default(const std::string& content) {
    return "\"default\": {\n" + content + "}";
}

TEST(SelectFromPipfileLock, TakesPinsWithAllTheirHashes) {
    const auto selection =
        Question(in_default("\"Foo_Bar\": " + entry("1.0") + ", \"b\": " + entry("2"))).select();
    ASSERT_OK(selection);
    ASSERT_EQ(selection->pins.size(), 2U);
    const auto& pin = selection->pins[1];
    EXPECT_EQ(pin.name, "foo-bar");
    EXPECT_EQ(pin.version, "1.0");
    EXPECT_EQ(pin.hashes, (std::vector<RequirementHash>{{"sha256", kA}, {"sha256", kB}}));
    EXPECT_EQ(pin.index_url, "https://index.example/simple");
    EXPECT_EQ(pin.file, "Pipfile.lock");
    EXPECT_EQ(pin.range.start, (Position{3, 0}));
    EXPECT_EQ(pin.range.end, (Position{3, 9}));
    EXPECT_TRUE(selection->warnings.empty());
}

TEST(SelectFromPipfileLock, EvaluatesMarkers) {
    EXPECT_EQ(
        Question(in_default("\"a\": " + entry("1", R"(, "markers": "sys_platform == 'win32'")") +
                            ", \"b\": " + entry("1", R"(, "markers": "python_version >= '3.8'")")))
            .names(),
        "b 1");
    EXPECT_ERROR(Question(in_default("\"a\": " + entry("1", ", \"markers\": \"what\""))).select(),
                 "resolve/invalid-lock", "`what` is not a marker");
}

TEST(SelectFromPipfileLock, TakesCategoriesAsGroups) {
    Question question("\"default\": {\"a\": " + entry("1") + "}, \"develop\": {\"b\": " +
                      entry("1") + "}, \"docs\": {\"c\": " + entry("1") + "}");
    EXPECT_EQ(question.names(), "a 1");
    for (const char* name : {"develop", "dev", "dev-packages"}) {
        question.groups = {name};
        EXPECT_EQ(question.names(), "a 1, b 1") << name;
    }
    question.groups = {"Docs", "dev", "default"};
    EXPECT_EQ(question.names(), "a 1, b 1, c 1");
    question.groups = {"test"};
    EXPECT_ERROR(question.select(), "resolve/unknown-group", "`test`", "develop, docs");
    question.groups = {};
    question.extras = {"cli"};
    EXPECT_ERROR(question.select(), "resolve/unknown-extra", "`cli`", "category");
}

TEST(SelectFromPipfileLock, WarnsOfCategoriesThatDiffer) {
    Question question("\"default\": {\"a\": " + entry("1") +
                      "}, \"develop\": {\"a\": " + entry("2") + ", \"b\": " + entry("1") + "}");
    question.groups = {"dev"};
    EXPECT_EQ(question.names(), "a 1, b 1");
    EXPECT_EQ(question.select()->warnings.at(0).code, "resolve/category-conflict");
}

TEST(SelectFromPipfileLock, ExpandsVariablesOfAnIndex) {
    Question question(in_default("\"a\": " + entry("1", ", \"index\": \"own\"")));
    EXPECT_ERROR(question.select(), "resolve/unset-variable", "`a`", "`USER`");
    question.environment = Environment({{"USER", "me"}, {"PASS", "secret"}});
    EXPECT_EQ(question.select()->pins.at(0).index_url, "https://me:secret@own.example/simple");
    question.text.replace(question.text.find("${PASS}"), 7, "x");
    EXPECT_EQ(question.select()->pins.at(0).index_url, "https://me:x@own.example/simple");
    EXPECT_ERROR(Question(in_default("\"a\": " + entry("1", ", \"index\": \"gone\""))).select(),
                 "resolve/invalid-lock", "`gone`", "sources");
}

TEST(SelectFromPipfileLock, ComparesThePython) {
    const auto python = [](const std::string& python) {
        return Question(in_default("\"a\": " + entry("1")), python).names();
    };
    EXPECT_EQ(python("\"python_version\": \"3.12\""), "a 1");
    EXPECT_EQ(python("\"python_version\": \"3\""), "a 1");
    EXPECT_EQ(python("\"python_version\": \"*\""), "a 1");
    EXPECT_EQ(python("\"python_full_version\": \"3.12.7\", \"python_version\": \"3.11\""), "a 1");
    EXPECT_ERROR(Question(in_default(""), "\"python_version\": \"3.1\"").select(),
                 "resolve/python-mismatch", "`3.1`", "3.12.7");
    EXPECT_ERROR(Question(in_default(""), "\"python_full_version\": \"3.12.6\"").select(),
                 "resolve/python-mismatch", "`3.12.6`");
}

TEST(SelectFromPipfileLock, FindsFilesAndLocalProjects) {
    const auto selection =
        Question(
            in_default(R"("app": {"editable": true, "path": "."}, "lib": {"path": "./libs/lib"},
                "w": {"path": "wheels/w-2-py3-none-any.whl"},
                "x": {"file": "https://files.example/x-1%2Bcpu-py3-none-any.whl#egg=x", "hashes": ["sha256:)" +
                       kA + "\"]}"))
            .select();
    ASSERT_OK(selection);
    EXPECT_EQ(selection->local_projects, std::vector<std::filesystem::path>{"/p/libs/lib"});
    ASSERT_EQ(selection->pins.size(), 2U);
    EXPECT_EQ(selection->pins[0].direct->local_path, "/p/wheels/w-2-py3-none-any.whl");
    EXPECT_EQ(selection->pins[0].version, "2");
    EXPECT_EQ(selection->pins[1].version, "1+cpu");
    EXPECT_EQ(selection->pins[1].direct->url, "https://files.example/x-1%2Bcpu-py3-none-any.whl");
    EXPECT_EQ(selection->pins[1].direct->sha256->hex(), kA);
    EXPECT_EQ(selection->warnings.at(0).code, "resolve/unhashed-pins");
    EXPECT_NE(selection->warnings[0].message.find("`w`"), std::string::npos);
}

TEST(SelectFromPipfileLock, TakesSourceDistributionsByTheirPlace) {
    const auto selection =
        Question(in_default(R"("a": {"file": "https://files.example/a-1.tar.gz#egg=a"},
"b": {"path": "dist/b-1.zip", "hashes": ["sha256:)" +
                            std::string(kA) + "\"]}"))
            .select();
    ASSERT_OK(selection);
    ASSERT_EQ(selection->sources.size(), 2U);
    const auto& first = std::get<Artifact>(selection->sources[0].origin);
    EXPECT_EQ(first.url, "https://files.example/a-1.tar.gz");
    EXPECT_EQ(first.sha256, std::nullopt);
    const auto& second = std::get<Artifact>(selection->sources[1].origin);
    EXPECT_EQ(second.local_path, "/p/dist/b-1.zip");
    EXPECT_EQ(second.sha256->hex(), kA);
    EXPECT_NE(selection->warnings.at(0).message.find("`a`"), std::string::npos);
}

TEST(SelectFromPipfileLock, ListsAllFaultsWithTheirPlaces) {
    const auto result = Question(in_default(R"("a": {"git": "https://git.example/a", "ref": "0"},
"b": {"version": ">=1"},
"c": 3,
"d": {"version": "==1", "hashes": ["md5:0"]},
"e": {"version": "==1", "hashes": ["what"]},
"f": {"path": "f-1.tar.gz", "hashes": ["sha512:00"]},
"g": {"path": "other-1-py3-none-any.whl"},
"h": {}
)"))
                            .select();
    ASSERT_FALSE(result);
    std::vector<std::string> found;
    for (const auto& each : result.error().diagnostics)
        found.push_back(std::to_string(each.range.start.line) + " " + each.code);
    EXPECT_EQ(found,
              (std::vector<std::string>{"3 resolve/unsupported-source", "4 resolve/not-pinned",
                                        "5 resolve/invalid-lock", "6 resolve/missing-hash",
                                        "7 resolve/invalid-lock", "8 resolve/missing-hash",
                                        "9 resolve/invalid-lock", "10 resolve/not-pinned"}));
    EXPECT_NE(result.error().message.find("and 7 more"), std::string::npos);
}

TEST(SelectFromPipfileLock, RefusesOtherFiles) {
    const auto read = [](const std::string& text) {
        const Json pyproject = Json::object();
        return select_from_pipfile_lock(text, "Pipfile.lock",
                                        {.pyproject = &pyproject,
                                         .directory = "/p",
                                         .groups = {},
                                         .extras = {},
                                         .target = {.python_version = "3.12.7"}});
    };
    const auto conflict = read("{\n  \"_meta\": {},\n<<<<<<< HEAD\n}\n");
    EXPECT_ERROR(conflict, "resolve/invalid-lock", "line 3, column 1", "merge");
    EXPECT_EQ(conflict.error().diagnostics.at(0).range.start, (Position{2, 0}));
    EXPECT_ERROR(read("[]"), "resolve/invalid-lock", "`_meta`");
    EXPECT_ERROR(read("{\"_meta\": {\"pipfile-spec\": 7}}"), "resolve/unsupported-lock-version");
    EXPECT_ERROR(read("{\"_meta\": {\"pipfile-spec\": 6}, \"default\": 3}"), "resolve/invalid-lock",
                 "`default`");
    EXPECT_ERROR(read("{\"a\":" + std::string(300, '[') + std::string(300, ']') + "}"),
                 "json/invalid", "nested");
    EXPECT_OK(read("{\"_meta\": {\"pipfile-spec\": 6}}"));
}

std::string lock_of(const std::string& hash, const std::string& packages) {
    return R"({"_meta": {"hash": {"sha256": ")" + hash + R"("}}, "default": {)" + packages + "}}";
}

TEST(FindPipfileStaleness, ComparesTheHashAsPipenvMakesIt) {
    const std::string pipfile =
        "[[source]]\nurl = \"https://index.example/simple\"\nverify_ssl = true\nname = \"main\"\n"
        "[packages]\nflask = \"*\"\n\"\xC3\xA4\" = \"==1\"\n[dev-packages]\n[requires]\n"
        "python_version = \"3.12\"\n[scripts]\nrun = \"x\"\n[docs]\nsphinx = \"*\"\n";
    const auto hash =
        Digest::of(
            std::string_view(
                R"({"_meta":{"requires":{"python_version":"3.12"},"sources":[{"name":"main","url":"https://index.example/simple","verify_ssl":true}]},"default":{"flask":"*","\u00e4":"==1"},"develop":{},"docs":{"sphinx":"*"}})"))
            .hex();
    EXPECT_EQ(find_pipfile_staleness(pipfile, lock_of(hash, "")), std::nullopt);
    EXPECT_NE(find_pipfile_staleness(pipfile + "more = \"*\"\n", lock_of(hash, "")), std::nullopt);
}

TEST(FindPipfileStaleness, ListsTheDifference) {
    const std::string source = "[[source]]\nurl = \"u\"\n[packages]\n";
    const auto difference = [&](const std::string& packages, const std::string& locked) {
        return find_pipfile_staleness(source + packages, lock_of("0", locked));
    };
    EXPECT_EQ(
        difference("Foo_x = \">=2\"\nnew = { version = \"*\", extras = [\"a\"] }\nok = \"~=1.0\"\n",
                   R"("foo-x": {"version": "==1.5"}, "ok": {"version": "==1.4"})"),
        "`Foo_x>=2` is in `Pipfile`, 1.5 in the lock, `new` is only in `Pipfile`");
    EXPECT_EQ(difference("ok = \"*\"\n", R"("ok": {"version": "==1"}, "gone": {"version": "==1"})"),
              "the lock keeps the hash of another `Pipfile`");
    EXPECT_EQ(
        difference("a='*'\nb='*'\nc='*'\nd='*'\ne='*'\n", ""),
        "`a` is only in `Pipfile`, `b` is only in `Pipfile`, `c` is only in `Pipfile`, `d` is "
        "only in `Pipfile` and 1 more");
}

TEST(FindPipfileStaleness, SaysNothingWhenItCannotKnow) {
    EXPECT_EQ(find_pipfile_staleness("[packages]\na = \"*\"\n", lock_of("0", "")), std::nullopt);
    EXPECT_EQ(find_pipfile_staleness("= broken", lock_of("0", "")), std::nullopt);
    EXPECT_EQ(find_pipfile_staleness("[[source]]\n", "{"), std::nullopt);
    EXPECT_EQ(find_pipfile_staleness("[[source]]\n", "{}"), std::nullopt);
}

TEST(PipfileNames, AreThoseOfPackages) {
    EXPECT_EQ(pipfile_names("[packages]\nB_b = \"*\"\na = \"==1\"\n[dev-packages]\nc = \"*\"\n"),
              (std::vector<std::string>{"a", "b-b"}));
    EXPECT_TRUE(pipfile_names("= broken").empty());
    EXPECT_TRUE(pipfile_names("packages = 3\n").empty());
}

}  // namespace
}  // namespace pycontainer::resolve
