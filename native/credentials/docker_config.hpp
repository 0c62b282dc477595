#pragma once

// Docker's config.json: which credentials it holds itself and which helper programs it names. No
// file access, no processes.

#include "base/json.hpp"
#include "credentials/keychain.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace pycontainer::credentials {

/// A value. Registries match however they are written: with a scheme, with `/v1/` or `/v2/` behind,
/// Docker Hub by any of its names. A key with a path (`ghcr.io/acme`, as podman writes them) is for
/// repositories below it and wins over the host's.
class DockerConfig {
public:
    /// `origin` names the file in messages. Errors: `credentials/invalid-config`; nothing of the
    /// text is ever shown.
    static Result<DockerConfig> parse(std::string_view text, std::string origin);

    /// What `auths` holds; nothing when there is no entry or an empty one, as credential stores
    /// leave behind.
    Result<std::optional<Credential>> stored(std::string_view registry,
                                             std::string_view repository) const;
    /// The part after `docker-credential-` of the helper for this very registry.
    std::optional<std::string> helper(std::string_view registry, std::string_view repository) const;
    /// The part after `docker-credential-` of the helper for every registry.
    std::optional<std::string> store() const;
    /// All that are named, as `canonical_registry` writes them, sorted: an entry is left behind
    /// even where a store has the credential itself.
    std::vector<std::string> registries() const;

private:
    DockerConfig() = default;
    Json json_;
    std::string origin_;
};

/// One name for a registry: lower case, `docker.io` for all of Docker Hub's.
std::string canonical_registry(std::string_view registry);
/// What Docker calls the registry towards helpers: `https://index.docker.io/v1/` for Docker Hub,
/// else its host.
std::string helper_server(std::string_view registry);

}  // namespace pycontainer::credentials
