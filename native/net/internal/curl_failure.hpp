#pragma once

// What went wrong in curl, in words about the server that was meant.

#include "base/result.hpp"
#include "net/certificate_authorities.hpp"
#include "net/http_client.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace pycontainer::net {

/// How a request goes out.
struct Route {
    std::string proxy{};  ///< as the environment has it; empty: direct
    const std::vector<CertificateSource>* authorities =
        nullptr;  ///< null: nothing on the way is TLS

    /// Host and port of the proxy, without its credentials.
    std::string redacted_proxy() const;
};

/// The `net/…` failure for curl's code `result` on the easy handle `easy`; `message` is curl's own.
Failure transfer_failure(void* easy, int result, std::string_view message,
                         const HttpRequest& request, const Route& route);

}  // namespace pycontainer::net
