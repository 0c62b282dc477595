#pragma once

// `login` and `logout`: credentials written where docker writes them, so that every container tool
// finds them.

#include "credentials/keychain.hpp"

#include <string>
#include <vector>

namespace pycontainer::credentials {

struct StoredLogin {
    std::string place;        ///< the file, or the helper
    bool plain_text = false;  ///< in the file itself, only base64
};

/// Into the helper that Docker's config.json names for the registry (`credHelpers`, `credsStore`),
/// else into the file's `auths`: mode 0600, replaced as a whole, everything else in it kept.
/// Errors: `credentials/no-home`, `credentials/invalid-config`, `credentials/helper-failed`,
/// `process/not-found`, `file/…`.
Result<StoredLogin> store_login(const exec::Context& ctx, const std::string& registry,
                                const Credential& credential);

/// Out of all of these. The places where something was; none is not an error. Errors: as above.
Result<std::vector<std::string>> erase_login(const exec::Context& ctx, const std::string& registry);

}  // namespace pycontainer::credentials
