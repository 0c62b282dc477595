#include "intellisense/diagnostics.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace pycontainer::intellisense {
namespace {

/// One line per diagnostic: `line:column-line:column code: message`, one-based as printed.
std::string summary(const std::vector<Diagnostic>& diagnostics) {
    std::string text;
    for (const auto& diagnostic : diagnostics) {
        const auto& [start, end] = diagnostic.range;
        text += fmt::format("{}:{}-{}:{} {}: {}\n", start.line + 1, start.character + 1,
                            end.line + 1, end.character + 1, diagnostic.code, diagnostic.message);
        EXPECT_EQ(diagnostic.severity, Severity::Error);
    }
    return text;
}

void check(std::string_view text, std::string_view expected) {
    EXPECT_EQ(summary(diagnose_text(*Source::make("pycontainer.toml", std::string(text)))),
              expected)
        << text;
}
void check_pyproject(std::string_view text, std::string_view expected) {
    EXPECT_EQ(summary(diagnose_text(*Source::make("pyproject.toml", std::string(text)))), expected)
        << text;
}

TEST(Diagnostics, FindNothingInWhatIsRight) {
    check("", "");
    check(
        "[build]\nbase-image = \"python:3.11-slim\"\nports = [8080, \"53/udp\"]\n[registry]\nurl = "
        "\"ghcr.io/acme/api\"\n",
        "");
    check_pyproject("[project]\nname = \"a\"\n[tool.ruff]\nx = 1\n", "");
    check_pyproject("[tool.pycontainer.build]\nworkdir = \"/srv\"\n", "");
}

TEST(Diagnostics, BeginWithSyntax) {
    check("[build]\nbase_imge = 1\nworkdir = /app\n",
          "3:11-3:15 toml/syntax: `/app` is not a TOML value\n");
    check_pyproject("[project\nname = 1",
                    "1:1-1:9 toml/syntax: the table header is not closed by `]`\n");
}

TEST(Diagnostics, PointAtKeysAndValues) {
    check("[build]\nbase_imge = \"x\"\n",
          "2:1-2:10 config/unknown-key: unknown key `base_imge`; did you mean `base_image`?\n");
    check("[biuld]\n", "1:2-1:7 config/unknown-key: unknown key `biuld`; did you mean `build`?\n");
    check("build.work-dir = \"/app\"\n",
          "1:7-1:15 config/unknown-key: unknown key `work-dir`; did you mean `workdir`?\n");
    check("[build]\nworkdir = 3\n",
          "2:11-2:12 config/wrong-type: `workdir` must be a string, not an integer\n");
    check("[build]\nports = [\n  80,\n  true,\n]\n",
          "4:3-4:7 config/wrong-type: `ports[1]` must be an integer or a string, not a boolean\n");
    check("build = 1", "1:9-1:10 config/wrong-type: `build` must be a table, not an integer\n");
    check(
        "[build]\nenv = { \"A-B\" = \"x\" }\n",
        "2:9-2:14 config/invalid-value: `A-B` is not a variable name of letters, digits and `_`\n");
    check("[build]\nbase-image = \"a\"\nbase_image = \"a\"\n",
          "2:1-2:11 config/duplicate-key: `base-image` and `base_image` are the same key\n");
    check_pyproject("tool.pycontainer = 3",
                    "1:20-1:21 config/wrong-type: `tool.pycontainer` must be a table\n");
    check_pyproject(
        "[tool.pycontainer]\nbuild.tags = \"a\"\n",
        "2:14-2:17 config/wrong-type: `tags` must be an array of strings, not a string\n");
}

TEST(Diagnostics, CountColumnsAsEditorsDo) {
    check("[build]\r\nlabels = { \"😀é\" = 1 }\r\n",
          "2:20-2:21 config/wrong-type: `😀é` must be a string, not an integer\n");
    check("# 😀\r\n[build]\r\n\"😀\" = 1\r\n", "3:1-3:5 config/unknown-key: unknown key `😀`\n");
    check("\xEF\xBB\xBF[build]\nworkdir = 1\n",
          "2:11-2:12 config/wrong-type: `workdir` must be a string, not an integer\n");
}

TEST(Diagnostics, ComeInTheOrderOfTheText) {
    check("[registry]\nurl = 1\n[build]\nworkdir = 2\nbase_imge = 3\n",
          "2:7-2:8 config/wrong-type: `url` must be a string, not an integer\n"
          "4:11-4:12 config/wrong-type: `workdir` must be a string, not an integer\n"
          "5:1-5:10 config/unknown-key: unknown key `base_imge`; did you mean `base_image`?\n");
}

TEST(Diagnostics, EndWithTheMeaning) {
    check("[build]\nbase_image = \"Python:3.11\"\n",
          "2:14-2:27 config/invalid-value: `Python` is not a valid repository name in "
          "`Python:3.11`\n");
    check("[build]\nbase-image = \"oci:\"\n",
          "2:14-2:20 config/invalid-value: `oci:` names no directory\n");
    check("[build]\ntags = [\"api:1\", \"api:\"]\n",
          "2:18-2:24 config/invalid-value: `` is not a valid tag in `api:`\n");
    check("[build]\nports = [\"8080\", \"99999/tcp\"]\n",
          "2:18-2:29 config/invalid-value: `ports[1]` must be a port from 1 to 65535, with `/tcp` "
          "or `/udp` if need be, not `99999/tcp`\n");
    check("[build]\nplatforms = [\"windows/amd64\"]\n",
          "2:14-2:29 config/invalid-value: `windows/amd64` is not a platform\n");
    check("[build]\nentrypoint = \"python 'x\"\n",
          "2:14-2:25 config/invalid-value: `entrypoint` has a quote or a backslash without its "
          "end\n");
    check("[build]\nentrypoint = \"  \"\n",
          "2:14-2:18 config/invalid-value: `entrypoint` names no program\n");
    check("[build]\nworkdir = \"/app/../etc\"\n",
          "2:11-2:24 config/invalid-value: `workdir` must be an absolute path such as `/app`, not "
          "`/app/../etc`\n");
    check("[build]\nexclude = [\"a\", \"../b\"]\n",
          "2:17-2:23 config/invalid-value: `exclude[1]` must be a pattern relative to the project, "
          "without `..`, its `[` closed by a `]`, not `../b`\n");
    check("[build]\nenv = { A = \"x\\u0000\" }\n",
          "2:13-2:22 config/invalid-value: the value of `A` has a NUL character\n");
    check("[registry]\nurl = \"ghcr.io/acme/api:1\"\n",
          "2:7-2:27 config/invalid-value: `ghcr.io/acme/api:1` has a tag or a digest, a repository "
          "has none\n");
    check_pyproject("[tool.pycontainer.registry]\nurl = \"https://ghcr.io/acme/api\"\n",
                    "2:7-2:33 config/invalid-value: `https://ghcr.io/acme/api` is a URL, not the "
                    "name of an image\n");
}

TEST(Diagnostics, KeepPasswordsToThemselves) {
    for (const auto* text : {"[registry]\nurl = \"https://bob:geheim@ghcr.io/acme/api\"\n",
                             "[registry]\nurl = \"bob:geheim@ghcr.io/acme/api\"\n",
                             "[build]\nbase_image = \"bob:geheim@ghcr.io/acme/api:1\"\n",
                             "[build]\ntags = [\"https://bob:geheim@ghcr.io/a\"]\n"}) {
        const auto diagnostics = diagnose_text(*Source::make("f.toml", text));
        ASSERT_EQ(diagnostics.size(), 1U) << text;
        EXPECT_EQ((diagnostics[0].message + diagnostics[0].hint).find("geheim"), std::string::npos)
            << diagnostics[0].message;
    }
}

TEST(Diagnostics, ExplainAPrefixCopiedFromPyproject) {
    const auto diagnostics = diagnose_text(
        *Source::make("pycontainer.toml", "[tool.pycontainer.build]\nworkdir = \"/app\"\n"));
    ASSERT_EQ(diagnostics.size(), 1U);
    EXPECT_EQ(diagnostics[0].code, "config/unknown-key");
    EXPECT_NE(diagnostics[0].hint.find("`[build]`"), std::string::npos) << diagnostics[0].hint;
}

TEST(Diagnostics, TellAllFaultsOfSyntax) {
    check("[build\nworkdir = \nuser = \"app\"\n",
          "1:1-1:7 toml/syntax: the table header is not closed by `]`\n"
          "2:9-2:10 toml/syntax: a value is missing after `=`\n");
}

TEST(Diagnostics, AreIgnoredWhereACommentSaysSo) {
    check("[build]\nwork = 1 # pycontainer: ignore[config/unknown-key]\n", "");
    check("[build]\n# as long as needed; pycontainer: ignore[a/b, config/unknown-key]\nwork = 1\n",
          "");
    check("[build]\nwrkdir = 1 # pycontainer: ignore[config/wrong-type]\n",
          "2:1-2:7 config/unknown-key: unknown key `wrkdir`; did you mean `workdir`?\n");
    check("[build]\nuser = # pycontainer: ignore[toml/syntax]\n",
          "2:6-2:7 toml/syntax: a value is missing after `=`\n");
}

TEST(Diagnostics, CarryTheirFixes) {
    const auto fix = [](const char* text) {
        const auto found = diagnose_text(*Source::make("f.toml", text));
        return found.size() == 1 && found[0].fixes.size() == 1 ? found[0].fixes[0].text : "none";
    };
    EXPECT_EQ(fix("[biuld]\n"), "build");
    EXPECT_EQ(fix("[build]\ncompression = \"gzp\"\n"), "\"gzip\"");
    EXPECT_EQ(fix("[build]\ntags = \"api:1\"\n"), "[\"api:1\"]");
    EXPECT_EQ(fix("[build]\nenv = { PORT = 8080 }\n"), "\"8080\"");
    EXPECT_EQ(fix("[build]\nreproducible = \"true\"\n"), "true");
    EXPECT_EQ(fix("[build]\nqqqqqqqq = 1\n"), "none");
}

}  // namespace
}  // namespace pycontainer::intellisense
