#include "index/simple_page.hpp"

#include "support/result_matchers.hpp"

#include <gtest/gtest.h>

namespace pycontainer::index {
namespace {

const std::string kHash(64, 'a');
const char* const kJsonType = "application/vnd.pypi.simple.v1+json";

net::Url page() {
    return *net::Url::parse("https://index.example/simple/foo/");
}

TEST(SimplePage, ReadsJson) {
    const auto files =
        parse_simple_page("application/vnd.pypi.simple.v1+json; charset=utf-8",
                          R"({"meta": {"api-version": "1.3"}, "name": "foo", "files": [
        {"filename": "foo-1.0-py3-none-any.whl", "url": "../../files/foo-1.0-py3-none-any.whl", "hashes": {"sha256": ")" +
                              kHash + R"(", "md5": "BB"},
         "requires-python": ">=3.8", "size": 12, "yanked": "broken", "core-metadata": true},
        {"filename": "foo-1.0.tar.gz", "url": "https://files.example/foo-1.0.tar.gz#egg=x", "hashes": {}, "yanked": false},
        {"filename": "no-url.whl"}, 7, {"filename": "foo-2.whl", "url": "ftp://files.example/foo-2.whl"}]})",
                          page());
    ASSERT_OK(files);
    ASSERT_EQ(files->size(), 2U);
    const auto& wheel = files->front();
    EXPECT_EQ(wheel.url, "https://index.example/files/foo-1.0-py3-none-any.whl");
    EXPECT_EQ(wheel.sha256->hex(), kHash);
    EXPECT_EQ(wheel.hashes.at("md5"), "bb");
    EXPECT_EQ(wheel.requires_python, ">=3.8");
    EXPECT_EQ(wheel.size, 12U);
    EXPECT_TRUE(wheel.yanked);
    EXPECT_EQ(wheel.yanked_reason, "broken");
    EXPECT_EQ(files->back().url, "https://files.example/foo-1.0.tar.gz");
    EXPECT_FALSE(files->back().sha256);
    EXPECT_FALSE(files->back().yanked);
}

TEST(SimplePage, ReadsHtmlOfAnyShape) {
    const auto files = parse_simple_page(
        "text/html; charset=UTF-8",
        R"(<!DOCTYPE html><html><head><base href='https://files.example/pool/'></head><body>
        <!-- <a href="commented.whl">no</a> -->
        <A data-yanked HREF = "foo-1.0-py3-none-any.whl#sha256=)" +
            kHash + R"(" data-requires-python="&gt;=3.8,&lt;4 &#39;&#x41;">foo</A><br/>
        <a href=foo-1.0.tar.gz>foo</a><a name="x">no link</a><a href="/simple/">up</a><a href="foo%2B1.whl"/><a href="unclosed)",
        page());
    ASSERT_OK(files);
    ASSERT_EQ(files->size(), 4U);
    EXPECT_EQ(files->at(0).filename, "foo-1.0-py3-none-any.whl");
    EXPECT_EQ(files->at(0).url, "https://files.example/pool/foo-1.0-py3-none-any.whl");
    EXPECT_EQ(files->at(0).sha256->hex(), kHash);
    EXPECT_EQ(files->at(0).requires_python, ">=3.8,<4 'A");
    EXPECT_TRUE(files->at(0).yanked);
    EXPECT_EQ(files->at(1).filename, "foo-1.0.tar.gz");
    EXPECT_EQ(files->at(2).filename, "foo+1.whl");
}

TEST(SimplePage, LeavesUserInformationOutOfFiles) {
    const auto files = parse_simple_page(
        kJsonType,
        R"({"files": [{"filename": "a.whl", "url": "/a.whl"}, {"filename": "b.whl", "url": "https://me:pw@files.example/b.whl"}]})",
        *net::Url::parse("https://user:secret@index.example/simple/foo/"));
    ASSERT_OK(files);
    EXPECT_EQ(files->at(0).url, "https://index.example/a.whl");
    EXPECT_EQ(files->at(1).url, "https://files.example/b.whl");
}

TEST(SimplePage, SaysWhatIsNoPage) {
    EXPECT_ERROR(parse_simple_page("image/png", "", page()), "index/invalid-page", "image/png",
                 "/simple");
    EXPECT_ERROR(parse_simple_page("", "", page()), "index/invalid-page");
    EXPECT_ERROR(parse_simple_page(kJsonType, "{", page()), "index/invalid-page", "JSON");
    EXPECT_ERROR(parse_simple_page(kJsonType, "[]", page()), "index/invalid-page", "files");
    EXPECT_ERROR(
        parse_simple_page(kJsonType, R"({"meta": {"api-version": "2.0"}, "files": []})", page()),
        "index/invalid-page", "2.0");
}

TEST(SimplePage, SurvivesRubbish) {
    for (const char* html :
         {"", "<", "<a", "<a href", "<a href=", "<a href='", "<!--", "<a =\"x\" href=\"\">",
          "&&&;<a href=\"&#xFFFFFFFFF;&bogus;\">", "</a></a>"})
        EXPECT_OK(parse_simple_page("text/html", html, page())) << html;
}

}  // namespace
}  // namespace pycontainer::index
