#include "net/url.hpp"

#include "base/strings.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <charconv>
#include <vector>

namespace pycontainer::net {
namespace {

constexpr std::size_t kMaxUrl = 64U << 10U;

bool is_alpha(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_control(char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}
/// RFC 3986, section 2.3.
bool is_unreserved(char c) {
    return is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
}
/// What may stand in a path or query: unreserved, gen-delims and sub-delims that are allowed there,
/// and `%`.
bool is_url_byte(char c) {
    return is_unreserved(c) ||
           std::string_view("!$&'()*+,;=:@/?%").find(c) != std::string_view::npos;
}

void append_encoded(std::string& out, char c) {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kDigits[byte >> 4U];
    out += kDigits[byte & 15U];
}

/// Keeps what is already a URL and encodes the rest, as browsers do.
std::string encode_stray_bytes(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        if (is_url_byte(c))
            out += c;
        else
            append_encoded(out, c);
    }
    return out;
}

bool is_scheme(std::string_view text) {
    return !text.empty() && is_alpha(text.front()) &&
           std::all_of(text.begin(), text.end(), [](char c) {
               return is_alpha(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
           });
}

/// Registered names as DNS and container networks use them; underscores occur in practice.
bool is_host_name(std::string_view text) {
    return !text.empty() && text.size() <= 253 && text.front() != '-' && text.front() != '.' &&
           std::all_of(text.begin(), text.end(), [](char c) {
               return is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_';
           });
}

std::optional<std::array<unsigned char, 16>> parse_ipv6(std::string_view text) {
    std::array<unsigned char, 16> address{};
    if (::inet_pton(AF_INET6, std::string(text).c_str(), address.data()) != 1) return std::nullopt;
    return address;
}

std::optional<std::array<unsigned char, 4>> parse_ipv4(std::string_view text) {
    std::array<unsigned char, 4> address{};
    if (::inet_pton(AF_INET, std::string(text).c_str(), address.data()) != 1) return std::nullopt;
    return address;
}

/// The IPv4 address inside ::ffff:0:0/96 (RFC 4291, section 2.5.5.2) or the address itself.
std::optional<std::array<unsigned char, 4>> ipv4_of(std::string_view host) {
    if (const auto plain = parse_ipv4(host)) return plain;
    const auto mapped = parse_ipv6(host);
    if (!mapped ||
        !std::all_of(mapped->begin(), mapped->begin() + 10, [](unsigned char b) { return b == 0; }))
        return std::nullopt;
    if ((*mapped)[10] != 0xFF || (*mapped)[11] != 0xFF) return std::nullopt;
    return std::array<unsigned char, 4>{(*mapped)[12], (*mapped)[13], (*mapped)[14], (*mapped)[15]};
}

Failure invalid(std::string_view text, std::string_view reason) {
    // The text may hold a password, so none of it is shown but its scheme and what follows a user
    // information's `@`.
    const auto scheme = text.find("://");
    auto shown = scheme == std::string_view::npos ? std::string_view() : text.substr(scheme + 3);
    shown = shown.substr(0, shown.find_first_of("/?#"));
    if (const auto at = shown.rfind('@'); at != std::string_view::npos)
        shown = shown.substr(at + 1);
    return fail("net/invalid-url", "the URL `{}{}…` is not valid: {}",
                scheme == std::string_view::npos
                    ? ""
                    : printable(text.substr(0, std::min<std::size_t>(scheme, 20))) + "://",
                printable(shown, 80), reason)
        .hint("a URL looks like `https://host:port/path`");
}

struct Authority {
    std::optional<std::string> userinfo;
    std::string host;
    std::optional<std::uint16_t> port;
};

/// RFC 3986, section 3.2. The string is the reason for failing.
tl::expected<Authority, std::string> parse_authority(std::string_view text) {
    Authority authority;
    if (const auto at = text.rfind('@'); at != std::string_view::npos) {
        authority.userinfo = encode_stray_bytes(text.substr(0, at));
        text = text.substr(at + 1);
    }
    std::string_view port;
    if (text.starts_with('[')) {
        const auto close = text.find(']');
        if (close == std::string_view::npos || !parse_ipv6(text.substr(1, close - 1)))
            return tl::unexpected<std::string>("its IPv6 address is malformed");
        authority.host = to_lower(text.substr(1, close - 1));
        port = text.substr(close + 1);
        if (!port.empty() && port.front() != ':')
            return tl::unexpected<std::string>("something follows its IPv6 address");
    } else {
        const auto colon = text.find(':');
        authority.host = to_lower(text.substr(0, colon));
        port = colon == std::string_view::npos ? std::string_view() : text.substr(colon);
        if (!text.empty() && !is_host_name(authority.host))
            return tl::unexpected<std::string>(
                "its host name has characters that no host name has");
    }
    if (port.size() > 1) {
        unsigned value = 0;
        const auto [end, error] =
            std::from_chars(port.data() + 1, port.data() + port.size(), value);
        if (error != std::errc() || end != port.data() + port.size() || value == 0 || value > 65535)
            return tl::unexpected<std::string>("its port is not a number from 1 to 65535");
        authority.port = static_cast<std::uint16_t>(value);
    }
    return authority;
}

/// RFC 3986, section 5.2.4, over whole segments.
std::string remove_dot_segments(std::string_view path) {
    std::vector<std::string_view> kept;
    const auto segments = split(path, '/');
    for (std::size_t i = 1; i < segments.size();
         ++i) {  // the one before the leading slash is empty
        const bool last = i + 1 == segments.size();
        if (segments[i] == "..") {
            if (!kept.empty()) kept.pop_back();
        } else if (segments[i] != ".") {
            kept.push_back(segments[i]);
            continue;
        }
        if (last) kept.emplace_back();
    }
    std::string result;
    for (const auto segment : kept) result.append("/").append(segment);
    return result.empty() ? "/" : result;
}

std::uint16_t default_port(std::string_view scheme) {
    if (scheme == "https") return 443;
    return scheme == "http" ? 80 : 0;
}

}  // namespace

Result<Url> Url::parse(std::string_view text) {
    text = trim(text);
    if (text.size() > kMaxUrl) return invalid(text, "it is too long");
    if (std::any_of(text.begin(), text.end(), is_control))
        return invalid(text, "it has control characters");
    const auto colon = text.find("://");
    if (colon == std::string_view::npos || !is_scheme(text.substr(0, colon)))
        return invalid(text, "it does not start with a scheme such as `https://`");

    Url url;
    url.scheme_ = to_lower(text.substr(0, colon));
    auto rest = text.substr(colon + 3);
    if (const auto hash = rest.find('#'); hash != std::string_view::npos) {
        url.fragment_ = encode_stray_bytes(rest.substr(hash + 1));
        rest = rest.substr(0, hash);
    }
    if (const auto question = rest.find('?'); question != std::string_view::npos) {
        url.query_ = encode_stray_bytes(rest.substr(question + 1));
        url.has_query_ = true;
        rest = rest.substr(0, question);
    }
    const auto slash = std::min(rest.find('/'), rest.size());
    auto authority = parse_authority(rest.substr(0, slash));
    if (!authority) return invalid(text, authority.error());
    if (authority->host.empty() && url.scheme_ != "file") return invalid(text, "it has no host");
    url.userinfo_ = std::move(authority->userinfo);
    url.host_ = std::move(authority->host);
    url.port_ = authority->port;
    if (url.port_ == default_port(url.scheme_)) url.port_.reset();
    url.path_ = slash == rest.size() ? "/" : encode_stray_bytes(rest.substr(slash));
    return url;
}

std::uint16_t Url::port() const {
    return port_ ? *port_ : default_port(scheme_);
}

std::string Url::host_and_port() const {
    std::string text = host_.find(':') == std::string::npos ? host_ : "[" + host_ + "]";
    if (port_) text += ":" + std::to_string(*port_);
    return text;
}

std::string Url::username() const {
    return userinfo_ ? percent_decode(std::string_view(*userinfo_).substr(0, userinfo_->find(':')))
                     : std::string();
}

std::string Url::password() const {
    const auto colon = userinfo_ ? userinfo_->find(':') : std::string::npos;
    return colon == std::string::npos
               ? std::string()
               : percent_decode(std::string_view(*userinfo_).substr(colon + 1));
}

bool Url::is_loopback() const {
    return is_loopback_host(host_);
}

bool Url::has_same_origin(const Url& other) const {
    return scheme_ == other.scheme_ && host_ == other.host_ && port() == other.port();
}

Result<Url> Url::resolve(std::string_view reference) const {
    reference = trim(reference);
    if (std::any_of(reference.begin(), reference.end(), is_control))
        return invalid(reference, "it has control characters");
    const auto colon = reference.find(':');
    if (colon != std::string_view::npos && colon < reference.find_first_of("/?#") &&
        is_scheme(reference.substr(0, colon)))
        return parse(reference);
    if (reference.starts_with("//")) return parse(scheme_ + ":" + std::string(reference));

    Url url = *this;
    url.fragment_.clear();
    if (const auto hash = reference.find('#'); hash != std::string_view::npos) {
        url.fragment_ = encode_stray_bytes(reference.substr(hash + 1));
        reference = reference.substr(0, hash);
    }
    const auto question = reference.find('?');
    const auto path = reference.substr(0, question);
    if (question != std::string_view::npos || !path.empty()) {
        url.has_query_ = question != std::string_view::npos;
        url.query_ =
            url.has_query_ ? encode_stray_bytes(reference.substr(question + 1)) : std::string();
    }
    if (path.starts_with('/'))
        url.path_ = remove_dot_segments(encode_stray_bytes(path));
    else if (!path.empty())
        url.path_ = remove_dot_segments(path_.substr(0, path_.rfind('/') + 1) +
                                        encode_stray_bytes(path));  // section 5.2.3
    return url;
}

Url Url::with_query_parameter(std::string_view name, std::string_view value) const {
    Url url = *this;
    if (!url.query_.empty()) url.query_ += '&';
    url.query_ += percent_encode(name) + "=" + percent_encode(value);
    url.has_query_ = true;
    return url;
}

Url Url::with_userinfo_of(const Url& other) const {
    Url url = *this;
    url.userinfo_ = other.userinfo_;
    return url;
}

Url Url::with_scheme(std::string_view scheme) const {
    Url url = *this;
    url.scheme_ = scheme;
    if (url.port_ == default_port(url.scheme_)) url.port_.reset();
    return url;
}

Url Url::without_userinfo() const {
    Url url = *this;
    url.userinfo_.reset();
    return url;
}

Url Url::without_fragment() const {
    Url url = *this;
    url.fragment_.clear();
    return url;
}

std::string Url::to_string() const {
    std::string text = scheme_ + "://";
    if (userinfo_) text += *userinfo_ + "@";
    text += host_and_port() + path_;
    if (has_query_) text += "?" + query_;
    if (!fragment_.empty()) text += "#" + fragment_;
    return text;
}

RedactedUrl Url::redacted() const {
    if (empty()) return {};
    return {scheme_ + "://" + host_and_port() + path_ + (query_.empty() ? "" : "?…")};
}

std::string percent_encode(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (is_unreserved(c))
            out += c;
        else
            append_encoded(out, c);
    }
    return out;
}

std::string percent_decode(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        unsigned value = 0;
        const char* const digits = text.data() + i + 1;
        if (text[i] == '%' && i + 2 < text.size() &&
            std::from_chars(digits, digits + 2, value, 16).ptr == digits + 2) {
            out += static_cast<char>(value);
            i += 2;
        } else {
            out += text[i];
        }
    }
    return out;
}

bool is_loopback_host(std::string_view host) {
    if (host == "localhost" || host.ends_with(".localhost")) return true;
    if (const auto address = ipv4_of(host)) return (*address)[0] == 127;
    const auto address = parse_ipv6(host);
    return address &&
           std::all_of(address->begin(), address->end() - 1,
                       [](unsigned char b) { return b == 0; }) &&
           address->back() == 1;
}

bool is_local_only_host(std::string_view host) {
    if (is_loopback_host(host)) return true;
    if (const auto address = ipv4_of(host))
        return (*address)[0] == 0 || ((*address)[0] == 169 && (*address)[1] == 254);
    const auto address = parse_ipv6(host);
    if (!address) return false;
    const bool unspecified =
        std::all_of(address->begin(), address->end(), [](unsigned char b) { return b == 0; });
    return unspecified || ((*address)[0] == 0xFE && ((*address)[1] & 0xC0U) == 0x80U);
}

}  // namespace pycontainer::net
