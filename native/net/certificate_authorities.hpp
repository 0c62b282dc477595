#pragma once

// Where the certificates are that servers are checked against.

#include "base/environment.hpp"
#include "base/result.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace pycontainer::net {

/// A PEM bundle, or a directory of hashed certificates.
struct CertificateSource {
    std::filesystem::path path;
    bool is_directory = false;
    std::string origin;  ///< the variable that names it, or `the system`
};

/// What `PIP_CERT`, `REQUESTS_CA_BUNDLE`, `SSL_CERT_FILE`, `CURL_CA_BUNDLE` and `SSL_CERT_DIR`
/// name, all of them: one is set for the package index, another for the registry. None set: the
/// bundle of Debian, RHEL, SUSE, Alpine or BSD under `root`, if there is one. Errors: `net/tls` for
/// a variable that names what does not exist.
Result<std::vector<CertificateSource>> find_certificate_authorities(
    const Environment& environment, const std::filesystem::path& root = "/");

/// `/etc/ssl/ca.pem (SSL_CERT_FILE), …` for messages.
std::string describe(const std::vector<CertificateSource>& sources);

}  // namespace pycontainer::net
