#include "net/internal/trust_store.hpp"

#include <curl/curl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <string_view>

namespace pycontainer::net {
namespace {

struct StoreDeleter {
    void operator()(X509_STORE* store) const { X509_STORE_free(store); }
};

/// curl's hook between making the TLS context and using it.
CURLcode use_store(CURL*, void* context, void* store) {
    SSL_CTX_set1_cert_store(static_cast<SSL_CTX*>(context), static_cast<X509_STORE*>(store));
    return CURLE_OK;
}

bool curl_has_openssl() {
    const auto* const version = curl_version_info(CURLVERSION_NOW)->ssl_version;
    return version != nullptr && std::string_view(version).starts_with("OpenSSL/");
}

}  // namespace

struct TrustStore::State {
    std::unique_ptr<X509_STORE, StoreDeleter> store;
};

TrustStore::TrustStore() : state_(std::make_unique<State>()) {}
TrustStore::~TrustStore() = default;

Result<void> TrustStore::load(const std::vector<CertificateSource>& sources) {
    state_->store.reset(X509_STORE_new());
    X509_STORE* const store = state_->store.get();
    if (store == nullptr)
        return fail("net/tls", "OpenSSL could not be started").hint("try again with more memory");
    for (const auto& source : sources) {
        const bool loaded =
            (source.is_directory ? X509_STORE_load_path(store, source.path.c_str())
                                 : X509_STORE_load_file(store, source.path.c_str())) == 1;
        if (loaded) continue;
        ERR_clear_error();
        return fail("net/tls", "the certificates at `{}` (from {}) cannot be read",
                    source.path.string(), source.origin)
            .hint("it has to be a PEM file of certificates");
    }
    X509_STORE_set_flags(store,
                         X509_V_FLAG_TRUSTED_FIRST | X509_V_FLAG_PARTIAL_CHAIN);  // as curl does
    return {};
}

void TrustStore::use_in(void* curl, const std::vector<CertificateSource>& sources) const {
    curl_easy_setopt(curl, CURLOPT_CAINFO, nullptr);
    curl_easy_setopt(curl, CURLOPT_CAPATH, nullptr);
    if (curl_has_openssl()) {
        curl_easy_setopt(curl, CURLOPT_SSL_CTX_FUNCTION, &use_store);
        curl_easy_setopt(curl, CURLOPT_SSL_CTX_DATA, state_->store.get());
    } else if (!sources.empty()) {
        curl_easy_setopt(curl, sources.front().is_directory ? CURLOPT_CAPATH : CURLOPT_CAINFO,
                         sources.front().path.c_str());
    }
}

}  // namespace pycontainer::net
