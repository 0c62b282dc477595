#pragma once

// Credentials that the caller of one operation brought along: an editor that has asked the user, or
// has a session with a provider. They live as long as the operation and are written nowhere.

#include "base/json.hpp"
#include "credentials/keychain.hpp"

namespace pycontainer::credentials {

/// What to say to one registry.
struct GivenCredential {
    std::string registry;  ///< `ghcr.io`, `127.0.0.1:5000`
    std::string username{};
    std::string password{};
    std::string entra_token{};  ///< instead of both, for an Azure registry
};

/// Reads the list of a request that its schema has accepted; null: there is none.
std::vector<GivenCredential> read_given(const Json* list);

/// Answers from what was given, for those very registries, and asks `next` otherwise. Borrows it.
/// Thread-safe.
class GivenKeychain final : public Keychain {
public:
    GivenKeychain(std::vector<GivenCredential> given, Keychain& next)
        : given_(std::move(given)), next_(&next) {}

    Result<Credential> resolve(const exec::Context& ctx, const std::string& registry,
                               const std::string& repository) override;

private:
    std::vector<GivenCredential> given_;
    Keychain* next_;
};

}  // namespace pycontainer::credentials
