#pragma once

// Certificates for one host, where container tools keep them: `certs.d/HOST[:PORT]` with `*.crt`
// (authorities to trust for it), and `NAME.cert` with `NAME.key` (who we are to it). (docker:
// "Verify repository client with certificates"; containers-certs.d(5).)

#include "net/certificate_authorities.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace pycontainer::net {

struct ClientCertificate {
    std::filesystem::path certificate;
    std::filesystem::path key;
};

struct HostCertificates {
    std::vector<CertificateSource> authorities;  ///< beside those for all hosts
    std::optional<ClientCertificate> client;
};

/// In `containers/certs.d` and `docker/certs.d` of `XDG_CONFIG_HOME` (else `$HOME/.config`) and of
/// `root`/etc, and in `$HOME/.docker/certs.d`; the first directory for the host counts. Errors:
/// `net/tls` for a certificate without its key.
Result<HostCertificates> find_host_certificates(const Environment& environment,
                                                const std::string& host_and_port,
                                                const std::filesystem::path& root = "/");

}  // namespace pycontainer::net
