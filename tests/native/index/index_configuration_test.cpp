#include "index/index_configuration.hpp"

#include "base/file.hpp"
#include "base/version.hpp"
#include "support/result_matchers.hpp"

#include <gtest/gtest.h>

namespace pycontainer::index {
namespace {

using Variables = std::map<std::string, std::string, std::less<>>;
using Texts = std::vector<std::string>;

/// A machine: a home, a system and a project, each with the files that a test writes.
class Machine {
public:
    std::filesystem::path path(const std::string& name) const { return directory_.path() / name; }
    void write(const std::string& name, const std::string& text) {
        ASSERT_OK(write_file(path(name), text));
    }
    Result<IndexOptions> read(Variables variables = {}, IndexArguments flags = {}) const {
        variables.try_emplace("HOME", path("home").string());
        const Environment environment(std::move(variables));
        const auto text = read_file(path("work/project/pyproject.toml"));
        const auto document = toml::parse(text ? *text : "", "pyproject.toml");
        return read_index_options(environment, {.project_directory = path("work/project"),
                                                .pyproject = &document,
                                                .flags = std::move(flags),
                                                .root = path("root")});
    }

private:
    TemporaryDirectory directory_ =
        *TemporaryDirectory::create(std::filesystem::temp_directory_path(), "pyc-index-");
};

/// `[name=]host[*]` in the order in which they are asked, `*` for explicit ones.
Texts hosts(const IndexOptions& options) {
    Texts result;
    for (const auto& each : options.indexes) {
        auto text =
            each.url == kDefaultIndex ? "built-in" : each.url.substr(each.url.rfind('/') + 1);
        if (!each.name.empty()) text = each.name + "=" + text;
        result.push_back(text + (each.is_explicit ? "*" : ""));
    }
    return result;
}

TEST(IndexConfiguration, FallsBackToTheBuiltInIndex) {
    const auto options = Machine().read();
    ASSERT_OK(options);
    EXPECT_EQ(hosts(*options), Texts{"built-in"});
    EXPECT_TRUE(options->asks_built_in());
    EXPECT_EQ(options->indexes.front().origin, "built in");
    EXPECT_FALSE(options->use_keyring);
}

TEST(IndexConfiguration, TakesTheVariablesOfPipAndUv) {
    const Machine machine;
    const auto check = [&](Variables variables, const Texts& expected) {
        const auto options = machine.read(std::move(variables));
        ASSERT_OK(options);
        EXPECT_EQ(hosts(*options), expected);
    };
    check({{"PIP_INDEX_URL", "https://pip"}}, {"pip"});
    check({{"PIP_INDEX_URL", "https://pip"}, {"UV_INDEX_URL", "https://uv"}}, {"uv"});
    check({{"UV_INDEX_URL", "https://old"}, {"UV_DEFAULT_INDEX", "https://new"}}, {"new"});
    check({{"PIP_INDEX_URL", ""}}, {"built-in"});
    check({{"UV_INDEX", "acme=https://acme https://b"},
           {"PIP_EXTRA_INDEX_URL", "https://c\n https://b"},
           {"PIP_INDEX_URL", "https://main"}},
          {"acme=acme", "b", "c", "main"});
}

TEST(IndexConfiguration, ReadsTheFilesOfPip) {
    Machine machine;
    machine.write("root/etc/pip.conf",
                  "[global]\nindex-url = https://system\nextra-index-url = https://lost\n"
                  "[install]\nfind-links = /srv/wheels\n  https://links\n");
    machine.write("home/.config/pip/pip.conf", "[global]\nextra-index-url = https://user\n");
    auto options = machine.read();
    ASSERT_OK(options);
    EXPECT_EQ(hosts(*options), (Texts{"user", "system"}));
    EXPECT_EQ(options->indexes.back().origin, machine.path("root/etc/pip.conf").string() + ":2");
    ASSERT_EQ(options->find_links.size(), 2U);
    EXPECT_EQ(options->find_links[0].url, "file:///srv/wheels");

    machine.write("own.conf", "[global]\nindex-url = https://own\nno-index = true\n");
    options = machine.read({{"PIP_CONFIG_FILE", machine.path("own.conf").string()}});
    ASSERT_OK(options);
    EXPECT_EQ(hosts(*options), (Texts{"lost", "own"}));
    EXPECT_TRUE(options->no_index);
    EXPECT_EQ(hosts(*machine.read({{"PIP_CONFIG_FILE", "/dev/null"}})), Texts{"built-in"});
    EXPECT_ERROR(machine.read({{"PIP_CONFIG_FILE", machine.path("none.conf").string()}}),
                 "file/not-found");
}

TEST(IndexConfiguration, ReadsTheFilesOfUv) {
    Machine machine;
    machine.write("root/etc/uv/uv.toml", "index-url = 'https://system'\n");
    machine.write(
        "home/.config/uv/uv.toml",
        "keyring-provider = 'subprocess'\n[[index]]\nname = 'user'\nurl = 'https://user'\n");
    machine.write(
        "work/project/pyproject.toml",
        "[tool.uv]\nfind-links = ['wheels']\n[[tool.uv.index]]\nname = 'own'\n"
        "url = 'https://own'\nignore-error-codes = [403]\n[[tool.uv.index]]\n"
        "name = 'torch'\nurl = 'https://torch'\nexplicit = true\nformat = 'flat'\n"
        "[tool.uv.sources]\nTorch = { index = 'torch', marker = \"os_name == 'posix'\" }\n"
        "other = { git = 'https://x' }\n");
    const auto options = machine.read();
    ASSERT_OK(options);
    EXPECT_EQ(hosts(*options), (Texts{"own=own", "torch=torch*", "user=user", "system"}));
    EXPECT_EQ(options->indexes[0].missing_statuses, std::vector<int>{403});
    EXPECT_EQ(options->indexes[0].origin, "pyproject.toml:3");
    EXPECT_EQ(options->indexes[1].format, IndexLocation::Format::Flat);
    ASSERT_EQ(options->pins.size(), 1U);
    EXPECT_EQ(options->pins[0].package, "torch");
    EXPECT_EQ(options->pins[0].origin, "pyproject.toml:13");
    EXPECT_TRUE(options->use_keyring);
    EXPECT_EQ(options->find_links[0].url, "file://" + machine.path("work/project/wheels").string());

    machine.write("one.toml", "[[index]]\nurl = 'https://one'\ndefault = true\n");
    EXPECT_EQ(hosts(*machine.read({{"UV_CONFIG_FILE", machine.path("one.toml").string()}})),
              (Texts{"own=own*", "torch=torch*", "one"}));
    EXPECT_EQ(hosts(*machine.read({{"UV_NO_CONFIG", "1"}})),
              (Texts{"own=own*", "torch=torch*", "built-in"}));
    EXPECT_EQ(hosts(*machine.read({{"UV_INDEX", "torch=https://mirror"}})),
              (Texts{"torch=mirror", "own=own", "user=user", "system"}));
}

TEST(IndexConfiguration, LetsAUvTomlTakeThePlaceOfTheTable) {
    Machine machine;
    machine.write("work/project/uv.toml", "[[index]]\nurl = 'https://toml'\n");
    machine.write("work/project/pyproject.toml", "[[tool.uv.index]]\nurl = 'https://table'\n");
    EXPECT_EQ(hosts(*machine.read()), (Texts{"toml", "built-in"}));
}

TEST(IndexConfiguration, ReadsTheRootOfTheWorkspace) {
    Machine machine;
    machine.write("work/pyproject.toml",
                  "[tool.uv.workspace]\nmembers = ['pro*']\n[[tool.uv.index]]\nname = 'own'\n"
                  "url = 'https://own'\n");
    machine.write("work/project/pyproject.toml", "[tool.uv.sources]\nx = { index = 'own' }\n");
    auto options = machine.read();
    ASSERT_OK(options);
    EXPECT_EQ(hosts(*options), (Texts{"own=own", "built-in"}));
    EXPECT_EQ(options->places_for("x").size(), 1U);
    machine.write(
        "work/pyproject.toml",
        "[tool.uv.workspace]\nmembers = ['other']\n[[tool.uv.index]]\nurl = 'https://own'\n");
    EXPECT_EQ(hosts(*machine.read()), Texts{"built-in"});
}

TEST(IndexConfiguration, ReadsTheSourcesOfPoetry) {
    Machine machine;
    machine.write(
        "work/project/pyproject.toml",
        "[[tool.poetry.source]]\nname = 'later'\nurl = 'https://later'\n"
        "priority = 'supplemental'\n[[tool.poetry.source]]\nname = 'own'\n"
        "url = 'https://own'\n[[tool.poetry.source]]\nname = 'torch'\n"
        "url = 'https://torch'\npriority = 'explicit'\n"
        "[tool.poetry.dependencies]\na = { version = '1', source = 'torch' }\n"
        "[tool.poetry.group.dev.dependencies]\nb = [{ version = '1', source = 'own' }]\n");
    auto options = machine.read();
    ASSERT_OK(options);
    // A primary source takes the built-in one's place.
    EXPECT_EQ(hosts(*options), (Texts{"own=own", "torch=torch*", "later=later"}));
    ASSERT_EQ(options->pins.size(), 2U);
    EXPECT_EQ(options->find_pin("a")->index, "torch");
    EXPECT_EQ(hosts(options->without_project_indexes()), Texts{"built-in"});
    machine.write("work/project/pyproject.toml",
                  "[[tool.poetry.source]]\nname = 'later'\nurl = 'https://later'\n"
                  "priority = 'supplemental'\n");
    EXPECT_EQ(hosts(*machine.read()), (Texts{"later=later", "built-in"}));
    machine.write("work/project/pyproject.toml",
                  "[[tool.poetry.source]]\nname = 'PyPI'\n[[tool.poetry.source]]\nname = 'own'\n"
                  "url = 'https://own'\n");
    EXPECT_EQ(hosts(*machine.read()), (Texts{"PyPI=built-in", "own=own"}));
}

TEST(IndexConfiguration, ReadsTheSourcesOfPdm) {
    Machine machine;
    machine.write(
        "work/project/pyproject.toml",
        "[[tool.pdm.source]]\nname = 'own'\nurl = 'https://${USER}:${TOKEN}@own.example'\n"
        "include_packages = ['acme-*']\n[[tool.pdm.source]]\nname = 'links'\n"
        "url = 'https://links'\ntype = 'find_links'\n[[tool.pdm.source]]\nname = 'pypi'\n"
        "url = 'https://mirror'\n");
    const auto options = machine.read({{"USER", "me"}, {"TOKEN", "secret"}});
    ASSERT_OK(options);
    ASSERT_EQ(options->indexes.size(), 2U);
    EXPECT_EQ(options->indexes[0].url, "https://me:secret@own.example");
    EXPECT_EQ(options->indexes[0].shown(), "https://own.example/");
    EXPECT_EQ(options->places_for("numpy").size(), 1U);
    EXPECT_EQ(options->places_for("acme-web").size(), 2U);
    EXPECT_EQ(options->find_links.size(), 1U);
    EXPECT_FALSE(options->asks_built_in());
}

TEST(IndexConfiguration, GivesFlagsAndNearerFilesTheFirstWord) {
    Machine machine;
    machine.write("home/.config/pip/pip.conf", "[global]\nindex-url = https://pip\n");
    machine.write("work/project/pyproject.toml",
                  "[[tool.uv.index]]\nurl = 'https://own'\ndefault = true\n");
    EXPECT_EQ(hosts(*machine.read()), Texts{"own"});
    EXPECT_EQ(hosts(*machine.read({{"PIP_INDEX_URL", "https://env"}})), Texts{"env"});
    EXPECT_EQ(hosts(*machine.read({{"PIP_INDEX_URL", "https://env"}},
                                  {.index_url = "https://flag",
                                   .extra_index_urls = {"x=https://extra"},
                                   .scope = Scope::Flag})),
              (Texts{"x=extra", "flag"}));
}

TEST(IndexConfiguration, KeepsTheCredentialsOfOneIndexThatIsNamedTwice) {
    Machine machine;
    machine.write("work/project/pyproject.toml",
                  "[[tool.uv.index]]\nname = 'own'\nurl = 'https://own.example/simple'\n");
    machine.write("home/.config/pip/pip.conf",
                  "[global]\nextra-index-url = https://me:secret@own.example/simple/\n");
    const auto options = machine.read();
    ASSERT_OK(options);
    ASSERT_EQ(options->indexes.size(), 2U);
    EXPECT_EQ(options->indexes[0].url, "https://me:secret@own.example/simple");
    EXPECT_EQ(options->indexes[0].name, "own");
}

TEST(IndexConfiguration, SaysWhatIsWrongWhere) {
    Machine machine;
    const auto check = [&](const std::string& text, const char* place, const char* part) {
        machine.write("work/project/pyproject.toml", text);
        EXPECT_ERROR(machine.read(), "index/invalid-configuration", place, part);
    };
    check("[tool.uv]\nindex = 'x'\n", "pyproject.toml:2", "list of tables");
    check("[[tool.uv.index]]\nname = 'x'\n", "pyproject.toml:1", "`url`");
    check("[[tool.uv.index]]\nurl = 'https://x'\nformat = 'odd'\n", "pyproject.toml:1", "`format`");
    check("[tool.uv]\nextra-index-url = [1]\n", "pyproject.toml:2", "not a text");
    check("[[tool.poetry.source]]\nname = 'x'\n", "pyproject.toml:1", "`url`");
    check("[[tool.pdm.source]]\nname = 'x'\n", "pyproject.toml:1", "`url`");
    machine.write("work/project/pyproject.toml", "");
    machine.write("home/.config/uv/uv.toml", "a = \n");
    EXPECT_ERROR(machine.read(), "index/invalid-configuration", "uv.toml", "not valid TOML");
}

}  // namespace
}  // namespace pycontainer::index
