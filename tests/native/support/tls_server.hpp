#pragma once

// A TLS server on a free loopback port with a certificate made for the test. It gives every
// connection the same answer and closes it.

#include "base/file.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <arpa/inet.h>
#include <array>
#include <atomic>
#include <memory>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <string>
#include <sys/socket.h>
#include <thread>

namespace pycontainer::testing {

struct CertificateRequest {
    std::string alternative_names = "IP:127.0.0.1";
    long valid_from = -3600;  ///< seconds from now
    long valid_until = 3600;
};

class TlsServer {
public:
    explicit TlsServer(
        const CertificateRequest& request = {},
        std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
        : answer_(std::move(answer)),
          key_(EVP_EC_gen("P-256"), &EVP_PKEY_free),
          certificate_(X509_new(), &X509_free),
          context_(SSL_CTX_new(TLS_server_method()), &SSL_CTX_free) {
        X509_set_version(certificate_.get(), 2);
        ASN1_INTEGER_set(X509_get_serialNumber(certificate_.get()), 1);
        X509_gmtime_adj(X509_getm_notBefore(certificate_.get()), request.valid_from);
        X509_gmtime_adj(X509_getm_notAfter(certificate_.get()), request.valid_until);
        X509_set_pubkey(certificate_.get(), key_.get());
        X509_NAME* const name = X509_get_subject_name(certificate_.get());
        const std::string common_name = "pycontainer test";
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                   reinterpret_cast<const unsigned char*>(common_name.c_str()), -1,
                                   -1, 0);
        X509_set_issuer_name(certificate_.get(), name);
        X509_EXTENSION* const extension = X509V3_EXT_conf_nid(
            nullptr, nullptr, NID_subject_alt_name, request.alternative_names.c_str());
        X509_add_ext(certificate_.get(), extension, -1);
        X509_EXTENSION_free(extension);
        X509_sign(certificate_.get(), key_.get(), EVP_sha256());
        SSL_CTX_use_certificate(context_.get(), certificate_.get());
        SSL_CTX_use_PrivateKey(context_.get(), key_.get());

        listener_ = FileDescriptor(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        if (::bind(listener_.value(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
            ::listen(listener_.value(), 16) != 0)
            std::abort();
        if (::getsockname(listener_.value(), reinterpret_cast<sockaddr*>(&address), &size) != 0)
            std::abort();
        port_ = ntohs(address.sin_port);
        thread_ = std::jthread([this](const std::stop_token& stop) { serve(stop); });
    }
    TlsServer(const TlsServer&) = delete;
    TlsServer& operator=(const TlsServer&) = delete;

    std::string url(std::string_view host = "127.0.0.1") const {
        return "https://" + std::string(host) + ":" + std::to_string(port_) + "/";
    }
    /// The certificate, which is its own authority.
    std::string pem() const {
        const std::unique_ptr<BIO, decltype(&BIO_free)> memory(BIO_new(BIO_s_mem()), &BIO_free);
        PEM_write_bio_X509(memory.get(), certificate_.get());
        char* data = nullptr;
        const auto size = BIO_get_mem_data(memory.get(), &data);
        return {data, static_cast<std::size_t>(size)};
    }
    /// Requests that came through a finished handshake.
    int requests() const { return requests_; }

private:
    void serve(const std::stop_token& stop) {
        sigset_t pipe;  // OpenSSL writes without MSG_NOSIGNAL, and clients that distrust us hang up
        sigemptyset(&pipe);
        sigaddset(&pipe, SIGPIPE);
        ::pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
        while (!stop.stop_requested()) {
            pollfd polled{listener_.value(), POLLIN, 0};
            if (::poll(&polled, 1, 20) <= 0) continue;
            const FileDescriptor client(
                ::accept4(listener_.value(), nullptr, nullptr, SOCK_CLOEXEC));
            const std::unique_ptr<SSL, decltype(&SSL_free)> ssl(SSL_new(context_.get()), &SSL_free);
            SSL_set_fd(ssl.get(), client.value());
            std::array<char, 4096> buffer{};
            if (SSL_accept(ssl.get()) != 1 ||
                SSL_read(ssl.get(), buffer.data(), buffer.size()) <= 0)
                continue;
            ++requests_;
            SSL_write(ssl.get(), answer_.data(), static_cast<int>(answer_.size()));
            SSL_shutdown(ssl.get());
        }
    }

    std::string answer_;
    std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_;
    std::unique_ptr<X509, decltype(&X509_free)> certificate_;
    std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
    FileDescriptor listener_;
    std::uint16_t port_ = 0;
    std::atomic<int> requests_{0};
    std::jthread thread_;
};

}  // namespace pycontainer::testing
