#include "net/proxy.hpp"

#include <gtest/gtest.h>

namespace pycontainer::net {
namespace {

using Variables = std::map<std::string, std::string, std::less<>>;

std::string proxy(const Variables& variables, std::string_view url) {
    return proxy_for(Environment(variables), *Url::parse(url));
}

TEST(Proxy, FollowsTheScheme) {
    const Variables both{{"https_proxy", "http://s:1"}, {"http_proxy", "http://p:2"}};
    EXPECT_EQ(proxy(both, "https://a.example/"), "http://s:1");
    EXPECT_EQ(proxy(both, "http://a.example/"), "http://p:2");
    EXPECT_EQ(proxy({{"HTTPS_PROXY", "s:1"}}, "https://a.example/"), "s:1");
    EXPECT_EQ(proxy({{"HTTPS_PROXY", "upper"}, {"https_proxy", "lower"}}, "https://a.example/"),
              "lower");
    EXPECT_EQ(proxy({{"ALL_PROXY", "all"}}, "https://a.example/"), "all");
    EXPECT_EQ(proxy({{"all_proxy", "all"}}, "http://a.example/"), "all");
    EXPECT_EQ(proxy({}, "https://a.example/"), "");
}

TEST(Proxy, TakesHttpProxyInLowerCaseOnly) {
    EXPECT_EQ(proxy({{"HTTP_PROXY", "http://evil:1"}}, "http://a.example/"), "");
}

TEST(Proxy, EmptyMeansNone) {
    EXPECT_EQ(proxy({{"https_proxy", ""}, {"ALL_PROXY", "all"}}, "https://a.example/"), "");
}

TEST(Proxy, SparesLoopback) {
    for (const auto* url : {"http://localhost:5000/", "http://127.0.0.1/", "http://[::1]:5000/"})
        EXPECT_EQ(proxy({{"http_proxy", "p"}}, url), "") << url;
}

TEST(Proxy, SparesWhatNoProxyLists) {
    const auto direct = [](const std::string& list, std::string_view url) {
        return proxy({{"https_proxy", "p"}, {"NO_PROXY", list}}, url).empty();
    };
    EXPECT_TRUE(direct("*", "https://a.example/"));
    EXPECT_TRUE(direct("a.example", "https://a.example/"));
    EXPECT_TRUE(direct("example", "https://a.example/"));
    EXPECT_TRUE(direct(".example", "https://a.example/"));
    EXPECT_TRUE(direct("*.example", "https://a.example/"));
    EXPECT_TRUE(direct("x, A.Example ,y", "https://a.example/"));
    EXPECT_TRUE(direct("x y a.example", "https://a.example/"));
    EXPECT_TRUE(direct("a.example:8443", "https://a.example:8443/"));
    EXPECT_TRUE(direct("10.0.0.0/8", "https://10.1.2.3/"));
    EXPECT_TRUE(direct("10.1.2.3", "https://10.1.2.3/"));
    EXPECT_TRUE(direct("2001:db8::/32", "https://[2001:db8::7]/"));
    EXPECT_TRUE(direct("[2001:db8::7]:443", "https://[2001:db8::7]/"));
    EXPECT_FALSE(direct("a.example:8443", "https://a.example/"));
    EXPECT_FALSE(direct("xample", "https://a.example/"));
    EXPECT_FALSE(direct("b.a.example", "https://a.example/"));
    EXPECT_FALSE(direct("10.0.0.0/8", "https://11.1.2.3/"));
    EXPECT_FALSE(direct("10.0.0.0/99", "https://10.1.2.3/"));
    EXPECT_FALSE(direct(",, ,.", "https://a.example/"));
    EXPECT_FALSE(proxy({{"https_proxy", "p"}, {"no_proxy", "b.example"}, {"NO_PROXY", "*"}},
                       "https://a.example/")
                     .empty());
}

}  // namespace
}  // namespace pycontainer::net
