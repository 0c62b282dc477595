#pragma once

// Requests to registries: how each is reached, with the authorization that a request needs.

#include "base/digest.hpp"
#include "base/synchronized.hpp"
#include "net/http_client.hpp"
#include "oci/reference.hpp"
#include "registry/authenticator.hpp"
#include "registry/host_settings.hpp"
#include "registry/refusal.hpp"

#include <chrono>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace pycontainer::registry {

/// For a whole request whose answer is small: 4 MiB at 47 kB a second.
constexpr std::chrono::seconds kDocumentTimeout{90};

/// Thread-safe; borrows client and keychain. Finds out once per registry how it is spoken to:
/// HTTPS, or plain HTTP if it is a loopback host – or one that the settings of other tools declare
/// insecure – that does not speak TLS; without credentials until it asks for some.
class Transport {
public:
    Transport(net::HttpClient& http, credentials::Keychain& keychain)
        : http_(&http), keychain_(&keychain) {}

    /// `/v2/<repository>/<path>` at the registry.
    Result<net::Url> address(const exec::Context& ctx, const oci::Reference& reference,
                             const std::string& path);
    /// Where the registry is: scheme, host and port.
    Result<net::Url> base(const exec::Context& ctx, const std::string& registry);
    /// Sends with an authorization for `scope`, and once more after a 401 that a new one may
    /// change. Other hosts than the registry's own get none.
    Result<net::HttpResponse> send(const exec::Context& ctx, const std::string& registry,
                                   net::HttpRequest request, const Scope& scope,
                                   const ByteSink& sink = {});
    /// Sends once with what is known already: for a last word that must not take long.
    void send_briefly(const exec::Context& ctx, const std::string& registry,
                      net::HttpRequest request, const Scope& scope);
    /// Fails as `refusal` says unless the status is one of `statuses`.
    Result<void> expect(const exec::Context& ctx, const Operation& operation,
                        const net::HttpResponse& response, std::initializer_list<int> statuses);
    /// Own settings, before those of other tools. Before anything is asked.
    void use_own_settings(std::vector<std::string> mirrors, std::vector<std::string> insecure);
    /// What settings say, read at the first use. Errors: `registry/invalid-settings`.
    Result<const HostSettings*> settings(const exec::Context& ctx);
    /// Whether what `scope` mounts from may be pulled, as far as a token tells.
    Result<bool> may_mount(const exec::Context& ctx, const std::string& registry,
                           const Scope& scope);
    Result<credentials::Credential> credential(const exec::Context& ctx,
                                               const oci::Reference& repository);

private:
    /// One registry: reached once, under the lock, by whoever comes first.
    using Host = Synchronized<std::unique_ptr<Authenticator>>;

    Result<Authenticator*> host_of(const exec::Context& ctx, const std::string& registry);
    Result<std::unique_ptr<Authenticator>> connect(const exec::Context& ctx,
                                                   const std::string& registry);
    /// Where the registry is and what it says; over plain HTTP only where that is allowed.
    Result<net::HttpResponse> reach(const exec::Context& ctx, const std::string& registry,
                                    bool insecure, net::Url& base) const;
    Result<net::HttpResponse> ping(const exec::Context& ctx, const net::Url& base, bool insecure,
                                   bool is_probe) const;

    net::HttpClient* http_;
    credentials::Keychain* keychain_;
    Synchronized<std::map<std::string, std::unique_ptr<Host>>> hosts_;
    std::vector<std::string> own_mirrors_;
    std::vector<std::string> own_insecure_;
    Synchronized<std::unique_ptr<HostSettings>> settings_;
};

/// The digest that a registry says it sent or stored. Nothing when it does not say, or says it in
/// another algorithm.
std::optional<Digest> announced_digest(const net::Headers& headers);

/// `registry/digest-mismatch`: `what` was expected to have `expected`, but has `actual`.
Failure digest_mismatch(const std::string& what, const std::string& expected,
                        const std::string& actual);

}  // namespace pycontainer::registry
