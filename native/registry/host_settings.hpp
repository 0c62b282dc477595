#pragma once

// What settings – other tools' and our own – say about registries: mirrors to pull from, and
// registries without verified TLS. Docker's daemon.json and containers' registries.conf
// (containers-registries.conf(5), version 2).

#include "base/environment.hpp"
#include "base/result.hpp"
#include "oci/reference.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace pycontainer::registry {

/// A value. Thread-safe to read.
class HostSettings {
public:
    HostSettings() = default;
    /// Reads `PYCONTAINER_REGISTRY_MIRRORS` and `PYCONTAINER_REGISTRY_INSECURE`;
    /// `CONTAINERS_REGISTRIES_CONF`, else `containers/registries.conf` in `XDG_CONFIG_HOME`
    /// (else `$HOME/.config`), else in /etc; and `docker/daemon.json` of the same places. What
    /// cannot be read or understood is passed over, except the file that the variable names.
    /// `root` is where `/etc` is. Errors: `registry/invalid-settings`.
    static Result<HostSettings> load(const Environment& environment,
                                     const std::filesystem::path& root = "/");

    /// What this program itself is told; goes before what other tools are. `mirrors` are
    /// `PREFIX=PLACE`, `insecure` hosts and IPv4 networks.
    void add_own(const std::vector<std::string>& mirrors, const std::vector<std::string>& insecure);

    /// The two formats, for tests and fuzzing; what is malformed is left out.
    void read_registries_conf(std::string_view text);
    void read_daemon_json(std::string_view text);

    /// May be spoken to without TLS, or with a certificate that nobody vouches for. `registry` is a
    /// host with its port, if it has one.
    bool is_insecure(std::string_view registry) const;
    /// Where to look for the image before its own registry, in order.
    std::vector<oci::Reference> mirrors(const oci::Reference& reference) const;

private:
    struct Place {
        std::string location;  ///< `mirror.example:5000/hub`
        bool insecure = false;
    };
    struct Entry {
        std::string prefix;  ///< `docker.io`, `quay.io/acme`
        std::vector<Place> mirrors;
    };

    void add_insecure(std::string_view host);

    std::vector<oci::Reference> mirrors_of(const std::vector<Entry>& entries,
                                           const oci::Reference& reference) const;

    std::vector<Entry> own_;
    std::vector<Entry> entries_;
    std::vector<std::string> insecure_;  ///< hosts, or networks such as `10.0.0.0/8`
};

}  // namespace pycontainer::registry
