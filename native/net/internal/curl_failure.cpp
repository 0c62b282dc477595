#include "net/internal/curl_failure.hpp"

#include "base/strings.hpp"

#include <curl/curl.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <array>

namespace pycontainer::net {
namespace {

/// What OpenSSL says about a certificate it does not trust, in words about the server.
std::string describe_verification(long result, std::string_view curl_message) {
    switch (result) {
        case X509_V_ERR_CERT_HAS_EXPIRED: return "its certificate has expired";
        case X509_V_ERR_CERT_NOT_YET_VALID: return "its certificate is not valid yet";
        case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT: return "its certificate is signed by itself";
        case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
        case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
            return "its certificate comes from an issuer that is not trusted here";
        case X509_V_ERR_CERT_REVOKED: return "its certificate has been revoked";
        default: break;
    }
    if (curl_message.find("subject name") != std::string_view::npos)
        return "its certificate is for another host name";
    return printable(curl_message);
}

template <std::size_t N>
bool has_any(std::string_view message, const std::array<std::string_view, N>& reasons) {
    return std::any_of(reasons.begin(), reasons.end(), [&](std::string_view reason) {
        return message.find(reason) != std::string_view::npos;
    });
}

// OpenSSL's reasons as curl passes them on.

/// What came back is no TLS record.
constexpr std::array<std::string_view, 6> kNoTls{"wrong version number", "packet length too long",
                                                 "http request",         "unknown protocol",
                                                 "record layer failure", "bad record type"};
/// Nothing came back, which may be the line's fault.
constexpr std::array<std::string_view, 3> kBrokenOff{"onnection reset", "unexpected eof",
                                                     "SSL_ERROR_SYSCALL"};

Failure tls_failure(CURL* easy, CURLcode code, std::string_view message, const HttpRequest& request,
                    const Route& route) {
    const auto url = request.url.redacted();
    if (code != CURLE_PEER_FAILED_VERIFICATION) {
        if (has_any(message, kBrokenOff))
            return fail("net/interrupted",
                        "the connection to `{}` broke off during the TLS handshake", url)
                .hint("try again; a firewall may be in between, or the server speaks no TLS")
                .retryable();
        if (has_any(message, kNoTls))
            return fail("net/not-tls", "`{}` does not speak TLS", url).hint("check host and port");
        return fail("net/tls", "no TLS connection with `{}` could be made: {}", url,
                    printable(message))
            .hint("the server or a proxy before it may be too old or misconfigured");
    }
    long verification = 0;
    curl_easy_getinfo(easy, CURLINFO_SSL_VERIFYRESULT, &verification);
    auto failure = fail("net/tls", "`{}` cannot be trusted: {}", url,
                        describe_verification(verification, message));
    if (verification == X509_V_OK) return std::move(failure).hint("check the host name in the URL");
    if (route.authorities == nullptr || route.authorities->empty())
        return std::move(failure).hint(
            "no certificate authorities were found on this machine; install `ca-certificates` or "
            "set SSL_CERT_FILE to a PEM file of them");
    if (verification == X509_V_ERR_CERT_HAS_EXPIRED ||
        verification == X509_V_ERR_CERT_NOT_YET_VALID)
        return std::move(failure).hint(
            "check this machine's clock; otherwise the server needs a new certificate");
    return std::move(failure).hint(
        "if a company's own authority issued it, set SSL_CERT_FILE to a PEM file with that "
        "certificate; trusted now: {}",
        describe(*route.authorities));
}

Failure proxy_failure(long status, const HttpRequest& request, const Route& route) {
    auto failure =
        fail("net/unreachable", "the proxy `{}` refused the connection to `{}` with HTTP status {}",
             route.redacted_proxy(), request.url.redacted(), status)
            .retryable(status >= 500);
    if (status == 407)
        return std::move(failure).hint(
            "the proxy wants credentials: put them into the proxy variable as "
            "`http://user:password@host:port`");
    return std::move(failure).hint("add the host to NO_PROXY if it is reached directly");
}

std::string network_advice(const HttpRequest& request, const Route& route) {
    if (request.url.is_loopback())
        return "check that the server is running and that the port is right";
    if (route.proxy.empty())
        return "check the network and the host name; behind a proxy set HTTPS_PROXY";
    return fmt::format("the connection goes through the proxy `{}`; NO_PROXY exempts hosts",
                       route.redacted_proxy());
}

}  // namespace

std::string Route::redacted_proxy() const {
    const auto url = Url::parse(proxy.find("://") == std::string::npos ? "http://" + proxy : proxy);
    return url ? url->host_and_port() : std::string("…");
}

Failure transfer_failure(void* easy, int result, std::string_view message,
                         const HttpRequest& request, const Route& route) {
    const auto code = static_cast<CURLcode>(result);
    const auto url = request.url.redacted();
    long connect_status = 0;
    curl_easy_getinfo(easy, CURLINFO_HTTP_CONNECTCODE, &connect_status);
    if (connect_status >= 300) return proxy_failure(connect_status, request, route);
    const auto detail = printable(message.empty() ? curl_easy_strerror(code) : message);
    const auto advice = network_advice(request, route);
    switch (code) {
        case CURLE_COULDNT_RESOLVE_HOST:
            return fail("net/unresolved", "the name `{}` cannot be resolved", request.url.host())
                .hint("{}", advice);
        case CURLE_COULDNT_RESOLVE_PROXY:
            return fail("net/unresolved", "the name of the proxy `{}` cannot be resolved",
                        route.redacted_proxy())
                .hint("correct HTTPS_PROXY, https_proxy, http_proxy or ALL_PROXY");
        case CURLE_COULDNT_CONNECT:
            return fail("net/unreachable", "`{}` cannot be reached: {}", url, detail)
                .hint("{}", advice)
                .retryable();
        case CURLE_OPERATION_TIMEDOUT:
            return fail("net/timeout", "`{}` did not answer in time: {}", url, detail)
                .hint("{}", advice)
                .retryable();
        case CURLE_PEER_FAILED_VERIFICATION:
        case CURLE_SSL_CACERT_BADFILE:
        case CURLE_SSL_ISSUER_ERROR:
        case CURLE_SSL_CIPHER:
        case CURLE_SSL_CONNECT_ERROR: return tls_failure(easy, code, message, request, route);
        case CURLE_SEND_ERROR:
        case CURLE_RECV_ERROR:
        case CURLE_GOT_NOTHING:
        case CURLE_PARTIAL_FILE:
        case CURLE_HTTP2:
        case CURLE_HTTP2_STREAM:
        case CURLE_SEND_FAIL_REWIND:  // we do not let curl send again by itself
            return fail("net/interrupted", "the connection to `{}` broke off: {}", url,
                        code == CURLE_SEND_FAIL_REWIND
                            ? std::string("it was closed while the request was being sent")
                            : detail)
                .hint("try again")
                .retryable();
        default:
            return fail("net/protocol", "`{}` did not answer with proper HTTP: {}", url, detail)
                .hint("check that host and port belong to the service that is meant");
    }
}

}  // namespace pycontainer::net
