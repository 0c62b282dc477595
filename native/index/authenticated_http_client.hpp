#pragma once

// HTTP to package indexes, with the credentials that belong to each address.

#include "index/index_credentials.hpp"
#include "net/http_client.hpp"

namespace pycontainer::index {

/// Thread-safe; borrows both. A redirect to another place takes no credentials along: that is the
/// inner client's part.
class AuthenticatedHttpClient final : public net::HttpClient {
public:
    AuthenticatedHttpClient(net::HttpClient& inner, const IndexCredentials& credentials)
        : inner_(&inner), credentials_(&credentials) {}

    /// Adds what `IndexCredentials::find` knows; when the server answers 401 or 403, asks the
    /// keyring and tries once more. What is refused then is an error that says which credentials
    /// were used, unless the index takes the status for "not here".
    ///
    /// Errors: `index/unauthorized`, and those of the inner client.
    Result<net::HttpResponse> send(const exec::Context& ctx, const net::HttpRequest& request,
                                   const ByteSink& sink = {}) override;

private:
    net::HttpClient* inner_;
    const IndexCredentials* credentials_;
};

}  // namespace pycontainer::index
