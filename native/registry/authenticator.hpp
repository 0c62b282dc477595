#pragma once

// What one registry is told about who asks: Basic credentials or bearer tokens, obtained when they
// are needed. (Distribution project, "Token Authentication" and "OAuth2 Token Authentication".)

#include "base/synchronized.hpp"
#include "credentials/keychain.hpp"
#include "net/http_client.hpp"
#include "registry/challenge.hpp"
#include "registry/grant.hpp"

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace pycontainer::registry {

enum class Access { Pull, Push };

/// What a request needs to be allowed: something in one repository, and pulling from the one that
/// is mounted from.
struct Scope {
    std::string repository;
    Access access = Access::Pull;
    std::optional<std::string> mount_from;
    bool catalog = false;  ///< instead: the list of all repositories

    /// `repository:acme/api:pull,push`, one for each repository; nothing for no repository;
    /// `registry:catalog:*` for their list.
    std::vector<std::string> to_strings() const;
};

/// Whether `realm` may be asked for a token for the registry at `base`. With credentials: the
/// registry's own host and port, or another host over verified TLS that is not one only this
/// machine can mean. Anonymously a loopback registry may also have a loopback realm.
bool is_trusted_realm(const net::Url& realm, const net::Url& base, bool anonymous);

/// Thread-safe; borrows client and keychain.
class Authenticator {
public:
    Authenticator(net::HttpClient& http, credentials::Keychain& keychain, std::string registry,
                  net::Url base, std::vector<Challenge> challenges, bool verify_tls = true)
        : http_(&http),
          keychain_(&keychain),
          registry_(std::move(registry)),
          base_(std::move(base)),
          verify_tls_(verify_tls),
          state_(State{std::move(challenges), {}, {}}) {}

    /// The value of the Authorization header; nothing when there is nothing to say. Errors:
    /// `registry/unauthorized` when the token server refuses the credentials,
    /// `registry/forbidden` when it says that it does not grant a push that was asked for,
    /// `registry/untrusted-realm`, `registry/invalid-response`, `credentials/…`, `net/…`.
    Result<std::optional<std::string>> authorization(const exec::Context& ctx, const Scope& scope);
    /// The same if it is known already, without asking anybody.
    std::optional<std::string> known_authorization(const Scope& scope) const;
    /// A request with `used` was answered with 401 and `challenges`. True: `authorization` has
    /// something else to say now.
    bool learn_refusal(const Scope& scope, const std::optional<std::string>& used,
                       std::vector<Challenge> challenges);

    /// Whether the token for `scope`, got now if need be, allows what it is to mount from; true
    /// where nothing tells. False also when the token server refuses the whole because of it.
    Result<bool> may_mount(const exec::Context& ctx, const Scope& scope);
    /// Who we are to this repository.
    Result<credentials::Credential> credential(const exec::Context& ctx,
                                               const std::string& repository);
    const std::string& registry() const { return registry_; }
    const net::Url& base() const { return base_; }
    /// False: the user has declared the registry insecure.
    bool verifies_tls() const { return verify_tls_; }

private:
    using Clock = std::chrono::steady_clock;
    struct Token {
        std::string value;
        Clock::time_point renew_at;
        std::optional<Grant> grant;
    };
    struct State {
        std::vector<Challenge> challenges;
        std::map<std::string, credentials::Credential> credentials;  ///< by repository
        std::map<std::string, Token> tokens;                         ///< by scopes
    };

    Result<credentials::Credential> find_credential(const exec::Context& ctx, State& state,
                                                    const std::string& repository) const;
    /// Makes an identity token of an Entra token; a refusal leaves an anonymous credential.
    Result<void> exchange(const exec::Context& ctx, credentials::Credential& credential) const;
    Result<Token> find_token(const exec::Context& ctx, State& state, const Scope& scope) const;
    Result<Token> fetch_token(const exec::Context& ctx, const Challenge& challenge,
                              credentials::Credential& credential, const Scope& scope) const;
    Result<net::HttpResponse> ask_for_token(const exec::Context& ctx, const Challenge& challenge,
                                            const credentials::Credential& credential,
                                            const Scope& scope) const;
    net::HttpRequest token_request(const net::Url& realm, const Challenge& challenge,
                                   const credentials::Credential& credential,
                                   const Scope& scope) const;

    net::HttpClient* http_;
    credentials::Keychain* keychain_;
    std::string registry_;
    net::Url base_;
    bool verify_tls_;
    Synchronized<State>
        state_;  ///< held while a token is fetched, so that many workers fetch it once
};

}  // namespace pycontainer::registry
