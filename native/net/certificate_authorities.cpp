#include "net/certificate_authorities.hpp"

#include <array>
#include <string_view>

#include "base/strings.hpp"

namespace pycontainer::net {
namespace {

constexpr std::array<std::string_view, 4> kBundleVariables{"PIP_CERT", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE"};
constexpr std::array<std::string_view, 6> kSystemBundles{
    "etc/ssl/certs/ca-certificates.crt",                 // Debian, Ubuntu, Alpine, Arch
    "etc/pki/tls/certs/ca-bundle.crt",                   // RHEL, Fedora
    "etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  // newer RHEL and Fedora
    "etc/ssl/ca-bundle.pem",                             // SUSE
    "etc/ssl/cert.pem",                                  // Alpine without ca-certificates, BSD, macOS
    "usr/local/share/certs/ca-root-nss.crt",             // FreeBSD
};

Failure missing(std::string_view variable, std::string_view path) {
    return fail("net/tls", "the certificates at `{}` (from {}) cannot be found", printable(path), variable)
        .hint("set {} to a PEM file of the certificate authorities to trust, or unset it to use the system's", variable);
}

}  // namespace

Result<CertificateAuthorities> find_certificate_authorities(const Environment& environment, const std::filesystem::path& root) {
    std::error_code error;
    CertificateAuthorities found;
    for (const auto variable : kBundleVariables) {
        const auto value = environment.find_nonempty(variable);
        if (!value) continue;
        found.origin = variable;
        if (std::filesystem::is_directory(*value, error)) found.directory = *value;  // REQUESTS_CA_BUNDLE may be one
        else if (std::filesystem::is_regular_file(*value, error)) found.file = *value;
        else return missing(variable, *value);
        if (variable == "SSL_CERT_FILE") found.directory = environment.find_nonempty("SSL_CERT_DIR").value_or("");
        return found;
    }
    if (const auto directory = environment.find_nonempty("SSL_CERT_DIR")) {
        if (!std::filesystem::is_directory(*directory, error)) return missing("SSL_CERT_DIR", *directory);
        return CertificateAuthorities{{}, *directory, "SSL_CERT_DIR"};
    }
    found.origin = "the system";
    for (const auto bundle : kSystemBundles) {
        if (std::filesystem::is_regular_file(root / bundle, error)) {
            found.file = root / bundle;
            return found;
        }
    }
    if (std::filesystem::is_directory(root / "etc/ssl/certs", error)) found.directory = root / "etc/ssl/certs";
    return found;
}

}  // namespace pycontainer::net
