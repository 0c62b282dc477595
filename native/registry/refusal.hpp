#pragma once

// A registry's no, in words: what was refused, who asked, what the registry itself says, and what
// is likely wrong.

#include "base/result.hpp"
#include "credentials/keychain.hpp"
#include "net/http_client.hpp"
#include "registry/authenticator.hpp"

#include <string>

namespace pycontainer::registry {

enum class Subject { Token, Manifest, Blob, Upload };

/// What was being done when the registry refused.
struct Operation {
    std::string registry;
    Scope scope;
    Subject subject = Subject::Manifest;
    std::string name;  ///< the reference or digest in question; may be empty
};

/// `CODE: message; …` from the JSON body that the distribution specification defines ("Error
/// Codes"), fit for a terminal and without any secret of `credential`. Empty when there is none.
std::string registry_message(const net::HttpResponse& response,
                             const credentials::Credential& credential);

/// A token server granted less than the push that was asked for: `granted` in words.
Failure not_granted(const Operation& operation, const std::string& granted,
                    const credentials::Credential& credential);

/// `registry/unauthorized`, `forbidden`, `not-found`, `rate-limited`, `unavailable` or `rejected`,
/// by the status.
Failure refusal(const Operation& operation, const net::HttpResponse& response,
                const credentials::Credential& credential);

}  // namespace pycontainer::registry
