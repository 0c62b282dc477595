#include "intellisense/completion.hpp"

#include "marked_text.hpp"
#include "project.hpp"

#include "intellisense/image_names.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace pycontainer::intellisense {
namespace {

constexpr const char* kProject = R"(
//- pyproject.toml
[project]
name = "shop"
version = "1.2"
requires-python = ">=3.11"
dependencies = ["fastapi", "uvicorn"]
[project.optional-dependencies]
postgres = ["psycopg"]
[dependency-groups]
prod = ["gunicorn"]
//- requirements.txt
fastapi==0.100.0
uvicorn==0.20.0
//- main.py
from fastapi import FastAPI
app = FastAPI()
def serve():
    pass
//- static/site.css
)";

std::vector<CompletionItem> items_at(const std::string& text, const ProjectView* view = nullptr,
                                     const std::string& path = "/none/pycontainer.toml") {
    const auto place = marked(text, path);
    return complete(*place.source, place.offset, view, {});
}

/// The first labels, separated by blanks.
std::string labels(const std::vector<CompletionItem>& items, std::size_t count = 100) {
    std::vector<std::string> texts;
    for (const auto& item : items)
        if (texts.size() < count) texts.push_back(item.label);
    return join(texts, " ");
}

/// The text after the item with that label was taken.
std::string after(const std::string& text, const std::string& label,
                  const ProjectView* view = nullptr,
                  const std::string& path = "/none/pycontainer.toml") {
    const auto place = marked(text, path);
    for (const auto& item : complete(*place.source, place.offset, view, {}))
        if (item.label == label) return apply_edits(place.source->text(), {item.edit});
    return "no " + label;
}

TEST(Completion, OffersKeysMostUsefulFirst) {
    EXPECT_EQ(labels(items_at("[build]\n^"), 4), "base_image tags entrypoint platforms");
    EXPECT_EQ(labels(items_at("[registry]\nu^"), 3), "url insecure mirrors");
    EXPECT_EQ(after("[build]\nwork^", "workdir"), "[build]\nworkdir = \"\"");
    EXPECT_EQ(after("[build]\nwork^ = \"/x\"", "workdir"), "[build]\nworkdir = \"/x\"");
    EXPECT_EQ(after("build.repro^", "reproducible"), "build.reproducible = false");
    EXPECT_EQ(after("buil^", "build"), "build.");
}

TEST(Completion, OffersNoKeyTwice) {
    EXPECT_EQ(labels(items_at("[registry]\nurl = \"a/b\"\n^")).find("url"), std::string::npos);
    EXPECT_EQ(labels(items_at("build.base-image = \"x\"\nbuild.^")).find("base_image"),
              std::string::npos);
    EXPECT_EQ(labels(items_at("[build]\n[registry]\n[^]")), "build.env build.labels");
}

TEST(Completion, OffersHeaders) {
    EXPECT_EQ(labels(items_at("[^")), "build build.env build.labels registry");
    EXPECT_EQ(after("[reg^]", "registry"), "[registry]");
    EXPECT_EQ(after("[tool.^", "tool.pycontainer.registry", nullptr, "/p/pyproject.toml"),
              "[tool.pycontainer.registry");
    EXPECT_EQ(after("[tool.^]", "tool.pycontainer", nullptr, "/p/pyproject.toml"),
              "[tool.pycontainer]");
    EXPECT_EQ(
        after("[project]\nname = \"a\"\n^", "[tool.pycontainer]", nullptr, "/p/pyproject.toml"),
        "[project]\nname = \"a\"\n[tool.pycontainer]\n");
    EXPECT_EQ(after("build = { ^ }", "user"), "build = { user = \"\" }");
    EXPECT_EQ(after("build = { user = \"a\", ^ }", "python"),
              "build = { user = \"a\", python = \"\" }");
    EXPECT_EQ(after("build = { ^ }", "registry"), "no registry");
    EXPECT_EQ(after("[project]\nname = \"a\"\n\n^", "[tool.pycontainer.build]", nullptr,
                    "/p/pyproject.toml"),
              "[project]\nname = \"a\"\n\n[tool.pycontainer.build]\n");
}

