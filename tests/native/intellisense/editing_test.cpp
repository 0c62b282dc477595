// Hovers, actions, formatting and the shape of a text.

#include "marked_text.hpp"
#include "project.hpp"

#include "intellisense/annotations.hpp"
#include "intellisense/code_actions.hpp"
#include "intellisense/diagnostics.hpp"
#include "intellisense/format.hpp"
#include "intellisense/hover.hpp"
#include "intellisense/links.hpp"
#include "intellisense/structure.hpp"

#include <gtest/gtest.h>

namespace pycontainer::intellisense {
namespace {

class KnownImages final : public ImageCatalog {
public:
    std::optional<ImageDetails> image(const std::string& reference) const override {
        if (reference != "python:3.12-slim") return std::nullopt;
        ImageDetails details;
        details.digest = "sha256:" + std::string(64, 'a');
        details.python = "3.12.1";
        details.is_index = is_index;
        return details;
    }
    std::optional<NameList> tags(const std::string& repository) const override {
        if (repository != "docker.io/library/python") return std::nullopt;
        return NameList{{"3.11.1-slim", "3.11.9-slim", "3.12.1-slim", "3.12-slim", "3.12"}, true};
    }
    std::optional<NameList> repositories(const std::string&) const override { return {}; }
    std::vector<std::string> registries() const override { return {}; }
    bool is_missing(const std::string&) const override { return false; }
    bool is_fresh(const ImageWant&) const override { return true; }

