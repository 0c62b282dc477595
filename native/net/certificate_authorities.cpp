#include "net/certificate_authorities.hpp"

#include "base/strings.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace pycontainer::net {
namespace {

constexpr std::array<std::string_view, 5> kVariables{
    "PIP_CERT", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE", "SSL_CERT_DIR"};
constexpr std::array<std::string_view, 6> kSystemBundles{
    "etc/ssl/certs/ca-certificates.crt",                 // Debian, Ubuntu, Alpine, Arch
    "etc/pki/tls/certs/ca-bundle.crt",                   // RHEL, Fedora
    "etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  // newer RHEL and Fedora
    "etc/ssl/ca-bundle.pem",                             // SUSE
    "etc/ssl/cert.pem",                       // Alpine without ca-certificates, BSD, macOS
    "usr/local/share/certs/ca-root-nss.crt",  // FreeBSD
};

std::vector<CertificateSource> system_authorities(const std::filesystem::path& root) {
    std::error_code error;
    for (const auto bundle : kSystemBundles) {
        if (std::filesystem::is_regular_file(root / bundle, error))
            return {{root / bundle, false, "the system"}};
    }
    const auto directory = root / "etc/ssl/certs";
    if (std::filesystem::is_directory(directory, error)) return {{directory, true, "the system"}};
    return {};
}

}  // namespace

Result<std::vector<CertificateSource>> find_certificate_authorities(
    const Environment& environment, const std::filesystem::path& root) {
    std::error_code error;
    std::vector<CertificateSource> found;
    for (const auto variable : kVariables) {
        const auto value = environment.find_nonempty(variable);
        if (!value) continue;
        const bool is_directory =
            std::filesystem::is_directory(*value, error);  // any of them may be one
        if (!is_directory && !std::filesystem::is_regular_file(*value, error))
            return fail("net/tls", "the certificates at `{}` (from {}) cannot be found",
                        printable(*value), variable)
                .hint(
                    "set {} to a PEM file of the certificate authorities to trust, or unset it to "
                    "use the system's",
                    variable);
        const bool known =
            std::any_of(found.begin(), found.end(),
                        [&](const CertificateSource& source) { return source.path == *value; });
        if (!known) found.push_back({*value, is_directory, std::string(variable)});
    }
    return found.empty() ? system_authorities(root) : found;
}

std::string describe(const std::vector<CertificateSource>& sources) {
    std::string text;
    for (const auto& source : sources)
        text += fmt::format("{}{} ({})", text.empty() ? "" : ", ", printable(source.path.string()),
                            source.origin);
    return text;
}

}  // namespace pycontainer::net
