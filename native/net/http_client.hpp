#pragma once

// HTTP as the rest of the program sees it: one blocking call. The implementations are
// `CurlHttpClient` and, around it, `RetryingHttpClient`; tests have a strict fake
// (tests/native/support/fake_http_client.hpp).

#include "base/file.hpp"
#include "base/result.hpp"
#include "exec/context.hpp"
#include "net/url.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pycontainer::net {

/// Header fields in the order they were given or received; names compare without case.
class Headers {
public:
    Headers() = default;
    Headers(std::initializer_list<std::pair<std::string, std::string>> fields) : fields_(fields) {}

    /// The first field of that name.
    std::optional<std::string> find(std::string_view name) const;
    std::vector<std::string> find_all(std::string_view name) const;
    void add(std::string name, std::string value) {
        fields_.emplace_back(std::move(name), std::move(value));
    }
    /// Replaces all fields of that name.
    void set(std::string_view name, std::string value);
    void remove(std::string_view name);
    void clear() { fields_.clear(); }

    auto begin() const { return fields_.begin(); }
    auto end() const { return fields_.end(); }
    std::size_t size() const { return fields_.size(); }
    bool empty() const { return fields_.empty(); }

private:
    std::vector<std::pair<std::string, std::string>> fields_;
};

/// A request body that can be read again from any offset, so that a request can be repeated.
struct BodySource {
    std::uint64_t size = 0;
    /// Fills the span from `offset` on, from one thread at a time; the number of bytes is 0 only at
    /// the end.
    std::function<Result<std::size_t>(std::uint64_t offset, std::span<std::byte> out)> read;
};

/// The bytes of a file or a text as a source; the file is opened once, here.
Result<BodySource> file_source(const std::filesystem::path& path);
BodySource text_source(std::string text);

struct HttpRequest {
    std::string method = "GET";
    Url url;  ///< user information in it becomes Basic authentication, unless `headers` has an
              ///< Authorization
    std::vector<std::pair<std::string, std::string>> headers{};
    std::string body{};
    std::optional<BodySource> body_source{};  ///< instead of `body`; sent with its Content-Length
    /// Authorization, Cookie and Proxy-Authorization go along only within the same scheme, host and
    /// port; https never leads to http.
    bool follow_redirects = true;
    std::uint64_t body_limit =
        8U << 20U;  ///< of what is kept in `HttpResponse::body`; what goes to a sink has none
    bool compressed =
        false;  ///< let the server compress the transfer; the body arrives decompressed
    /// False: any certificate will do, for hosts that the user has declared insecure.
    bool verify_tls = true;
    std::chrono::milliseconds timeout{
        0};  ///< for the whole request; 0: only connecting and stalling are limited
    /// Called once with a 2xx status before the first byte goes to the sink.
    std::function<Result<void>(int status, const Headers& headers)> on_headers{};

    // For RetryingHttpClient.
    bool may_repeat = true;    ///< false: the caller repeats it in its own way
    bool repeat_post = false;  ///< a POST that does no harm when it arrives twice
    // After the sink got bytes a failure is final, unless one of these is set.
    /// The caller checks a digest over all bytes, so the rest may be fetched and appended.
    bool resumable = false;
    /// Of the body, where the caller knows it: one that ends earlier, without the server having
    /// told its length, broke off.
    std::optional<std::uint64_t> expected_size{};
    /// Makes the sink forget what it got, so that everything can be sent to it again.
    std::function<Result<void>()> restart{};
};

struct HttpResponse {
    int status = 0;
    Headers headers{};
    std::string body{};  ///< empty when it went to the sink; an error's body is cut at the limit
    Url url{};           ///< of the last request, after redirects

    bool is_success() const { return status >= 200 && status < 300; }
};

/// Thread-safe. Calls block and end within 100 ms when the context is stopped.
class HttpClient {
public:
    HttpClient() = default;
    HttpClient(const HttpClient&) = delete;
    HttpClient& operator=(const HttpClient&) = delete;
    virtual ~HttpClient() = default;

    /// Any status is an answer, not an error. A 2xx body goes to `sink` if there is one.
    ///
    /// Errors: `net/invalid-url`, `net/unresolved`, `net/unreachable`, `net/tls`, `net/not-tls`
    /// (the peer does not speak it), `net/timeout`, `net/interrupted`, `net/protocol` (not HTTP),
    /// `net/too-large`, `net/redirect`, `cancelled`; and the sink's own.
    virtual Result<HttpResponse> send(const exec::Context& ctx, const HttpRequest& request,
                                      const ByteSink& sink = {}) = 0;
};

}  // namespace pycontainer::net
