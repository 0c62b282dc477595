#pragma once

// Where the certificates are that servers are checked against.

#include <filesystem>
#include <string>

#include "base/environment.hpp"
#include "base/result.hpp"

namespace pycontainer::net {

struct CertificateAuthorities {
    std::filesystem::path file;       ///< a PEM bundle; empty: none
    std::filesystem::path directory;  ///< of hashed certificates; empty: none
    std::string origin;               ///< the variable that named them, or `the system`

    bool empty() const { return file.empty() && directory.empty(); }
};

/// `PIP_CERT`, `REQUESTS_CA_BUNDLE`, `SSL_CERT_FILE` (with `SSL_CERT_DIR`), `CURL_CA_BUNDLE` or `SSL_CERT_DIR`, the first that is set;
/// otherwise the bundle of Debian, RHEL, SUSE, Alpine or BSD under `root`. Nothing found is an empty value.
/// Errors: `net/tls` for a variable that names what does not exist.
Result<CertificateAuthorities> find_certificate_authorities(const Environment& environment, const std::filesystem::path& root = "/");

}  // namespace pycontainer::net
