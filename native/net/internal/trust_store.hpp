#pragma once

// The certificate authorities in OpenSSL's form, parsed once (a system's bundle takes 20 ms) for
// all connections.

#include "base/result.hpp"
#include "net/certificate_authorities.hpp"

#include <memory>
#include <vector>

namespace pycontainer::net {

/// Thread-safe once it is loaded.
class TrustStore {
public:
    TrustStore();
    ~TrustStore();
    TrustStore(const TrustStore&) = delete;
    TrustStore& operator=(const TrustStore&) = delete;

    /// Errors: `net/tls` naming the file that is no PEM.
    Result<void> load(const std::vector<CertificateSource>& sources);
    /// Makes `curl` (an easy handle) check servers against these authorities only. Without OpenSSL
    /// under curl it is left to curl to read the first of `sources`.
    void use_in(void* curl, const std::vector<CertificateSource>& sources) const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace pycontainer::net
