#pragma once

// Tries again what a busy server or a bad line made fail: 408, 429, 5xx, resets, time-outs.

#include "net/http_client.hpp"

#include <chrono>

namespace pycontainer::net {

struct RetryOptions {
    unsigned tries = 5;                               ///< in a row that bring nothing
    std::chrono::milliseconds first_delay{250};       ///< doubled each time
    std::chrono::milliseconds longest_delay{30'000};  ///< also of a `Retry-After`
    std::chrono::milliseconds patience{180'000};      ///< no new try after as long without any byte
};

/// How long an answer's `Retry-After` asks to wait (RFC 9110, section 10.2.3): seconds, or a date,
/// which is measured against the server's own Date, where it tells one, so that our clock does not
/// matter.
std::optional<std::chrono::milliseconds> retry_after(const Headers& headers);

/// Thread-safe; borrows the client it wraps. Repeats GET, HEAD, PUT and what
/// `HttpRequest::repeat_post` says. A download that broke off is continued
/// (`HttpRequest::resumable`: by a range request, or by skipping what is known), as often as that
/// brings it forward, started anew (`restart`) or given up. After the last try the last answer or
/// error is returned as it is.
class RetryingHttpClient final : public HttpClient {
public:
    explicit RetryingHttpClient(HttpClient& inner, RetryOptions options = {})
        : inner_(&inner), options_(options) {}

    Result<HttpResponse> send(const exec::Context& ctx, const HttpRequest& request,
                              const ByteSink& sink = {}) override;

private:
    HttpClient* inner_;
    RetryOptions options_;
};

}  // namespace pycontainer::net
