#include "resolve/requirements_file.hpp"

#include "support/result_matchers.hpp"

#include <gtest/gtest.h>

#include <map>

namespace pycontainer::resolve {
namespace {

const std::string kHash(64, 'a');
using Files = std::map<std::string, std::string>;
using Kind = RequirementEntry::Kind;

RequirementsFile read(const Files& files, const Environment& environment = {}) {
    const auto reader = [&](const std::filesystem::path& path) -> Result<std::string> {
        const auto found = files.find(path.lexically_relative("/p").string());
        if (found == files.end())
            return fail("file/not-found", "`{}` does not exist", path.string());
        return found->second;
    };
    auto result = read_requirements("/p/requirements.txt", "/p", environment, reader);
    EXPECT_OK(result);
    return result ? *std::move(result) : RequirementsFile();
}
RequirementsFile read(const std::string& text) {
    return read(Files{{"requirements.txt", text}});
}

std::vector<std::string> texts(const RequirementsFile& file) {
    std::vector<std::string> result;
    for (const auto& entry : file.entries) result.push_back(entry.text);
    return result;
}
using Texts = std::vector<std::string>;

TEST(ReadRequirements, JoinsLinesAndDropsComments) {
    EXPECT_EQ(texts(read("# top\r\n\r\nfoo==1.0 # why\r\nbar==2 \\\r\n    ; python_version > "
                         "'3'\r\nbaz\\\n# comment ends it\nqux==1#egg\n")),
              (Texts{"foo==1.0", "bar==2     ; python_version > '3'", "baz", "qux==1#egg"}));
    EXPECT_EQ(texts(read("foo==1.0 \\")), Texts{"foo==1.0"});
    EXPECT_EQ(texts(read("a==1\rb==2")), (Texts{"a==1", "b==2"}));
    // What Python takes for ends of lines and for blanks comes from web pages and word processors.
    const auto file = read("a==1\vb==2\u2028\u00a0c==3\u00a0# why\n\u00a0# all\nd==4\n");
    EXPECT_EQ(texts(file), (Texts{"a==1", "b==2", "c==3", "d==4"}));
    EXPECT_EQ(file.entries.back().line, 2U) << "as editors count";
}

TEST(ReadRequirements, ReadsHashes) {
    const auto file = read("foo==1.0 \\\n    --hash=sha256:" + kHash +
                           " \\\n    --hash SHA256:" + std::string(64, 'B') + "\n    # via bar\n");
    ASSERT_EQ(file.entries.size(), 1U);
    EXPECT_EQ(file.entries[0].hashes,
              (std::vector<RequirementHash>{{"sha256", kHash}, {"sha256", std::string(64, 'b')}}));
    EXPECT_TRUE(file.diagnostics.empty());
    EXPECT_EQ(read("a==1 --hash=md5:00\n").diagnostics.at(0).message,
              "`md5` is not sha256, sha384 or sha512");
    EXPECT_EQ(read("a==1 --hash=sha256:00\n").diagnostics.size(), 1U);
    EXPECT_EQ(read("--hash=sha256:" + kHash + "\n").diagnostics.size(), 1U);
}

TEST(ReadRequirements, KnowsPipsOptions) {
    const auto file = read(
        "-i https://a.example\n--extra-index-url=https://b.example\n--extra-index-url "
        "'https://c.example'\n-f links\n--no-index\n--require-hashes\n"
        "--trusted-host h.example\n--pre\n--prefer-binary\n--only-binary :all:\n--use-feature=x\n");
    EXPECT_TRUE(file.diagnostics.empty());
    EXPECT_EQ(file.index.index_url, "https://a.example");
    EXPECT_EQ(file.index.extra_index_urls, (Texts{"https://b.example", "https://c.example"}));
    EXPECT_TRUE(file.index.no_index);
    EXPECT_TRUE(file.require_hashes);
    ASSERT_EQ(file.index.find_links.size(), 1U);
    EXPECT_TRUE(file.index.find_links.front().ends_with("/links"));
    EXPECT_EQ(read("-ihttps://a.example").index.index_url, "https://a.example");
}

TEST(ReadRequirements, ReportsWrongLinesAndGoesOn) {
    const auto file = read(
        "foo==1.0\n--frobnicate\n-r\nbar baz\n--find-links 'x\nqux==1 --index-url x\n--no-binary "
        "foo\nlast==1\n");
    ASSERT_EQ(file.diagnostics.size(), 6U);
    EXPECT_EQ(to_string(file.diagnostics[0]).substr(0, 22), "requirements.txt:2:1: ");
    EXPECT_NE(file.diagnostics[0].message.find("--frobnicate"), std::string::npos);
    EXPECT_EQ(file.diagnostics[2].range, (Range{{3, 0}, {3, 7}}));
    EXPECT_EQ(file.diagnostics[5].code, "resolve/unsupported-source");
    EXPECT_EQ(file.entries.back().text, "last==1");
}

TEST(ReadRequirements, ExpandsVariables) {
    const Environment environment(
        std::map<std::string, std::string, std::less<>>{{"TOKEN", "secret"}, {"EMPTY", ""}});
    const auto file =
        read({{"requirements.txt",
               "--index-url https://${TOKEN}@index.example/${UNSET}/${EMPTY}/${lower}/$TOKEN\n"}},
             environment);
    EXPECT_EQ(file.index.index_url,
              "https://secret@index.example/${UNSET}/${EMPTY}/${lower}/$TOKEN");
}

TEST(ReadRequirements, FollowsIncludes) {
    const auto file = read({{"requirements.txt", "-r sub/base.txt\n-c constraints.txt\na==1\n"},
                            {"sub/base.txt", "-r more.txt\nb==1\n"},
                            {"sub/more.txt", "c==1\n"},
                            {"constraints.txt", "-r sub/more.txt\nd==1\n"}},
                           {});
    EXPECT_TRUE(file.diagnostics.empty());
    EXPECT_EQ(texts(file), (Texts{"c==1", "b==1", "c==1", "d==1", "a==1"}));
    EXPECT_FALSE(file.entries[0].is_constraint);
    EXPECT_TRUE(file.entries[2].is_constraint);
    EXPECT_TRUE(file.entries[3].is_constraint);
    EXPECT_EQ(file.entries[0].file, "sub/more.txt");
    EXPECT_EQ(file.files.size(), 4U);
}

TEST(ReadRequirements, SurvivesLoopsAndMissingFiles) {
    const auto loop = read(
        {{"requirements.txt", "-r other.txt\n"}, {"other.txt", "a==1\n-r requirements.txt\n"}}, {});
    ASSERT_EQ(loop.diagnostics.size(), 1U);
    EXPECT_EQ(loop.diagnostics[0].message, "`requirements.txt` includes itself");
    EXPECT_EQ(loop.diagnostics[0].file, "other.txt");
    EXPECT_EQ(read("-r gone.txt\n").diagnostics.size(), 1U);
    EXPECT_EQ(read("-r https://files.example/r.txt\n").diagnostics.at(0).code,
              "resolve/unsupported-source");
}

TEST(ReadRequirements, TellsNamesFromPlaces) {
    const std::pair<const char*, Kind> rows[] = {
        {"foo[bar]>=1", Kind::Named},
        {"foo @ https://files.example/foo-1-py3-none-any.whl", Kind::Named},
        {"foo[x]@https://files.example/foo-1-py3-none-any.whl", Kind::Named},
        {"foo @ git+https://git.example/foo", Kind::Vcs},
        {"git+https://git.example/foo@main#egg=foo", Kind::Vcs},
        {"-e git+ssh://git@git.example/foo", Kind::Vcs},
        {"https://files.example/foo-1-py3-none-any.whl ; python_version > '3'", Kind::Url},
        {"./foo", Kind::Path},
        {"-e .", Kind::Path},
        {".[dev]", Kind::Path},
        {"wheels/foo-1-py3-none-any.whl", Kind::Path},
        {"foo-1-py3-none-any.whl", Kind::Path},
        {"file:///srv/foo-1-py3-none-any.whl", Kind::Path},
    };
    for (const auto& [text, kind] : rows) {
        const auto file = read(std::string(text) + "\n");
        EXPECT_TRUE(file.diagnostics.empty()) << text;
        ASSERT_EQ(file.entries.size(), 1U) << text;
        EXPECT_EQ(file.entries[0].kind, kind) << text;
    }
    EXPECT_EQ(read("-e ./sub[x]\n").entries[0].location, "/p/sub");
    EXPECT_TRUE(read("-e ./sub\n").entries[0].is_editable);
    EXPECT_TRUE(
        read("./a.whl ; python_version > '3'\n").entries[0].requirement->marker.has_value());
}

TEST(ReadRequirements, DecodesWhatEditorsWrite) {
    EXPECT_EQ(texts(read("\xEF\xBB\xBF"
                         "foo==1\n")),
              Texts{"foo==1"});
    EXPECT_EQ(texts(read(std::string("\xFF\xFE"
                                     "f\0=\0=\0001\0\r\0\n\0",
                                     14))),
              Texts{"f==1"});
    EXPECT_EQ(texts(read(std::string("\xFE\xFF"
                                     "\0f\0=\0=\0001",
                                     10))),
              Texts{"f==1"});
    EXPECT_EQ(texts(read("# -*- coding: latin-1 -*-\n# caf\xE9\nfoo==1\n")), Texts{"foo==1"});
    EXPECT_EQ(texts(read("# -*- coding: latin-1 -*-\n./\xC3\xA9\n")), Texts{"./\u00c3\u00a9"});
    const auto reader = [](const std::filesystem::path&) -> Result<std::string> {
        return "# caf\xE9\n";
    };
    EXPECT_ERROR(read_requirements("/p/r.txt", "/p", Environment(), reader),
                 "resolve/invalid-requirements", "UTF-8");
}

}  // namespace
}  // namespace pycontainer::resolve
