#pragma once

// Who the user is to a registry: found where container tools keep it, without being asked for.

#include "base/result.hpp"
#include "exec/context.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace pycontainer::credentials {

/// User name and password, or an identity token (OAuth2 refresh token), or neither: anonymous.
/// Never printed.
struct Credential {
    std::string username;
    std::string password;
    std::string identity_token;
    /// Where it comes from, for messages: `DOCKER_CONFIG /ci/docker/config.json`,
    /// `docker-credential-pass`. Empty when anonymous.
    std::string source;
    /// Where was looked, in order, for messages about anonymous access.
    std::vector<std::string> looked_at;
    /// Not made for this very registry by the user (`GITHUB_TOKEN`, `gcloud`): where it is refused,
    /// pulling goes on anonymously.
    bool ambient = false;

    bool anonymous() const {
        return username.empty() && password.empty() && identity_token.empty();
    }
};

/// Thread-safe.
class Keychain {
public:
    Keychain() = default;
    Keychain(const Keychain&) = delete;
    Keychain& operator=(const Keychain&) = delete;
    virtual ~Keychain() = default;

    /// What to say to `registry` (`docker.io`, `ghcr.io`, `127.0.0.1:5000`) about `repository`.
    /// Nothing found is the anonymous credential, not an error.
    virtual Result<Credential> resolve(const exec::Context& ctx, const std::string& registry,
                                       const std::string& repository) = 0;
};

/// `PYCONTAINER_REGISTRY_USERNAME` and `PYCONTAINER_REGISTRY_PASSWORD`, only for the registry that
/// is pushed to; then Docker's config.json (in `DOCKER_CONFIG`, else `$HOME/.docker`):
/// `credHelpers`, `auths`, `credsStore`. Nothing is remembered.
///
/// Errors: `credentials/invalid-config` naming the file, never what is in it;
/// `credentials/incomplete` for one variable without the other; `credentials/helper-failed` naming
/// the helper; `cancelled`.
class DefaultKeychain final : public Keychain {
public:
    explicit DefaultKeychain(const Environment& environment,
                             std::optional<std::string> push_registry = std::nullopt);
    ~DefaultKeychain() override;

    Result<Credential> resolve(const exec::Context& ctx, const std::string& registry,
                               const std::string& repository) override;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace pycontainer::credentials
