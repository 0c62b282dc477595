#pragma once

// Absolute URLs as RFC 3986 defines them, for requests; what a message may show of one is a
// `RedactedUrl`.

#include "base/result.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pycontainer::net {

/// A URL without what may be secret: no user information, no query values, no fragment. The only
/// form that can be formatted.
struct RedactedUrl {
    std::string text;
};

/// `scheme://[userinfo@]host[:port]/path[?query][#fragment]`. Valid from `parse` on; the default
/// value is empty.
class Url {
public:
    Url() = default;
    /// Scheme and host are lowered, an empty path becomes `/`, bytes that a URL cannot hold
    /// (spaces, UTF-8) are percent-encoded. Errors: `net/invalid-url` for relative references,
    /// control characters, bad hosts and ports. Only `file` has no host.
    static Result<Url> parse(std::string_view text);

    const std::string& scheme() const { return scheme_; }
    /// A name, an IPv4 address, or an IPv6 address without its brackets.
    const std::string& host() const { return host_; }
    /// The port that is connected to: the written one, else the scheme's (0 when it has none).
    std::uint16_t port() const;
    /// `host` or `host:port` as it is written in a URL: IPv6 in brackets, the scheme's own port
    /// left out.
    std::string host_and_port() const;
    /// Percent-encoded, starts with `/`.
    const std::string& path() const { return path_; }
    /// Percent-encoded, without the `?`.
    const std::string& query() const { return query_; }
    /// Percent-encoded, without the `#`; never sent.
    const std::string& fragment() const { return fragment_; }
    bool has_userinfo() const { return userinfo_.has_value(); }
    /// Decoded.
    std::string username() const;
    std::string password() const;

    bool empty() const { return scheme_.empty(); }
    bool is_https() const { return scheme_ == "https"; }
    /// `localhost`, `*.localhost`, 127.0.0.0/8 and ::1.
    bool is_loopback() const;
    bool has_same_origin(const Url& other) const;

    /// RFC 3986, section 5.2: what `reference` means on a page at this URL. Errors:
    /// `net/invalid-url`.
    Result<Url> resolve(std::string_view reference) const;
    Url with_query_parameter(std::string_view name, std::string_view value) const;
    Url with_userinfo_of(const Url& other) const;
    Url with_scheme(std::string_view scheme) const;
    Url without_userinfo() const;
    Url without_fragment() const;

    /// Everything, user information and fragment too: for requests, never for messages.
    std::string to_string() const;
    RedactedUrl redacted() const;

    friend bool operator==(const Url&, const Url&) = default;

private:
    std::string scheme_;
    std::optional<std::string> userinfo_;
    std::string host_;
    std::optional<std::uint16_t> port_;
    std::string path_;
    std::string query_;
    bool has_query_ = false;
    std::string fragment_;
};

/// Everything but unreserved characters (RFC 3986, section 2.3) as `%XX`.
std::string percent_encode(std::string_view text);
/// Malformed sequences stay as they are.
std::string percent_decode(std::string_view text);

/// `localhost`, `*.localhost`, 127.0.0.0/8 and ::1; `host` without port and brackets.
bool is_loopback_host(std::string_view host);
/// Loopback, link-local (169.254.0.0/16, fe80::/10) or unspecified addresses: what only this
/// machine or link can mean.
bool is_local_only_host(std::string_view host);

}  // namespace pycontainer::net

template <>
struct fmt::formatter<pycontainer::net::RedactedUrl> : fmt::formatter<std::string_view> {
    template <typename FormatContext>
    auto format(const pycontainer::net::RedactedUrl& url, FormatContext& ctx) const {
        return fmt::formatter<std::string_view>::format(url.text, ctx);
    }
};
