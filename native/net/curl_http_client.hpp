#pragma once

// HTTP over libcurl: proxies and certificate authorities from the environment it is given, nothing
// from files like .netrc or .curlrc.

#include "base/environment.hpp"
#include "net/http_client.hpp"

#include <chrono>
#include <memory>

namespace pycontainer::net {

struct CurlOptions {
    std::chrono::milliseconds connect_timeout{
        15'000};  ///< name, connection and TLS handshake together
    /// With less than 100 bytes a second; five times as long for uploads, whose servers may be busy
    /// with what they got.
    std::chrono::seconds stall_timeout{60};
    std::string user_agent;  ///< empty: `pycontainer/<version>`
};

/// Thread-safe. Keeps connections alive for the next request to the same host. Cheap until the
/// first `send`: that is when curl and OpenSSL are started. Trusts the authorities that
/// `find_certificate_authorities` finds, read at the first use of TLS, and for a host those of its
/// `certs.d` directory, whose client certificate it shows.
class CurlHttpClient final : public HttpClient {
public:
    explicit CurlHttpClient(const Environment& environment, CurlOptions options = {});
    ~CurlHttpClient() override;

    Result<HttpResponse> send(const exec::Context& ctx, const HttpRequest& request,
                              const ByteSink& sink = {}) override;

    /// From then on, every request fails with `net/offline`. Before the first one.
    void go_offline() { offline_ = true; }

private:
    struct State;
    std::unique_ptr<State> state_;
    bool offline_ = false;
};

}  // namespace pycontainer::net
