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
    std::string username{};
    std::string password{};
    std::string identity_token{};
    /// Where it comes from, for messages: `DOCKER_CONFIG /ci/docker/config.json`,
    /// `docker-credential-pass`. Empty when anonymous.
    std::string source{};
    /// Where was looked, in order, for messages about anonymous access.
    std::vector<std::string> looked_at{};
    /// Not made for this very registry by the user (`GITHUB_TOKEN`, `gcloud`): where it is refused,
    /// pulling goes on anonymously.
    bool ambient = false;
    /// A token of Microsoft Entra and its tenant, which an Azure registry exchanges for an identity
    /// token of its own.
    std::string entra_token{};
    std::string entra_tenant{};

    bool anonymous() const {
        return username.empty() && password.empty() && identity_token.empty() &&
               entra_token.empty();
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

/// What a caller says itself: `--registry-username` and `--registry-password-stdin`.
struct Login {
    std::string username;
    std::string password;
};

struct KeychainOptions {
    /// The registry that is pushed to: `login` and `PYCONTAINER_REGISTRY_*` are for it alone.
    std::optional<std::string> push_registry{};
    std::optional<Login> login{};
    /// False: no helper and no cloud program is started, as in a workspace that is not trusted.
    bool run_programs = true;
};

/// The first of these that knows the registry (docs/registries.md):
/// 1. the caller's own login, then `PYCONTAINER_REGISTRY_USERNAME` and `…_PASSWORD`;
/// 2. the files of container tools, in the order of `config_files`, each with its `credHelpers`,
///    `auths` and `credsStore`;
/// 3. `.netrc` (`NETRC`, else in `HOME`);
/// 4. `GITHUB_TOKEN`, `GH_TOKEN` and `gh` for ghcr.io; `az`, `aws` and `gcloud` for their own.
/// What a program says is kept; files are read anew.
///
/// Errors: `credentials/invalid-config` naming the file, never what is in it;
/// `credentials/incomplete` for one variable without the other; `credentials/helper-failed` naming
/// the helper; `cancelled`.
class DefaultKeychain final : public Keychain {
public:
    explicit DefaultKeychain(const Environment& environment, KeychainOptions options = {});
    ~DefaultKeychain() override;

    Result<Credential> resolve(const exec::Context& ctx, const std::string& registry,
                               const std::string& repository) override;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace pycontainer::credentials
