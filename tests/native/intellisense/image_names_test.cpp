#include "intellisense/image_names.hpp"

#include "marked_text.hpp"

#include "base/strings.hpp"

#include <gtest/gtest.h>

namespace pycontainer::intellisense {
namespace {

std::string describe(const ImageWant& want) {
    const auto* kind = want.kind == ImageWant::Kind::Tags           ? "tags "
                       : want.kind == ImageWant::Kind::Repositories ? "repositories "
                                                                    : "image ";
    return kind + want.name;
}

/// What a registry could be asked at `^`.
std::string wanted(const std::string& text, const std::string& path = "/none/pycontainer.toml") {
    const auto place = marked(text, path);
    const auto query = image_query(*place.source, place.offset);
    if (!query) return "no image";
    std::vector<std::string> wants;
    for (const auto& want : image_wants(*query)) wants.push_back(describe(want));
    return wants.empty() ? "nothing" : join(wants, ", ");
}

std::string base(const std::string& typed) {
    return "[build]\nbase_image = " + typed;
}

TEST(ImageNames, AskForTagsBehindTheColon) {
    EXPECT_EQ(wanted(base(R"("python:^")")), "tags docker.io/library/python");
    EXPECT_EQ(wanted(base(R"("python:3.1^2-slim")")), "tags docker.io/library/python");
    EXPECT_EQ(wanted(base(R"('ghcr.io/acme/base:^')")), "tags ghcr.io/acme/base");
    EXPECT_EQ(wanted(base(R"("python:^)")), "tags docker.io/library/python");  // not closed yet
    EXPECT_EQ(wanted(base(R"("127.0.0.1:5000/a/b:^")")), "tags 127.0.0.1:5000/a/b");
    EXPECT_EQ(wanted("[tool.pycontainer.build]\nbase-image = \"python:^\"", "/p/pyproject.toml"),
              "tags docker.io/library/python");
    EXPECT_EQ(wanted("[build]\ntags = [\"ghcr.io/acme/api:^\"]"), "tags ghcr.io/acme/api");
    EXPECT_EQ(wanted("[build]\ntags = [\"api:^\"]\n[registry]\nurl = \"ghcr.io/acme/api\""),
              "tags ghcr.io/acme/api");
}

TEST(ImageNames, AskForRepositoriesOfRegistriesThatMayTell) {
    EXPECT_EQ(wanted(base(R"("127.0.0.1:5000/^")")), "repositories 127.0.0.1:5000");
    EXPECT_EQ(wanted(base(R"("registry.example/te^")")), "repositories registry.example");
    EXPECT_EQ(wanted("[registry]\nurl = \"localhost:5000/^\""), "repositories localhost:5000");
    EXPECT_EQ(wanted(base(R"("ghcr.io/^")")), "nothing");
    EXPECT_EQ(wanted(base(R"("docker.io/^")")), "nothing");
}

TEST(ImageNames, AskNothingWhereNothingIsNamed) {
    for (const auto* typed : {R"("^")", R"("pyth^")", R"("acme/ba^")", R"("localhost:5^")",
                              R"("python@sha256:^")", R"("oci:dir:^")", R"("registry.example:^")",
                              R"("docker-archive:x:^")", R"("UPPER:^")", R"("://x:^")", "^"})
        EXPECT_EQ(wanted(base(typed)), "nothing") << typed;
    EXPECT_EQ(wanted("[build]\ntags = [\"api:^\"]"), "nothing");
    for (const auto* text :
         {"[build]\nworkdir = \"python:^\"", "[build]\nbase_image = ^\"python:\"",
          "[build.env]\nbase_image = \"python:^\"", "# python:^",
          "[build]\nbase_image = [\"python:^\"]"})
        EXPECT_NE(wanted(text).substr(0, 4), "tags") << text;
}

TEST(ImageNames, KnownBasesNeedNoNetwork) {
    const auto place = marked(base(R"("python:^")"));
    const auto query = image_query(*place.source, place.offset);
    ASSERT_TRUE(query);
    const auto found = image_items(*query, nullptr);
    ASSERT_GT(found.items.size(), 3U);
    EXPECT_TRUE(found.is_incomplete);
    EXPECT_EQ(found.items.front().edit.text.substr(0, 10), "\"python:3.");
    EXPECT_TRUE(found.items.front().label.ends_with("-slim"));
    for (const auto& item : found.items) EXPECT_TRUE(item.label.starts_with("python:"));
}

TEST(ImageNames, TellWhatIsKnown) {
    ImageDetails details;
    details.digest = "sha256:abc";
    details.platforms = {"linux/amd64", "linux/arm64"};
    details.platform = "linux/amd64";
    details.size = 1'500'000;
    details.layers = 3;
    details.python = "3.12.4";
    EXPECT_EQ(image_markdown("python:3.12", details),
              "**python:3.12**\n\n- Digest: `sha256:abc`\n- Platforms: linux/amd64, linux/arm64\n"
              "- Python: 3.12.4\n- Size: 1.5 MB in 3 layers for linux/amd64\n- User: root\n");
}

}  // namespace
}  // namespace pycontainer::intellisense
