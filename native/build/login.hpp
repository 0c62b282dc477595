#pragma once

// `pycontainer login` and `logout`.

#include "base/json.hpp"
#include "credentials/keychain.hpp"
#include "exec/context.hpp"

#include <string>

namespace pycontainer::build {

struct LoginRequest {
    std::string registry;  ///< `ghcr.io`, `127.0.0.1:5000`; Docker Hub is `docker.io`
    credentials::Login login;
};

/// Shows the registry the credentials and, when it takes them, stores them where docker does. The
/// answer says where. Errors: `registry/unauthorized`, `net/…`, `credentials/…`, `file/…`.
Result<Json> login(const exec::Context& ctx, const LoginRequest& request);

/// Removes them from there. The answer lists the places where some were. Errors: as above.
Result<Json> logout(const exec::Context& ctx, const std::string& registry);

}  // namespace pycontainer::build
