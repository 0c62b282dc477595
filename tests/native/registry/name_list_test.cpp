#include "registry/name_list.hpp"

#include "base/strings.hpp"
#include "support/result_matchers.hpp"

#include <gtest/gtest.h>

namespace pycontainer::registry {
namespace {

Result<NamePage> page(const std::string& body, std::vector<std::string> links = {},
                      NameKind kind = NameKind::Tags) {
    net::HttpResponse response;
    response.status = 200;
    response.url = *net::Url::parse("https://r.example/v2/acme/api/tags/list?n=1000");
    response.body = body;
    for (auto& link : links) response.headers.add("Link", std::move(link));
    return read_name_page(kind, "r.example", response);
}

std::string names(const std::string& body, NameKind kind = NameKind::Tags) {
    const auto read = page(body, {}, kind);
    return read ? join(read->names, " ") : read.error().code;
}

std::string next(const std::string& link) {
    const auto read = page(R"({"tags": []})", {link});
    if (!read) return read.error().code;
    return read->next ? read->next->to_string() : "";
}

TEST(NameList, HasWhatAreNames) {
    EXPECT_EQ(names(R"({"name": "acme/api", "tags": ["1", "a b", 7, "", "-x", "v1.2_3"]})"),
              "1 v1.2_3");
    EXPECT_EQ(names(R"({"tags": null})"), "");
    EXPECT_EQ(
        names(R"({"repositories": ["a/b", "A", "../x", "c", "a:b"]})", NameKind::Repositories),
        "a/b c");
    for (const auto* body : {"", "[]", "<html>", R"({"tags":)"})
        EXPECT_EQ(names(body), "registry/invalid-response") << body;
}

TEST(NameList, GoesOnWhereItsLinkSays) {
    const std::string there = "https://r.example/v2/acme/api/tags/list?last=b&n=2";
    EXPECT_EQ(next(R"(</v2/acme/api/tags/list?last=b&n=2>; rel="next")"), there);
    EXPECT_EQ(next("<" + there + ">; title=x; rel=next"), there);
    EXPECT_EQ(next("</x>; rel=\"prev\", </v2/acme/api/tags/list?last=b&n=2>;rel=\"next\""), there);
    EXPECT_EQ(next(R"(</x>; rel="last")"), "");
    EXPECT_EQ(next("nonsense"), "");
    EXPECT_EQ(next("<unclosed; rel=\"next\""), "");
    EXPECT_EQ(next("<https://elsewhere.example/v2/>; rel=\"next\""), "registry/invalid-response");
    EXPECT_EQ(next("<http://r.example/v2/>; rel=\"next\""), "registry/invalid-response");
}

TEST(NameList, IsUnchangedWhenTheRegistrySaysSo) {
    net::HttpResponse response;
    response.status = 304;
    response.headers.add("ETag", "\"1\"");
    const auto read = read_name_page(NameKind::Tags, "r.example", response);
    ASSERT_TRUE(read);
    EXPECT_TRUE(read->is_unchanged);
    EXPECT_EQ(read->etag, "\"1\"");
}

}  // namespace
}  // namespace pycontainer::registry
