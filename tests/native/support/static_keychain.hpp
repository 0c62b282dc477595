#pragma once

#include "credentials/keychain.hpp"

#include <map>

namespace pycontainer::testing {

/// Gives out what the test put in, by registry.
class StaticKeychain final : public credentials::Keychain {
public:
    void set(const std::string& registry, credentials::Credential credential) {
        credentials_[registry] = std::move(credential);
    }
    Result<credentials::Credential> resolve(const exec::Context&, const std::string& registry,
                                            const std::string&) override {
        const auto found = credentials_.find(registry);
        if (found != credentials_.end()) return found->second;
        credentials::Credential nothing;
        nothing.looked_at = {"/home/me/.docker/config.json"};
        return nothing;
    }

private:
    std::map<std::string, credentials::Credential> credentials_;
};

}  // namespace pycontainer::testing
