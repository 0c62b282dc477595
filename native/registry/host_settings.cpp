#include "registry/host_settings.hpp"

#include "base/file.hpp"
#include "base/json.hpp"
#include "base/strings.hpp"
#include "credentials/docker_config.hpp"
#include "toml/document.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <optional>

namespace pycontainer::registry {
namespace {

constexpr std::uint64_t kMaxFile = 1U << 20U;
constexpr std::size_t kMaxEntries = 1000;

std::string_view without_scheme(std::string_view text) {
    for (const std::string_view scheme : {"https://", "http://"})
        if (text.starts_with(scheme)) text.remove_prefix(scheme.size());
    while (text.ends_with('/')) text.remove_suffix(1);
    return text;
}

std::string_view host_of(std::string_view location) {
    return location.substr(0, location.find('/'));
}

/// Whether the IPv4 address `host` is in `network`, as in `10.0.0.0/8`.
bool is_in_network(std::string_view host, std::string_view network) {
    const auto slash = network.find('/');
    if (slash == std::string_view::npos) return false;
    unsigned bits = 0;
    const auto width = network.substr(slash + 1);
    const auto [end, error] = std::from_chars(width.data(), width.data() + width.size(), bits);
    in_addr address{};
    in_addr base{};
    if (error != std::errc() || end != width.data() + width.size() || bits > 32 ||
        ::inet_pton(AF_INET, std::string(host).c_str(), &address) != 1 ||
        ::inet_pton(AF_INET, std::string(network.substr(0, slash)).c_str(), &base) != 1)
        return false;
    const std::uint32_t mask = bits == 0 ? 0 : ~std::uint32_t{0} << (32U - bits);
    return (ntohl(address.s_addr) & mask) == (ntohl(base.s_addr) & mask);
}

std::vector<std::filesystem::path> candidates(const Environment& environment,
                                              const std::filesystem::path& root,
                                              const std::filesystem::path& name) {
    std::vector<std::filesystem::path> files;
    if (const auto config = environment.find_nonempty("XDG_CONFIG_HOME"))
        files.push_back(*config / name);
    else if (const auto home = environment.find_nonempty("HOME"))
        files.push_back(std::filesystem::path(*home) / ".config" / name);
    files.push_back(root / "etc" / name);
    return files;
}

/// A variable's items, between commas.
std::vector<std::string> items_of(const Environment& environment, std::string_view variable) {
    std::vector<std::string> items;
    if (const auto text = environment.find_nonempty(variable))
        for (const auto part : split(*text, ','))
            if (const auto item = trim(part); !item.empty()) items.emplace_back(item);
    return items;
}

}  // namespace

Result<HostSettings> HostSettings::load(const Environment& environment,
                                        const std::filesystem::path& root) {
    HostSettings settings;
    // Also for commands that are about no project, whose configuration would say it.
    settings.add_own(items_of(environment, "PYCONTAINER_REGISTRY_MIRRORS"),
                     items_of(environment, "PYCONTAINER_REGISTRY_INSECURE"));
    if (const auto named = environment.find_nonempty("CONTAINERS_REGISTRIES_CONF")) {
        const auto text = read_file(*named, kMaxFile);
        if (!text || !toml::parse(*text, *named).diagnostics.empty())
            return fail("registry/invalid-settings",
                        "`{}` (from CONTAINERS_REGISTRIES_CONF) cannot be read as TOML",
                        printable(*named))
                .hint("correct the file, or unset the variable");
        settings.read_registries_conf(*text);
    } else {
        for (const auto& file : candidates(environment, root, "containers/registries.conf")) {
            const auto text = read_file(file, kMaxFile);
            if (!text) continue;
            settings.read_registries_conf(*text);
            break;  // the user's stands for the system's
        }
    }
    for (const auto& file : candidates(environment, root, "docker/daemon.json"))
        if (const auto text = read_file(file, kMaxFile)) settings.read_daemon_json(*text);
    return settings;
}

void HostSettings::add_insecure(std::string_view host) {
    if (!host.empty() && insecure_.size() < kMaxEntries)
        insecure_.push_back(credentials::canonical_registry(host));
}

void HostSettings::read_registries_conf(std::string_view text) {
    const auto document = toml::parse(text, "registries.conf");
    const auto* const registries = member(document.value, "registry");
    if (registries == nullptr || !registries->is_array()) return;
    for (const auto& registry : *registries) {
        if (entries_.size() >= kMaxEntries) return;
        const auto location = string_member(registry, "location").value_or("");
        Entry entry{string_member(registry, "prefix").value_or(location), {}};
        if (entry.prefix.empty() || entry.prefix.starts_with('*')) continue;
        if (bool_member(registry, "insecure").value_or(false))
            add_insecure(host_of(location.empty() ? entry.prefix : location));
        const auto* const mirrors = member(registry, "mirror");
        for (const auto& mirror : mirrors && mirrors->is_array() ? *mirrors : Json::array()) {
            Place place{string_member(mirror, "location").value_or(""),
                        bool_member(mirror, "insecure").value_or(false)};
            if (place.location.empty() || entry.mirrors.size() >= kMaxEntries) continue;
            if (place.insecure) add_insecure(host_of(place.location));
            entry.mirrors.push_back(std::move(place));
        }
        // Another location than the prefix is where the images are.
        if (!location.empty() && location != entry.prefix)
            entry.mirrors.push_back({location, false});
        entries_.push_back(std::move(entry));
    }
}

void HostSettings::read_daemon_json(std::string_view text) {
    const auto json = parse_json(text, "daemon.json");
    if (!json) return;
    if (const auto* const hosts = member(*json, "insecure-registries"); hosts && hosts->is_array())
        for (const auto& host : *hosts)
            if (host.is_string()) add_insecure(without_scheme(host.get_ref<const std::string&>()));
    const auto* const mirrors = member(*json, "registry-mirrors");
    if (mirrors == nullptr || !mirrors->is_array()) return;
    Entry hub{"docker.io", {}};
    for (const auto& mirror : *mirrors) {
        if (!mirror.is_string() || hub.mirrors.size() >= kMaxEntries) continue;
        const auto& url = mirror.get_ref<const std::string&>();
        const bool plain = url.starts_with("http://");
        const auto location = without_scheme(url);
        if (plain) add_insecure(host_of(location));
        hub.mirrors.push_back({std::string(location), plain});
    }
    entries_.push_back(std::move(hub));
}

bool HostSettings::is_insecure(std::string_view registry) const {
    const auto wanted = credentials::canonical_registry(registry);
    const auto name = wanted.substr(0, wanted.find(':'));
    return std::any_of(insecure_.begin(), insecure_.end(), [&](const std::string& one) {
        return one == wanted || is_in_network(name, one);
    });
}

void HostSettings::add_own(const std::vector<std::string>& mirrors,
                           const std::vector<std::string>& insecure) {
    for (const auto& host : insecure) add_insecure(without_scheme(host));
    for (const auto& mirror : mirrors) {
        const auto equals = mirror.find('=');
        if (equals == std::string::npos || own_.size() >= kMaxEntries) continue;
        const auto prefix = mirror.substr(0, equals);
        auto entry = std::find_if(own_.begin(), own_.end(),
                                  [&](const Entry& one) { return one.prefix == prefix; });
        if (entry == own_.end()) {
            own_.push_back(Entry{prefix, {}});
            entry = std::prev(own_.end());
        }
        entry->mirrors.push_back(Place{mirror.substr(equals + 1), false});
    }
}

std::vector<oci::Reference> HostSettings::mirrors(const oci::Reference& reference) const {
    auto found = mirrors_of(own_, reference);
    for (auto& other : mirrors_of(entries_, reference))
        if (std::find(found.begin(), found.end(), other) == found.end())
            found.push_back(std::move(other));
    return found;
}

std::vector<oci::Reference> HostSettings::mirrors_of(const std::vector<Entry>& entries,
                                                     const oci::Reference& reference) const {
    const auto whole = reference.name();
    const Entry* best = nullptr;
    for (const auto& entry : entries) {
        const bool covers = whole == entry.prefix || whole.starts_with(entry.prefix + "/");
        if (covers && !entry.mirrors.empty() &&
            (best == nullptr || entry.prefix.size() > best->prefix.size()))
            best = &entry;
    }
    std::vector<oci::Reference> found;
    if (best == nullptr) return found;
    for (const auto& mirror : best->mirrors) {
        auto text = mirror.location + whole.substr(best->prefix.size());
        if (reference.tag()) text += ":" + *reference.tag();
        if (reference.digest()) text += "@" + reference.digest()->to_string();
        if (auto parsed = oci::Reference::parse(text); parsed && parsed->names_registry())
            found.push_back(std::move(*parsed));
    }
    return found;
}

}  // namespace pycontainer::registry