    bool is_index = false;
};

// ---- hover

std::string hover_at(const std::string& text, const ProjectView* view = nullptr,
                     const ImageCatalog* images = nullptr) {
    const auto place = marked(text);
    const auto found = hover(*place.source, place.offset, view, images);
    return found ? found->markdown : "nothing";
}

TEST(Hover, TellsWhatAKeyMeans) {
    const auto text = hover_at("[build]\nwork^dir = \"/srv\"");
    EXPECT_NE(text.find("**Working directory** · `build.workdir`"), std::string::npos) << text;
    EXPECT_NE(text.find("Default: `\"/app\"`"), std::string::npos) << text;
    EXPECT_NE(hover_at("[bui^ld]").find("**Build**"), std::string::npos);
    EXPECT_EQ(hover_at("[other]\nx^ = 1"), "nothing");
    EXPECT_EQ(hover_at("[build] # com^ment"), "nothing");
}

TEST(Hover, TellsTheEffectiveValueAndWhoSaidSo) {
    TestProject project(
        "//- pyproject.toml\n[project]\nname = \"a\"\nrequires-python = \">=3.12\"\n"
        "[project.scripts]\nserve = \"app:main\"\n"
        "[dependency-groups]\nprod = [\"gunicorn\"]\n[tool.pycontainer.build]\nuser = \"app\"\n"
        "//- pycontainer.toml\n[build]\nworkdir = \"/srv\"\n//- app.py\ndef main(): pass\n");
    const auto view = project.look();
    ASSERT_TRUE(view);
    EXPECT_EQ(effective_value(*view, {"build", "user"}), "`\"app\"` (pyproject.toml:9)");
    EXPECT_EQ(effective_value(*view, {"build", "workdir"}), "`\"/srv\"` (pycontainer.toml:2)");
    EXPECT_EQ(effective_value(*view, {"build", "compression"}), "`\"gzip\"` (default)");
    EXPECT_EQ(effective_value(*view, {"build", "base_image"}).substr(0, 18), "`python:3.12-slim`");
    EXPECT_NE(hover_at("[build]\ngroups = [\"pr^od\"]", view.get()).find("- `gunicorn`"),
              std::string::npos);
    EXPECT_EQ(hover_at("[build]\nentrypoint = [\"se^rve\"]", view.get()),
              "`serve` is `app:main`, of `[project.scripts]`");
    EXPECT_EQ(hover_at("[build]\nentrypoint = \"x app:m^ain\"", view.get()),
              "`app:main` is `main` in `app.py`, line 1");
}

TEST(Hover, TellsWhatIsKnownOfAnImage) {
    const KnownImages images;
    const auto text = hover_at("[build]\nbase_image = \"python:3.1^2-slim\"", nullptr, &images);
    EXPECT_NE(text.find("- Python: 3.12.1\n"), std::string::npos) << text;
}

// ---- actions

/// The text after the action with that title.
std::string after(const std::string& text, const std::string& title,
                  const Source* sibling = nullptr, const ImageCatalog* images = nullptr,
                  const std::string& path = "/none/pycontainer.toml") {
    const auto place = marked(text, path);
    const auto diagnostics = diagnose_text(*place.source);
    std::string titles;
    for (const auto& action : code_actions(*place.source, place.offset, place.offset, diagnostics,
                                           {sibling, nullptr, images})) {
        titles += action.title + "; ";
        if (action.title != title) continue;
        auto result = apply_edits(place.source->text(), action.edits);
        for (const auto& [file, content] : action.files) result += "//- " + file + "\n" + content;
        return result;
    }
    return "only: " + titles;
}

TEST(CodeActions, RepairWhatIsWrong) {
    EXPECT_EQ(after("[build]\nwork^dri = \"/app\"\n", "Change to `workdir`"),
              "[build]\nworkdir = \"/app\"\n");
    EXPECT_EQ(after("[^biuld]\ncompresion = \"gzip\"\n", "Fix all that can be fixed"),
              "[build]\ncompresion = \"gzip\"\n");
    EXPECT_EQ(after("[build]\n^workdri = \"/app\"\nusr = \"x\"\n", "Fix all that can be fixed"),
              "[build]\nworkdir = \"/app\"\nuser = \"x\"\n");
}

TEST(CodeActions, MoveKeysToTheirTable) {
    EXPECT_EQ(after("us^er = \"a\" # me\n[build]\n# x\ntags = []\n", "Move `user` to `[build]`"),
              "[build]\nuser = \"a\" # me\n# x\ntags = []\n");
    EXPECT_EQ(
        after("[registry]\nurl = \"a/b\"\nta^gs = [\n  \"x\",\n]\n", "Move `tags` to `[build]`"),
        "[registry]\nurl = \"a/b\"\n\n[build]\ntags = [\n  \"x\",\n]\n");
    EXPECT_EQ(after("[tool.pycontainer.build]\nu^rl = \"a/b\"", "Move `url` to `[registry]`",
                    nullptr, nullptr, "/p/pyproject.toml"),
              "[tool.pycontainer.build]\n\n[tool.pycontainer.registry]\nurl = \"a/b\"\n");
}

TEST(CodeActions, PinTheBaseImage) {
    const KnownImages images;
    EXPECT_EQ(
        after("[build]\nbase_image = \"python:^3.12-slim\" # x\n",
              "Pin the base image to its digest", nullptr, &images),
        "[build]\nbase_image = \"python:3.12-slim@sha256:" + std::string(64, 'a') + "\" # x\n");
}

TEST(CodeActions, PinNothingForSeveralPlatforms) {
    const KnownImages images;
    EXPECT_EQ(after("[build]\nbase_image = \"python:^3.12-slim\"\nplatforms = [\"linux/arm64\"]\n",
                    "Pin the base image to its digest", nullptr, &images),
              "only: ");
    KnownImages of_all;
    of_all.is_index = true;
    EXPECT_EQ(after("[build]\nbase_image = \"python:^3.12-slim\"\nplatforms = [\"linux/arm64\"]\n",
                    "Pin the base image to its digest", nullptr, &of_all)
                  .substr(0, 22),
              "[build]\nbase_image = \"");
}

TEST(CodeActions, UpdateTheBaseImage) {
    const KnownImages images;
    const std::string old = "[build]\nbase_image = \"python:^3.11.1-slim\"\n";
    EXPECT_EQ(after(old, "Update the base image to `python:3.11.9-slim`", nullptr, &images),
              "[build]\nbase_image = \"python:3.11.9-slim\"\n");
    EXPECT_EQ(after(old, "Update the base image to `python:3.12.1-slim`", nullptr, &images),
              "[build]\nbase_image = \"python:3.12.1-slim\"\n");
    EXPECT_EQ(after("[build]\nbase_image = \"python:^3.12\"\n", "none", nullptr, &images),
              "only: ");
}

TEST(CodeActions, MoveTheConfigurationWithItsComments) {
    const auto pyproject = Source::make("/p/pyproject.toml", "[project]\nname = \"a\"\n");
    EXPECT_EQ(
        after("# mine\n^[build]\nuser = \"a\" # why\n\n# to here\n[registry]\nurl = \"a/b\"\n",
              "Move the configuration into pyproject.toml", pyproject.get()),
        "//- /p/pyproject.toml\n[project]\nname = \"a\"\n\n# mine\n[tool.pycontainer.build]\n"
        "user = \"a\" # why\n\n# to here\n[tool.pycontainer.registry]\nurl = \"a/b\"\n");
    EXPECT_EQ(after("[project]\nname = \"a\"\n\n# mine\n[tool.pycontainer.build]\nuser = \"^a\"\n\n"
                    "[tool.x]\ny = 1\n",
                    "Move the configuration into pycontainer.toml", nullptr, nullptr,
                    "/p/pyproject.toml"),
              "[project]\nname = \"a\"\n\n[tool.x]\ny = 1\n//- /p/pycontainer.toml\n# mine\n"
              "[build]\nuser = \"a\"\n\n");
}

// ---- formatting

std::string format(const std::string& text) {
    return formatted(*Source::make("f.toml", text)).value_or("untouched");
}

TEST(Format, KeepsCommentsAndOrder) {
    EXPECT_EQ(format("# top\n[build]\nuser=\"a\"#why\n\n\n  tags = [ \"x\" ,'y',]\n[registry] \n"
                     "url=  \"a/b\"   \n\n\n"),
              "# top\n[build]\nuser = \"a\"  #why\n\ntags = [\"x\", 'y',]\n\n[registry]\nurl = "
              "\"a/b\"\n");
    EXPECT_EQ(format("build.env={A=\"1\",B = \"2\"}\nbuild . user = 'a'\n"),
              "build.env = { A = \"1\", B = \"2\" }\nbuild.user = 'a'\n");
    EXPECT_EQ(format("a = [\n# one\n1, # first\n    [2,\n3],\n]\r\n"),
              "a = [\r\n    # one\r\n    1,  # first\r\n    [2,\r\n        3],\r\n]\r\n");
    EXPECT_EQ(format("a = \"\"\"x\n  y\"\"\"\nb={}"), "a = \"\"\"x\n  y\"\"\"\nb = {}\n");
    EXPECT_EQ(format(""), "");
}

TEST(Format, LeavesFaultsAndOtherToolsFilesAlone) {
    EXPECT_EQ(format("[build\n"), "untouched");
    EXPECT_FALSE(formatted(*Source::make("/p/pyproject.toml", "a=1")));
}

// ---- shape

TEST(Structure, OutlinesTables) {
    const auto symbols = document_symbols(*Source::make(
        "f.toml", "top = 1\n[build]\nports = [80,\n81]\nenv = { A = \"1\" }\n[[x]]\n= 3\n"));
    ASSERT_EQ(symbols.size(), 3U);
    EXPECT_EQ(symbols[1].name, "build");
    ASSERT_EQ(symbols[1].children.size(), 2U);
    EXPECT_EQ(symbols[1].children[0].detail, "[80,");
    EXPECT_EQ(symbols[1].children[1].children[0].name, "A");
    EXPECT_EQ(symbols[2].children[0].name, "?");
}

std::size_t count(const std::vector<Symbol>& symbols) {
    auto number = symbols.size();
    for (const auto& symbol : symbols) number += count(symbol.children);
    return number;
}

TEST(Structure, OutlinesNoMoreThanAnybodyReads) {
    for (const std::string item : {"[a]\nb = 1\n", "[\n", "a = { b = 1, c = { d = 1 } }\n"}) {
        std::string text;
        for (std::size_t i = 0; i <= kMaxSymbols; ++i) text += item;
        EXPECT_EQ(count(document_symbols(*Source::make("f.toml", text))), kMaxSymbols) << item;
    }
}

TEST(Structure, FoldsTablesValuesAndComments) {
    const auto source = Source::make("f.toml", "# a\n# b\n[build]\nports = [\n80,\n]\n[x]\n");
    std::string text;
    for (const auto& folding : folding_ranges(*source))
        text += std::to_string(folding.start_line) + "-" + std::to_string(folding.end_line) + " ";
    EXPECT_EQ(text, "2-5 3-5 0-1 ");
}

TEST(Structure, GrowsSelections) {
    const auto place = marked("[build]\nports = [8^0]\n");
    EXPECT_EQ(selection_ranges(*place.source, place.offset).size(), 5U);
}

TEST(Structure, ColorsOnlyWhatIsOursInPyproject) {
    EXPECT_TRUE(
        semantic_tokens(*Source::make("/p/pyproject.toml", "[project]\nname = 1\n")).empty());
    EXPECT_EQ(semantic_tokens(
                  *Source::make("/p/pyproject.toml", "[tool.pycontainer.build]\nuser = \"a\"\n"))
                  .size(),
              4U);  // pycontainer, build, user, its value
}

TEST(Links, LeadToFilesAndPages) {
    TestProject project("//- app.py\n\ndef main(): pass\n//- pycontainer.toml\n[build]\n");
    const auto view = project.look();
    const auto path = project.path("pycontainer.toml").string();
    const auto place = marked(
        "[build]\nentrypoint = \"x app:m^ain\"\ninclude = [\"app.py\"]\n"
        "base_image = \"python:3.12\"\n",
        path);
    const auto target = definition(*place.source, place.offset, view.get());
    ASSERT_TRUE(target);
    EXPECT_EQ(target->path, project.path("app.py").string());
    EXPECT_EQ(target->line, 1U);
    const auto links = document_links(*place.source);
    ASSERT_EQ(links.size(), 2U);
    EXPECT_EQ(links[0].target, project.path("app.py").string());
    EXPECT_EQ(links[1].target, "https://hub.docker.com/_/python");
}

TEST(Annotations, StandAboveTheConfiguration) {
    EXPECT_EQ(code_lenses(*Source::make("f.toml", "[build]\n"), "").size(), 3U);
    EXPECT_EQ(code_lenses(*Source::make("f.toml", "[build]\n"), "Last build: x").size(), 4U);
    EXPECT_TRUE(code_lenses(*Source::make("/p/pyproject.toml", "[project]\n"), "").empty());
    const KnownImages images;
    const auto hints = inlay_hints(
        *Source::make("f.toml", "[build]\nbase_image = \"python:3.12-slim\"\n"), nullptr, &images);
    ASSERT_EQ(hints.size(), 1U);
    EXPECT_EQ(hints[0].label, "sha256:aaaaaaaaaaaa");
}

}  // namespace
}  // namespace pycontainer::intellisense