TEST(Completion, OffersValues) {
    EXPECT_EQ(labels(items_at("[build]\ncompression = ^")),
              "\"gzip\" \"gzip-single\" \"zstd\" \"none\"");
    EXPECT_EQ(labels(items_at("[build]\nreproducible = ^")), "true false");
    EXPECT_EQ(after("[build]\ncompression = \"z^\"", "\"zstd\""),
              "[build]\ncompression = \"zstd\"");
    EXPECT_EQ(after("[build]\nplatforms = [\"linux/amd64\", \"^\"]", "\"linux/arm64\""),
              "[build]\nplatforms = [\"linux/amd64\", \"linux/arm64\"]");
    EXPECT_EQ(labels(items_at("[build]\nplatforms = [\"linux/amd64\", ^]")).find("amd64"),
              std::string::npos);
    EXPECT_EQ(after("[build]\nplatforms = ^", "\"linux/arm64\""),
              "[build]\nplatforms = [\"linux/arm64\"]");
    EXPECT_TRUE(items_at("[build]\nuser = \"app\" ^").empty());
    EXPECT_TRUE(items_at("# ^").empty());
    EXPECT_EQ(labels(items_at("[other]\n^", nullptr, "/p/pyproject.toml")),
              "[tool.pycontainer.build] [tool.pycontainer.build.env] "
              "[tool.pycontainer.build.labels] [tool.pycontainer.registry] [tool.pycontainer]");
}

TEST(Completion, KnowsTheProject) {
    TestProject project(kProject);
    const auto view = project.look();
    ASSERT_TRUE(view);
    const auto path = project.path("pycontainer.toml").string();
    EXPECT_EQ(labels(items_at("[build]\nextras = [^]", view.get(), path)), "\"postgres\"");
    EXPECT_EQ(labels(items_at("[build]\ngroups = [\"^\"]", view.get(), path)), "\"prod\"");
    EXPECT_EQ(labels(items_at("[build]\ntags = [^]", view.get(), path)),
              "\"shop:1.2\" \"shop:latest\"");
    EXPECT_EQ(after("[build]\nentrypoint = \"uvicorn ^\"", "main:app", view.get(), path),
              "[build]\nentrypoint = \"uvicorn main:app\"");
    EXPECT_NE(labels(items_at("[build]\nentrypoint = ^", view.get(), path)).find("main:serve"),
              std::string::npos);
    EXPECT_EQ(labels(items_at("[build]\nwritable = [\"^\"]", view.get(), path)), "\"static\"");
    EXPECT_EQ(labels(items_at("[build]\ninclude = [\"static/^\"]", view.get(), path)),
              "\"static/site.css\"");
    const auto scaffold = after("^", "pycontainer.toml for this project", view.get(), path);
    EXPECT_NE(scaffold.find("# entrypoint = [\"uvicorn\", \"main:app\""), std::string::npos)
        << scaffold;
    EXPECT_TRUE(Source::make("f.toml", scaffold)->tree().faults().empty());
}

TEST(Completion, FindsTheNameOfTheBaseImage) {
    const auto typed = [](const std::string& text) {
        const auto place = marked(text);
        const auto query = image_query(*place.source, place.offset);
        return query ? query->typed : "none";
    };
    EXPECT_EQ(typed("[build]\nbase_image = \"python:3.^\""), "python:3.");
    EXPECT_EQ(typed("[build]\nbase_image = \"python:^"), "python:");
    EXPECT_EQ(typed("[build]\nbase_image = ^"), "");
    EXPECT_EQ(typed("[build]\nuser = \"^\""), "none");
}

}  // namespace
}  // namespace pycontainer::intellisense
