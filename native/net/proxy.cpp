#include "net/proxy.hpp"

#include "base/strings.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <charconv>
#include <vector>

namespace pycontainer::net {
namespace {

std::vector<unsigned char> address_bytes(std::string_view text) {
    const std::string host(text);
    std::array<unsigned char, 16> bytes{};
    if (::inet_pton(AF_INET, host.c_str(), bytes.data()) == 1)
        return {bytes.begin(), bytes.begin() + 4};
    if (::inet_pton(AF_INET6, host.c_str(), bytes.data()) == 1) return {bytes.begin(), bytes.end()};
    return {};
}

bool is_in_network(std::string_view host, std::string_view network) {
    const auto slash = network.find('/');
    unsigned bits = 0;
    if (std::from_chars(network.data() + slash + 1, network.data() + network.size(), bits).ec !=
        std::errc())
        return false;
    const auto address = address_bytes(host);
    const auto base = address_bytes(network.substr(0, slash));
    if (address.empty() || address.size() != base.size() || bits > address.size() * 8) return false;
    for (std::size_t i = 0; i < address.size() && bits > 0; ++i) {
        const unsigned width = std::min(bits, 8U);
        const unsigned mask = (0xFFU << (8U - width)) & 0xFFU;
        if ((address[i] & mask) != (base[i] & mask)) return false;
        bits -= width;
    }
    return true;
}

bool matches(std::string_view entry, const Url& url) {
    if (entry == "*") return true;
    if (entry.find('/') != std::string_view::npos) return is_in_network(url.host(), entry);
    if (!address_bytes(entry).empty()) return address_bytes(entry) == address_bytes(url.host());
    if (const auto colon = entry.rfind(':'); colon != std::string_view::npos) {
        if (entry.substr(colon + 1) != std::to_string(url.port())) return false;
        entry = entry.substr(0, colon);
    }
    if (entry.starts_with('[') && entry.ends_with(']')) entry = entry.substr(1, entry.size() - 2);
    if (entry.starts_with("*.")) entry.remove_prefix(1);
    if (entry.starts_with('.')) entry.remove_prefix(1);
    const auto name = to_lower(entry);
    return !name.empty() && (url.host() == name || url.host().ends_with("." + name));
}

bool is_direct(const Environment& environment, const Url& url) {
    if (url.is_loopback()) return true;
    auto list = environment.find_nonempty("no_proxy");
    if (!list) list = environment.find_nonempty("NO_PROXY");
    if (!list) return false;
    std::replace(list->begin(), list->end(), ' ', ',');
    const auto entries = split(*list, ',');
    return std::any_of(entries.begin(), entries.end(),
                       [&](std::string_view entry) { return matches(trim(entry), url); });
}

}  // namespace

std::string proxy_for(const Environment& environment, const Url& url) {
    if (is_direct(environment, url)) return {};
    const auto names =
        url.is_https()
            ? std::vector<std::string_view>{"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}
            : std::vector<std::string_view>{"http_proxy", "all_proxy", "ALL_PROXY"};
    for (const auto name : names) {
        if (const auto value = environment.find(name))
            return *value;  // set but empty: no proxy, whatever comes after
    }
    return {};
}

}  // namespace pycontainer::net
