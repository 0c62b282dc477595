#include "net/url.hpp"

#include "support/result_matchers.hpp"

#include <gtest/gtest.h>

namespace pycontainer::net {
namespace {

void check(std::string_view text, std::string_view scheme, std::string_view host, unsigned port,
           std::string_view path, std::string_view query = "") {
    SCOPED_TRACE(text);
    const auto url = Url::parse(text);
    ASSERT_OK(url);
    EXPECT_EQ(url->scheme(), scheme);
    EXPECT_EQ(url->host(), host);
    EXPECT_EQ(url->port(), port);
    EXPECT_EQ(url->path(), path);
    EXPECT_EQ(url->query(), query);
    const auto again = Url::parse(url->to_string());
    ASSERT_OK(again);
    EXPECT_EQ(*again, *url);
}

TEST(Url, HasTheirParts) {
    check("https://index.example/simple/", "https", "index.example", 443, "/simple/");
    check("HTTP://Index.Example", "http", "index.example", 80, "/");
    check("http://127.0.0.1:5000/v2/?a=b&c", "http", "127.0.0.1", 5000, "/v2/", "a=b&c");
    check("https://[2001:DB8::1]:8443/x", "https", "2001:db8::1", 8443, "/x");
    check("https://user:p%40ss@host.example/x#sha256=00", "https", "host.example", 443, "/x");
    check("file:///srv/wheels/a.whl", "file", "", 0, "/srv/wheels/a.whl");
    check("https://host.example?x=1", "https", "host.example", 443, "/", "x=1");
    check(" https://host.example/a b/ä|\n", "https", "host.example", 443, "/a%20b/%C3%A4%7C");
    check("https://under_score.example:443/", "https", "under_score.example", 443, "/");
}

TEST(Url, LeavesTheDefaultPortOut) {
    EXPECT_EQ(Url::parse("https://a.example:443/x")->to_string(), "https://a.example/x");
    EXPECT_EQ(Url::parse("http://a.example:443/x")->host_and_port(), "a.example:443");
    EXPECT_EQ(Url::parse("https://[::1]:5000/")->host_and_port(), "[::1]:5000");
}

TEST(Url, DecodesUserInformation) {
    const auto url = Url::parse("https://us%65r:p%40s%3As@host.example/");
    ASSERT_OK(url);
    EXPECT_EQ(url->username(), "user");
    EXPECT_EQ(url->password(), "p@s:s");
    EXPECT_TRUE(url->has_userinfo());
    EXPECT_EQ(url->without_userinfo().to_string(), "https://host.example/");
    EXPECT_EQ(Url::parse("https://host.example/")->username(), "");
}

TEST(Url, SaysWhatIsWrong) {
    EXPECT_ERROR(Url::parse(""), "net/invalid-url", "scheme");
    EXPECT_ERROR(Url::parse("host.example/x"), "net/invalid-url", "scheme");
    EXPECT_ERROR(Url::parse("https://"), "net/invalid-url", "no host");
    EXPECT_ERROR(Url::parse("https:///x"), "net/invalid-url", "no host");
    EXPECT_ERROR(Url::parse("https://a.example:0/"), "net/invalid-url", "port");
    EXPECT_ERROR(Url::parse("https://a.example:65536/"), "net/invalid-url", "port");
    EXPECT_ERROR(Url::parse("https://a.example:8o/"), "net/invalid-url", "port");
    EXPECT_ERROR(Url::parse("https://a b/"), "net/invalid-url", "host name");
    EXPECT_ERROR(Url::parse("https://[::1/"), "net/invalid-url", "IPv6");
    EXPECT_ERROR(Url::parse("https://[::g]/"), "net/invalid-url", "IPv6");
    EXPECT_ERROR(Url::parse("https://[::1]x/"), "net/invalid-url", "follows");
    EXPECT_ERROR(Url::parse("https://a.example/\r\nX: y"), "net/invalid-url", "control");
    EXPECT_ERROR(Url::parse("https://a.example/" + std::string(70'000, 'x')), "net/invalid-url",
                 "too long");
}

TEST(Url, KeepsPasswordsOutOfMessages) {
    const auto error = Url::parse("https://user:hunter2@bad host/");
    ASSERT_FALSE(error);
    EXPECT_EQ(error.error().message.find("hunter2"), std::string::npos);
    const auto url =
        Url::parse("https://user:hunter2@host.example:8443/path?token=hunter2#hunter2");
    ASSERT_OK(url);
    EXPECT_EQ(fmt::format("{}", url->redacted()), "https://host.example:8443/path?…");
    EXPECT_EQ(fmt::format("{}", Url().redacted()), "");
}

TEST(Url, ResolvesAsRfc3986Section54) {
    const auto base = Url::parse("http://a.example/b/c/d;p?q");
    ASSERT_OK(base);
    const auto check_reference = [&](std::string_view reference, std::string_view expected) {
        SCOPED_TRACE(reference);
        const auto url = base->resolve(reference);
        ASSERT_OK(url);
        EXPECT_EQ(url->to_string(), expected);
    };
    check_reference("g", "http://a.example/b/c/g");
    check_reference("./g", "http://a.example/b/c/g");
    check_reference("g/", "http://a.example/b/c/g/");
    check_reference("/g", "http://a.example/g");
    check_reference("//g.example", "http://g.example/");
    check_reference("?y", "http://a.example/b/c/d;p?y");
    check_reference("g?y", "http://a.example/b/c/g?y");
    check_reference("#s", "http://a.example/b/c/d;p?q#s");
    check_reference("g#s", "http://a.example/b/c/g#s");
    check_reference("", "http://a.example/b/c/d;p?q");
    check_reference(".", "http://a.example/b/c/");
    check_reference("..", "http://a.example/b/");
    check_reference("../g", "http://a.example/b/g");
    check_reference("../..", "http://a.example/");
    check_reference("../../../g", "http://a.example/g");
    check_reference("/./g", "http://a.example/g");
    check_reference("g.", "http://a.example/b/c/g.");
    check_reference("./g/.", "http://a.example/b/c/g/");
    check_reference("g;x=1/../y", "http://a.example/b/c/y");
    check_reference("g?y/../x", "http://a.example/b/c/g?y/../x");
    check_reference("https://other.example/x", "https://other.example/x");
    EXPECT_ERROR(base->resolve("http://"), "net/invalid-url", "no host");
    EXPECT_ERROR(base->resolve("a\nb"), "net/invalid-url", "control");
}

TEST(Url, KeepsUserInformationOfAPage) {
    const auto base = Url::parse("https://u:p@a.example/simple/x/");
    ASSERT_OK(base);
    EXPECT_EQ(base->resolve("../../files/x.whl")->to_string(), "https://u:p@a.example/files/x.whl");
    EXPECT_EQ(base->resolve("https://b.example/x.whl")->to_string(), "https://b.example/x.whl");
}

TEST(Url, AddsQueryParameters) {
    EXPECT_EQ(
        Url::parse("http://a.example/u")->with_query_parameter("digest", "sha256:ab").to_string(),
        "http://a.example/u?digest=sha256%3Aab");
    EXPECT_EQ(
        Url::parse("http://a.example/u?_state=x")->with_query_parameter("a b", "&").to_string(),
        "http://a.example/u?_state=x&a%20b=%26");
}

TEST(Url, ComparesOrigins) {
    const auto url = Url::parse("https://a.example/x");
    EXPECT_TRUE(url->has_same_origin(*Url::parse("https://A.example:443/y")));
    EXPECT_FALSE(url->has_same_origin(*Url::parse("http://a.example/x")));
    EXPECT_FALSE(url->has_same_origin(*Url::parse("https://a.example:8443/x")));
    EXPECT_FALSE(url->has_same_origin(*Url::parse("https://b.example/x")));
}

TEST(Url, KnowsLocalHosts) {
    for (const auto* host :
         {"localhost", "a.localhost", "127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"})
        EXPECT_TRUE(is_loopback_host(host)) << host;
    for (const auto* host :
         {"example", "localhost.example", "128.0.0.1", "::2", "127.0.0.1.example"})
        EXPECT_FALSE(is_loopback_host(host)) << host;
    for (const auto* host : {"169.254.169.254", "fe80::1", "0.0.0.0", "::", "127.0.0.1"})
        EXPECT_TRUE(is_local_only_host(host)) << host;
    for (const auto* host : {"10.0.0.1", "2001:db8::1", "ghcr.io"})
        EXPECT_FALSE(is_local_only_host(host)) << host;
}

TEST(Url, EncodesAndDecodesPercent) {
    EXPECT_EQ(percent_encode("a b/ü~"), "a%20b%2F%C3%BC~");
    EXPECT_EQ(percent_decode("a%20b%2f%zz%4"), "a b/%zz%4");
}

}  // namespace
}  // namespace pycontainer::net
