#include "net/curl_http_client.hpp"

#include "support/loopback_server.hpp"
#include "support/result_matchers.hpp"
#include "support/test_context.hpp"
#include "support/tls_server.hpp"

#include <gtest/gtest.h>

#include <future>
#include <stdlib.h>

namespace pycontainer::net {
namespace {

using testing::LoopbackRequest;
using testing::LoopbackServer;
using testing::TlsServer;
using Variables = std::map<std::string, std::string, std::less<>>;

class CurlHttpClientTest : public ::testing::Test {
protected:
    static HttpRequest request(std::string_view url, std::string method = "GET") {
        HttpRequest made;
        made.method = std::move(method);
        made.url = *Url::parse(url);
        return made;
    }
    Result<HttpResponse> send(const HttpRequest& made, const ByteSink& sink = {}) {
        return client_.send(context_.ctx, made, sink);
    }

    testing::TestContext context_;
    CurlHttpClient client_{Environment()};
};

TEST_F(CurlHttpClientTest, GetsAnAnswerWithItsHeaders) {
    LoopbackServer server([](const LoopbackRequest&) {
        return LoopbackServer::answer("200 OK", "hello", "X-One: 1\r\nx-two:2\r\n");
    });
    auto get = request(server.url("/a%20b?c=d#fragment"));
    get.headers = {{"Accept", "text/plain"}, {"X-Empty", ""}};
    const auto response = send(get);
    ASSERT_OK(response);
    EXPECT_EQ(response->status, 200);
    EXPECT_EQ(response->body, "hello");
    EXPECT_EQ(response->headers.find("x-one"), "1");
    EXPECT_EQ(response->headers.find("X-Two"), "2");
    const auto seen = server.requests().at(0);
    EXPECT_EQ(seen.line(), "GET /a%20b?c=d HTTP/1.1");
    EXPECT_EQ(seen.header("Accept"), "text/plain");
    EXPECT_TRUE(seen.header("User-Agent").starts_with("pycontainer/"));
    EXPECT_NE(seen.head.find("X-Empty:"), std::string::npos);
}

TEST_F(CurlHttpClientTest, KeepsTheConnectionForTheNextRequest) {
    LoopbackServer server([](const LoopbackRequest&) {
        return LoopbackServer::answer("200 OK", "hello", "", "keep-alive");
    });
    for (int i = 0; i < 3; ++i) ASSERT_OK(send(request(server.url())));
    EXPECT_EQ(server.connections(), 1);
}

TEST_F(CurlHttpClientTest, SendsBodiesWithTheirLength) {
    LoopbackServer server(
        [](const LoopbackRequest&) { return LoopbackServer::answer("201 Created", ""); });
    const std::string big(3'000'000, 'x');
    auto put = request(server.url("/put"), "PUT");
    put.headers = {{"Content-Type", "application/octet-stream"}};
    put.body_source = text_source(big);
    ASSERT_OK(send(put));
    auto post = request(server.url("/post"), "POST");
    ASSERT_OK(send(post));
    post.body = "a=b";
    ASSERT_OK(send(post));
    auto patch = request(server.url("/patch"), "PATCH");
    patch.body_source = text_source("");
    ASSERT_OK(send(patch));
    ASSERT_OK(send(request(server.url("/delete"), "DELETE")));

    const auto seen = server.requests();
    ASSERT_EQ(seen.size(), 5U);
    EXPECT_EQ(seen[0].line(), "PUT /put HTTP/1.1");
    EXPECT_EQ(seen[0].body, big);
    EXPECT_EQ(seen[0].header("Expect"), "");
    EXPECT_EQ(seen[0].header("Content-Type"), "application/octet-stream");
    EXPECT_EQ(seen[1].line(), "POST /post HTTP/1.1");
    EXPECT_EQ(seen[1].header("Content-Length"), "0");
    EXPECT_EQ(seen[1].header("Content-Type"), "");
    EXPECT_EQ(seen[2].body, "a=b");
    EXPECT_EQ(seen[3].line(), "PATCH /patch HTTP/1.1");
    EXPECT_EQ(seen[4].line(), "DELETE /delete HTTP/1.1");
}

TEST_F(CurlHttpClientTest, HeadHasNoBody) {
    LoopbackServer server([](const LoopbackRequest&) {
        return "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\nConnection: close\r\n\r\n";
    });
    const auto response = send(request(server.url(), "HEAD"));
    ASSERT_OK(response);
    EXPECT_EQ(response->headers.find("Content-Length"), "1000");
    EXPECT_EQ(server.requests().at(0).line(), "HEAD / HTTP/1.1");
}

TEST_F(CurlHttpClientTest, GivesSuccessToTheSinkAndKeepsErrors) {
    LoopbackServer server([](const LoopbackRequest& seen) {
        return seen.line().find("/good") != std::string::npos
                   ? LoopbackServer::answer("200 OK", std::string(1'000'000, 'y'))
                   : LoopbackServer::answer("404 Not Found", "no such thing");
    });
    std::string got;
    const ByteSink sink = [&](Bytes bytes) -> Result<void> {
        got += as_text(bytes);
        return {};
    };
    int status = 0;
    auto good = request(server.url("/good"));
    good.body_limit = 10;
    good.on_headers = [&](int code, const Headers& headers) -> Result<void> {
        status = code;
        EXPECT_EQ(headers.find("Content-Length"), "1000000");
        EXPECT_TRUE(got.empty());
        return {};
    };
    const auto response = send(good, sink);
    ASSERT_OK(response);
    EXPECT_EQ(got.size(), 1'000'000U);
    EXPECT_EQ(status, 200);
    EXPECT_TRUE(response->body.empty());
    const auto missing = send(request(server.url("/bad")), sink);
    ASSERT_OK(missing);
    EXPECT_EQ(missing->status, 404);
    EXPECT_EQ(missing->body, "no such thing");
    EXPECT_EQ(got.size(), 1'000'000U);
    got.clear();
    const ByteSink full = [](Bytes) -> Result<void> { return fail("file/disk-full", "no space"); };
    EXPECT_ERROR(send(good, full), "file/disk-full", "no space");
}

TEST_F(CurlHttpClientTest, LimitsWhatItKeeps) {
    LoopbackServer server([](const LoopbackRequest& seen) {
        const std::string_view status =
            seen.line().find("/good") != std::string::npos ? "200 OK" : "500 Oops";
        return LoopbackServer::answer(status, std::string(5000, 'z'));
    });
    auto limited = request(server.url("/good"));
    limited.body_limit = 1000;
    EXPECT_ERROR(send(limited), "net/too-large", "1.0 kB");
    limited.url = *Url::parse(server.url("/bad"));
    const auto response = send(limited);
    ASSERT_OK(response);
    EXPECT_EQ(response->status, 500);
    EXPECT_EQ(response->body.size(), 1000U);
}

TEST_F(CurlHttpClientTest, FollowsRedirectsWithoutCarryingSecretsAway) {
    LoopbackServer other(
        [](const LoopbackRequest&) { return LoopbackServer::answer("200 OK", "there"); });
    LoopbackServer server([&](const LoopbackRequest& seen) {
        if (seen.line().find("/start") != std::string::npos)
            return LoopbackServer::answer("307 Temporary Redirect", "go on",
                                          "Location: ../middle?x=1\r\n");
        return LoopbackServer::answer("302 Found", "", "Location: " + other.url("/end") + "\r\n");
    });
    auto get = request(server.url("/a/start"));
    get.headers = {{"Authorization", "Bearer secret"}, {"cookie", "secret"}, {"Accept", "x/y"}};
    const auto response = send(get);
    ASSERT_OK(response);
    EXPECT_EQ(response->body, "there");
    EXPECT_EQ(response->url.to_string(), other.url("/end"));
    EXPECT_EQ(server.requests().at(1).line(), "GET /middle?x=1 HTTP/1.1");
    EXPECT_EQ(server.requests().at(1).header("Authorization"), "Bearer secret");
    const auto last = other.requests().at(0);
    EXPECT_EQ(last.header("Accept"), "x/y");
    EXPECT_EQ(last.head.find("secret"), std::string::npos);

    get.follow_redirects = false;
    EXPECT_EQ(send(get)->status, 307);
}

TEST_F(CurlHttpClientTest, RepeatsBodiesAfter307AndDropsThemAfter303) {
    LoopbackServer server([&](const LoopbackRequest& seen) {
        if (seen.line().find("/307") != std::string::npos)
            return LoopbackServer::answer("307 Temporary Redirect", "", "Location: /end\r\n");
        if (seen.line().find("/303") != std::string::npos)
            return LoopbackServer::answer("303 See Other", "", "Location: /end\r\n");
        return LoopbackServer::answer("200 OK", "");
    });
    auto put = request(server.url("/307"), "PUT");
    put.body_source = text_source("whole body");
    ASSERT_OK(send(put));
    EXPECT_EQ(server.requests().at(1).line(), "PUT /end HTTP/1.1");
    EXPECT_EQ(server.requests().at(1).body, "whole body");
    auto post = request(server.url("/303"), "POST");
    post.body = "form";
    ASSERT_OK(send(post));
    EXPECT_EQ(server.requests().at(3).line(), "GET /end HTTP/1.1");
    EXPECT_EQ(server.requests().at(3).body, "");
}

TEST_F(CurlHttpClientTest, RefusesBadRedirects) {
    LoopbackServer server([&](const LoopbackRequest& seen) {
        if (seen.line().find("/loop") != std::string::npos)
            return LoopbackServer::answer("302 Found", "", "Location: /loop\r\n");
        return LoopbackServer::answer("302 Found", "", "Location: file:///etc/passwd\r\n");
    });
    EXPECT_ERROR(send(request(server.url("/loop"))), "net/redirect", "more than 10");
    EXPECT_ERROR(send(request(server.url("/file"))), "net/redirect", "file:///etc/passwd");
}

TEST_F(CurlHttpClientTest, MakesBasicAuthenticationOfUserInformation) {
    LoopbackServer server(
        [](const LoopbackRequest&) { return LoopbackServer::answer("200 OK", ""); });
    const auto url = "http://al%40ice:s3cret@127.0.0.1:" + std::to_string(server.port()) + "/";
    ASSERT_OK(send(request(url)));
    EXPECT_EQ(server.requests().at(0).header("Authorization"), "Basic YWxAaWNlOnMzY3JldA==");
    auto own = request(url);
    own.headers = {{"Authorization", "Bearer t"}};
    ASSERT_OK(send(own));
    EXPECT_EQ(server.requests().at(1).header("Authorization"), "Bearer t");
}

TEST_F(CurlHttpClientTest, RefusesHeadersWithLineBreaks) {
    auto injected = request("http://127.0.0.1:1/");
    injected.headers = {{"Authorization", "Bearer a\r\nX-Evil: 1"}};
    EXPECT_ERROR(send(injected), "net/protocol", "Authorization");
}

TEST_F(CurlHttpClientTest, TellsFailuresApart) {
    LoopbackServer cut([](const LoopbackRequest&) {
        return "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this";
    });
    const auto interrupted = send(request(cut.url()));
    EXPECT_ERROR(interrupted, "net/interrupted", cut.url());
    EXPECT_TRUE(interrupted.error().retryable);
    for (const auto* const head :
         {"HTTP/1.1 2", "HTTP/1.1 201 Created\r\nContent-Le", "HTTP/1.1 201 Created\r\nA: b\r\n"}) {
        LoopbackServer torn([head](const LoopbackRequest&) { return head; });
        const auto answer = send(request(torn.url()));
        EXPECT_ERROR(answer, "net/interrupted", torn.url());
        EXPECT_TRUE(answer.error().retryable) << head;
    }
    LoopbackServer silent([](const LoopbackRequest&) { return ""; });
    EXPECT_ERROR(send(request(silent.url())), "net/interrupted", silent.url());
    LoopbackServer garbage([](const LoopbackRequest&) { return "SSH-2.0-OpenSSH_9.2\r\n"; });
    EXPECT_ERROR(send(request(garbage.url())), "net/protocol", "host and port");
    LoopbackServer chatty([](const LoopbackRequest&) {
        return "HTTP/1.1 200 OK\r\nX: " + std::string(90'000, 'x') +
               "\r\nY: " + std::string(90'000, 'x') + "\r\nZ: " + std::string(90'000, 'x') +
               "\r\n\r\n";
    });
    EXPECT_ERROR(send(request(chatty.url())), "net/protocol", "header");
    LoopbackServer gone([](const LoopbackRequest&) { return ""; });
    gone.stop();
    const auto unreachable = send(request(gone.url()));
    EXPECT_ERROR(unreachable, "net/unreachable", gone.url());
    EXPECT_TRUE(unreachable.error().retryable);
    EXPECT_ERROR(send(request("http://no..such.example/")), "net/unresolved", "no..such.example");
    EXPECT_ERROR(send(request("ftp://a.example/")), "net/invalid-url", "http");
}

TEST_F(CurlHttpClientTest, LimitsTheWholeRequestIfAsked) {
    LoopbackServer server(
        [](const LoopbackRequest&) { return std::string(LoopbackServer::kHang); });
    auto hurried = request(server.url());
    hurried.timeout = std::chrono::milliseconds(50);
    const auto response = send(hurried);
    EXPECT_ERROR(response, "net/timeout", server.url());
    EXPECT_TRUE(response.error().retryable);
}

TEST_F(CurlHttpClientTest, StopsAtOnceWhenCancelled) {
    LoopbackServer server(
        [](const LoopbackRequest&) { return std::string(LoopbackServer::kHang); });
    auto answer = std::async(std::launch::async, [&] { return send(request(server.url())); });
    server.wait_for_request();
    const auto before = std::chrono::steady_clock::now();
    context_.stop.request_stop();
    EXPECT_ERROR(answer.get(), "cancelled");
    EXPECT_LT(std::chrono::steady_clock::now() - before,
              std::chrono::milliseconds(500));  // 100 on an idle machine
    EXPECT_ERROR(send(request(server.url())), "cancelled");
}

TEST_F(CurlHttpClientTest, AnswersManyThreads) {
    LoopbackServer server(
        [](const LoopbackRequest& seen) { return LoopbackServer::answer("200 OK", seen.line()); });
    EXPECT_OK(exec::parallel_for(
        context_.ctx, 40, 8, [&](const exec::Context& ctx, std::size_t i) -> Result<void> {
            PYC_TRY_ASSIGN(const auto response,
                           client_.send(ctx, request(server.url("/" + std::to_string(i)))));
            EXPECT_EQ(response.body, "GET /" + std::to_string(i) + " HTTP/1.1");
            return {};
        }));
}

TEST_F(CurlHttpClientTest, GoesThroughTheProxyOfItsEnvironment) {
    LoopbackServer proxy([](const LoopbackRequest& seen) {
        return seen.line().starts_with("CONNECT")
                   ? LoopbackServer::answer("407 Proxy Authentication Required", "")
                   : LoopbackServer::answer("200 OK", "via proxy");
    });
    const auto address = "http://u:hunter2@127.0.0.1:" + std::to_string(proxy.port());
    CurlHttpClient client(
        Environment(Variables{{"http_proxy", address}, {"HTTPS_PROXY", address}}));
    const auto response = client.send(context_.ctx, request("http://index.example/x"));
    ASSERT_OK(response);
    EXPECT_EQ(response->body, "via proxy");
    EXPECT_EQ(proxy.requests().at(0).line(), "GET http://index.example/x HTTP/1.1");
    EXPECT_EQ(proxy.requests().at(0).header("Proxy-Authorization"), "Basic dTpodW50ZXIy");
    const auto refused = client.send(context_.ctx, request("https://index.example/x"));
    EXPECT_ERROR(refused, "net/unreachable", "407", "127.0.0.1:" + std::to_string(proxy.port()),
                 "credentials");
    EXPECT_EQ((refused.error().message + refused.error().hint).find("hunter2"), std::string::npos);
}

TEST_F(CurlHttpClientTest, ReadsNothingOfTheProcessEnvironment) {
    LoopbackServer proxy(
        [](const LoopbackRequest&) { return LoopbackServer::answer("200 OK", "proxy"); });
    ::setenv("http_proxy", proxy.url().c_str(), 1);
    const auto response = send(request("http://no..such.example/"));
    ::unsetenv("http_proxy");
    EXPECT_ERROR(response, "net/unresolved");
}

class TlsTest : public CurlHttpClientTest {
protected:
    /// Sends to `server`, trusting only `pem`.
    Result<HttpResponse> send_trusting(const std::string& url, const std::string& pem) {
        PYC_TRY_ASSIGN(
            const auto directory,
            TemporaryDirectory::create(std::filesystem::temp_directory_path(), "pyc-net-"));
        const auto path = directory.path() / "ca.pem";
        PYC_TRY(write_file(path, pem));
        CurlHttpClient client(Environment(Variables{{"SSL_CERT_FILE", path.string()}}));
        return client.send(context_.ctx, request(url));
    }
};

TEST_F(TlsTest, TrustsTheAuthoritiesOfSslCertFile) {
    TlsServer server;
    const auto response = send_trusting(server.url(), server.pem());
    ASSERT_OK(response);
    EXPECT_EQ(response->body, "ok");
}

TEST_F(TlsTest, TrustsOneVariablesAuthoritiesBesideAnothers) {
    TlsServer registry;
    TlsServer index;
    const auto directory =
        TemporaryDirectory::create(std::filesystem::temp_directory_path(), "pyc-net-");
    ASSERT_OK(directory);
    ASSERT_OK(write_file(directory->path() / "registry.pem", registry.pem()));
    ASSERT_OK(write_file(directory->path() / "index.pem", index.pem()));
    CurlHttpClient client(
        Environment(Variables{{"SSL_CERT_FILE", directory->path() / "registry.pem"},
                              {"PIP_CERT", directory->path() / "index.pem"}}));
    EXPECT_OK(client.send(context_.ctx, request(registry.url())));
    EXPECT_OK(client.send(context_.ctx, request(index.url())));
}

TEST_F(TlsTest, SaysWhyAServerIsNotTrusted) {
    TlsServer server;
    TlsServer stranger;
    const auto unknown = send_trusting(server.url(), stranger.pem());
    EXPECT_ERROR(unknown, "net/tls", server.url(), "itself", "SSL_CERT_FILE");
    EXPECT_FALSE(unknown.error().retryable);
    TlsServer expired({.valid_from = -7200, .valid_until = -3600});
    EXPECT_ERROR(send_trusting(expired.url(), expired.pem()), "net/tls", "expired", "clock");
    TlsServer elsewhere({.alternative_names = "DNS:elsewhere.example"});
    EXPECT_ERROR(send_trusting(elsewhere.url(), elsewhere.pem()), "net/tls", "another host name");
    EXPECT_EQ(server.requests() + expired.requests() + elsewhere.requests(), 0);
}

TEST_F(TlsTest, NamesUnreadableAuthorities) {
    TlsServer server;
    EXPECT_ERROR(send_trusting(server.url(), "this is no PEM"), "net/tls", "ca.pem",
                 "SSL_CERT_FILE", "PEM");
    CurlHttpClient client(Environment(Variables{{"REQUESTS_CA_BUNDLE", "/nowhere/ca.pem"}}));
    EXPECT_ERROR(client.send(context_.ctx, request(server.url())), "net/tls", "/nowhere/ca.pem",
                 "REQUESTS_CA_BUNDLE");
}

TEST_F(TlsTest, KnowsAPeerThatDoesNotSpeakIt) {
    LoopbackServer plain([](const LoopbackRequest&) {
        return LoopbackServer::answer("400 Bad Request",
                                      "Client sent an HTTPS request to an HTTP server");
    });
    const auto url = "https://127.0.0.1:" + std::to_string(plain.port()) + "/";
    EXPECT_ERROR(send(request(url)), "net/not-tls", url);
}

TEST_F(TlsTest, TakesAConnectionThatEndsInTheHandshakeForABadLine) {
    LoopbackServer closing([](const LoopbackRequest&) { return ""; });
    const auto response =
        send(request("https://127.0.0.1:" + std::to_string(closing.port()) + "/"));
    EXPECT_ERROR(response, "net/interrupted", "handshake");
    EXPECT_TRUE(response.error().retryable);
}

TEST_F(TlsTest, NeverLeavesHttpsByARedirect) {
    LoopbackServer plain(
        [](const LoopbackRequest&) { return LoopbackServer::answer("200 OK", ""); });
    TlsServer server({},
                     LoopbackServer::answer("302 Found", "", "Location: " + plain.url() + "\r\n"));
    EXPECT_ERROR(send_trusting(server.url(), server.pem()), "net/redirect", plain.url(),
                 "not secure");
    EXPECT_EQ(plain.connections(), 0);
}

}  // namespace
}  // namespace pycontainer::net
