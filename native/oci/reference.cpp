#include "oci/reference.hpp"

#include "base/strings.hpp"

#include <algorithm>

namespace pycontainer::oci {
namespace {

constexpr std::string_view kHub = "docker.io";
constexpr std::string_view kHubLegacy = "index.docker.io";
constexpr std::string_view kOfficial = "library/";
constexpr std::size_t kMaxRepository = 255;
constexpr std::size_t kMaxTag = 128;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_lower(char c) {
    return c >= 'a' && c <= 'z';
}
bool is_upper(char c) {
    return c >= 'A' && c <= 'Z';
}
bool is_component_char(char c) {
    return is_lower(c) || is_digit(c);
}

/// `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*`: alphanumeric runs with one separator between two of them.
bool is_component(std::string_view text) {
    std::size_t i = 0;
    while (i < text.size()) {
        const auto start = i;
        while (i < text.size() && is_component_char(text[i])) ++i;
        if (i == start) return false;
        if (i == text.size()) return true;
        const auto separator = text.substr(i, text.find_first_not_of(text[i], i) - i);
        const bool valid =
            separator == "." || separator == "_" || separator == "__" || separator.front() == '-';
        if (!valid) return false;
        i += separator.size();
    }
    return false;
}

/// `host`, `host:port` or `[v6]:port`.
bool is_registry(std::string_view text) {
    if (text.starts_with('[')) {
        const auto close = text.find(']');
        if (close == std::string_view::npos || close < 3) return false;
        const auto inside = text.substr(1, close - 1);
        if (inside.find_first_not_of("0123456789abcdefABCDEF:.") != std::string_view::npos)
            return false;
        text.remove_prefix(close + 1);
        if (text.empty()) return true;
    } else {
        const auto host = text.substr(0, text.find(':'));
        if (host.empty() || host.front() == '-' || host.front() == '.' || host.back() == '.')
            return false;
        if (!std::all_of(host.begin(), host.end(), [](char c) {
                return is_component_char(c) || is_upper(c) || c == '-' || c == '.';
            }))
            return false;
        text.remove_prefix(host.size());
        if (text.empty()) return true;
    }
    if (text.front() != ':') return false;
    text.remove_prefix(1);
    if (text.empty() || text.size() > 5 || !std::all_of(text.begin(), text.end(), is_digit))
        return false;
    unsigned port = 0;
    for (const char c : text) port = port * 10 + static_cast<unsigned>(c - '0');
    return port >= 1 && port <= 65535;
}

/// Docker's rule: the first part is a registry if it has a dot or a colon, or is `localhost`.
bool looks_like_registry(std::string_view first) {
    return first == "localhost" || first.find_first_of(".:[") != std::string_view::npos;
}

Failure invalid_component(std::string_view component, std::string_view text) {
    auto failure = fail("reference/invalid", "`{}` is not a valid repository name in `{}`",
                        printable(component, 80), printable(text, 120));
    const auto lower = to_lower(component);
    if (lower != component && is_component(lower))
        return std::move(failure).hint("repository names are lower case: `{}`", lower);
    return std::move(failure).hint(
        "use lower-case letters and digits with single `.`, `_` or `-` between them, as in "
        "`ghcr.io/acme/api:1.0`");
}

bool is_path(std::string_view text) {
    for (const std::string_view start : {"/", "./", "../", "~/"})
        if (text.starts_with(start)) return true;
    return text == "." || text == "..";
}

}  // namespace

bool is_valid_tag(std::string_view text) {
    const auto is_word = [](char c) { return is_component_char(c) || is_upper(c) || c == '_'; };
    return !text.empty() && text.size() <= kMaxTag && is_word(text.front()) &&
           std::all_of(text.begin(), text.end(),
                       [&](char c) { return is_word(c) || c == '.' || c == '-'; });
}

Result<Reference> Reference::parse(std::string_view text) {
    Reference reference;
    auto rest = text;
    if (rest.find("://") != std::string_view::npos)
        return fail("reference/invalid", "`{}` is a URL, not an image reference",
                    printable(text, 120))
            .hint("leave the scheme out: `{}`", printable(rest.substr(rest.find("://") + 3), 120));
    if (is_path(rest))
        return fail("reference/invalid", "`{}` is a path, not an image reference",
                    printable(text, 120))
            .hint(
                "check that it is there; a layout is written `oci:DIR`, an archive "
                "`oci-archive:FILE`");
    if (const auto at = rest.find('@'); at != std::string_view::npos) {
        auto digest = Digest::parse(rest.substr(at + 1));
        // What stands before the `@` may be a password: it is not repeated.
        if (!digest)
            return fail("reference/invalid", "`{}` behind the `@` is not a digest",
                        printable(rest.substr(at + 1), 120))
                .hint(
                    "a digest is `sha256:` and 64 lower-case hexadecimal digits; a reference has "
                    "no user name or password");
        reference.digest_ = *digest;
        rest = rest.substr(0, at);
    }
    // A colon behind the last slash starts the tag; one before it belongs to the registry's port.
    const auto slash = rest.rfind('/');
    if (const auto colon = rest.rfind(':');
        colon != std::string_view::npos && (slash == std::string_view::npos || colon > slash)) {
        const auto tag = rest.substr(colon + 1);
        if (!is_valid_tag(tag))
            return fail("reference/invalid", "`{}` is not a valid tag in `{}`", printable(tag, 80),
                        printable(text, 120))
                .hint(
                    "a tag has up to 128 letters, digits, `_`, `.` and `-`, and does not start "
                    "with `.` or `-`");
        reference.tag_ = tag;
        rest = rest.substr(0, colon);
    }
    const auto first = rest.find('/');
    if (first != std::string_view::npos && looks_like_registry(rest.substr(0, first))) {
        const auto registry = rest.substr(0, first);
        if (!is_registry(registry))
            return fail("reference/invalid", "`{}` is not a registry's host name in `{}`",
                        printable(registry, 80), printable(text, 120));
        reference.registry_ = registry == kHubLegacy ? kHub : registry;
        reference.repository_ = rest.substr(first + 1);
        reference.names_registry_ = true;
    } else {
        reference.registry_ = kHub;
        reference.repository_ = rest;
    }
    for (const auto component : split(reference.repository_, '/'))
        if (!is_component(component)) return invalid_component(component, text);
    if (reference.registry_ == kHub && reference.repository_.find('/') == std::string::npos)
        reference.repository_.insert(0, kOfficial);
    if (reference.repository_.size() > kMaxRepository)
        return fail("reference/invalid", "the repository name in `{}` is longer than {} bytes",
                    printable(text, 120), kMaxRepository);
    if (!reference.tag_ && !reference.digest_) reference.tag_ = "latest";
    return reference;
}

Reference Reference::with_tag(std::string tag) const {
    PYC_ASSERT(is_valid_tag(tag));
    Reference other = *this;
    other.tag_ = std::move(tag);
    other.digest_.reset();
    return other;
}

Reference Reference::with_digest(const Digest& digest) const {
    Reference other = *this;
    other.tag_.reset();
    other.digest_ = digest;
    return other;
}

std::string Reference::suffix() const {
    std::string text;
    if (tag_) text += ":" + *tag_;
    if (digest_) text += "@" + digest_->to_string();
    return text;
}

std::string Reference::to_string() const {
    if (registry_ != kHub) return to_full_string();
    const bool official = repository_.starts_with(kOfficial) &&
                          repository_.find('/', kOfficial.size()) == std::string::npos;
    // `docker.io/host.example/x` needs its registry: without it the first part would be read as
    // one.
    const auto first = repository_.substr(0, repository_.find('/'));
    if (!official && looks_like_registry(first)) return to_full_string();
    return (official ? repository_.substr(kOfficial.size()) : repository_) + suffix();
}

std::string Reference::to_full_string() const {
    return registry_ + "/" + repository_ + suffix();
}

}  // namespace pycontainer::oci
