#pragma once

// The protocol of docker-credential-helpers: `docker-credential-NAME get|store|erase`, the server
// or JSON on standard input, JSON on standard output. Other programs' credentials: cloud.hpp.

#include "credentials/keychain.hpp"

#include <optional>
#include <string>

namespace pycontainer::credentials {

/// Nothing: it has none for this registry, which helpers say in many ways. Errors:
/// `credentials/helper-failed`, `process/not-found`, `cancelled`.
Result<std::optional<Credential>> ask_helper(const exec::Context& ctx, const std::string& name,
                                             const std::string& registry);
/// Errors: `credentials/helper-failed`, `process/not-found`, `cancelled`.
Result<void> store_in_helper(const exec::Context& ctx, const std::string& name,
                             const std::string& registry, const Credential& credential);
/// What is not there is erased. Errors: as above.
Result<void> erase_from_helper(const exec::Context& ctx, const std::string& name,
                               const std::string& registry);

}  // namespace pycontainer::credentials
