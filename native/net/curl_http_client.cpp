#include "net/curl_http_client.hpp"

#include <curl/curl.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <mutex>

#include "base/strings.hpp"
#include "base/synchronized.hpp"
#include "base/version.hpp"
#include "net/certificate_authorities.hpp"
#include "net/proxy.hpp"

namespace pycontainer::net {
namespace {

constexpr int kMaxRedirects = 10;
constexpr std::size_t kMaxIdleHandles = 32;
constexpr std::size_t kMaxErrorBody = 1U << 20U;
constexpr std::size_t kMaxHeaderBytes = 256U << 10U;
constexpr long kDownloadBuffer = 256L << 10;
constexpr long kUploadBuffer = 512L << 10;
constexpr int kPollMilliseconds = 100;  // a stop wakes the poll by itself; this is for builds of curl that cannot be woken

struct EasyDeleter {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct MultiDeleter {
    void operator()(CURLM* handle) const { curl_multi_cleanup(handle); }
};
struct ListDeleter {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
struct StoreDeleter {
    void operator()(X509_STORE* store) const { X509_STORE_free(store); }
};
using List = std::unique_ptr<curl_slist, ListDeleter>;
using Store = std::unique_ptr<X509_STORE, StoreDeleter>;

/// A system's bundle takes 20 ms to parse; curl would do it for every connection cache, so all share one. Nothing: it cannot be read.
Store load_store(const CertificateAuthorities& authorities) {
    Store store(X509_STORE_new());
    if (!store) return nullptr;
    if (!authorities.file.empty() && X509_STORE_load_file(store.get(), authorities.file.c_str()) != 1) return nullptr;
    if (!authorities.directory.empty() && X509_STORE_load_path(store.get(), authorities.directory.c_str()) != 1) return nullptr;
    X509_STORE_set_flags(store.get(), X509_V_FLAG_TRUSTED_FIRST | X509_V_FLAG_PARTIAL_CHAIN);  // as curl does
    return store;
}

CURLcode use_store(CURL*, void* context, void* store) {
    SSL_CTX_set1_cert_store(static_cast<SSL_CTX*>(context), static_cast<X509_STORE*>(store));
    return CURLE_OK;
}

bool curl_has_openssl() {
    const auto* const version = curl_version_info(CURLVERSION_NOW)->ssl_version;
    return version != nullptr && std::string_view(version).starts_with("OpenSSL/");
}

/// One connection cache. The multi handle is there because only its poll can be woken by a stop.
struct Handle {
    std::unique_ptr<CURLM, MultiDeleter> multi;
    std::unique_ptr<CURL, EasyDeleter> easy;  // goes first
    std::string origin;                       // of the last request
};

/// OpenSSL may write to a socket that the peer has closed; the process must not die of it, and its handlers are not ours to change.
class SigpipeGuard {
public:
    SigpipeGuard() {
        sigemptyset(&pipe_);
        sigaddset(&pipe_, SIGPIPE);
        sigset_t pending;
        sigpending(&pending);
        was_pending_ = sigismember(&pending, SIGPIPE) == 1;
        ::pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
    }
    SigpipeGuard(const SigpipeGuard&) = delete;
    SigpipeGuard& operator=(const SigpipeGuard&) = delete;
    ~SigpipeGuard() {
        const timespec now{};
        if (!was_pending_) ::sigtimedwait(&pipe_, nullptr, &now);
        ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    }

private:
    sigset_t pipe_{};
    sigset_t before_{};
    bool was_pending_ = false;
};

/// Name lookups and TLS sessions that all handles have in common, under curl's own locks.
class Share {
public:
    Share() : share_(curl_share_init()) {
        curl_share_setopt(share_, CURLSHOPT_USERDATA, this);
        curl_share_setopt(share_, CURLSHOPT_LOCKFUNC, &Share::lock);
        curl_share_setopt(share_, CURLSHOPT_UNLOCKFUNC, &Share::unlock);
        curl_share_setopt(share_, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS);
        curl_share_setopt(share_, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
    }
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;
    ~Share() { curl_share_cleanup(share_); }
    CURLSH* value() const { return share_; }

private:
    static void lock(CURL*, curl_lock_data data, curl_lock_access, void* self) { static_cast<Share*>(self)->mutexes_[data].lock(); }
    static void unlock(CURL*, curl_lock_data data, void* self) { static_cast<Share*>(self)->mutexes_[data].unlock(); }

    std::array<std::mutex, CURL_LOCK_DATA_LAST> mutexes_;
    CURLSH* share_;
};

/// One request on its way: what curl's callbacks work on. They are called from C, so nothing may be thrown out of them.
class Transfer {
public:
    Transfer(const exec::Context& ctx, const HttpRequest& request, const ByteSink& sink) : ctx_(&ctx), request_(&request), sink_(&sink) {
        response_.url = request.url;
    }

    void attach(CURL* easy) {
        curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &Transfer::on_header);
        curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
        curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Transfer::on_body);
        curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
        curl_easy_setopt(easy, CURLOPT_READFUNCTION, &Transfer::on_read);
        curl_easy_setopt(easy, CURLOPT_READDATA, this);
        curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, &Transfer::on_seek);
        curl_easy_setopt(easy, CURLOPT_SEEKDATA, this);
        curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, message_.data());
    }

    /// Our own reason for stopping curl, if there is one.
    std::optional<Error>& failure() { return failure_; }
    bool has_enough() const { return has_enough_; }
    std::string_view curl_message() const { return message_.data(); }
    HttpResponse& response() { return response_; }

private:
    static std::size_t on_header(char* data, std::size_t, std::size_t size, void* self) {
        return static_cast<Transfer*>(self)->guarded([&](Transfer& transfer) { return transfer.take_header({data, size}); }) ? size : 0;
    }
    static std::size_t on_body(char* data, std::size_t, std::size_t size, void* self) {
        return static_cast<Transfer*>(self)->guarded([&](Transfer& transfer) { return transfer.take_body({data, size}); }) ? size : CURL_WRITEFUNC_ERROR;
    }
    static std::size_t on_read(char* data, std::size_t, std::size_t size, void* self) {
        std::size_t count = 0;
        const bool ok = static_cast<Transfer*>(self)->guarded([&](Transfer& transfer) { return transfer.give_body({data, size}, count); });
        return ok ? count : CURL_READFUNC_ABORT;
    }
    static int on_seek(void* self, curl_off_t offset, int origin) {
        if (origin != SEEK_SET || offset < 0) return CURL_SEEKFUNC_CANTSEEK;
        static_cast<Transfer*>(self)->sent_ = static_cast<std::uint64_t>(offset);
        return CURL_SEEKFUNC_OK;
    }

    template <typename Function>
    bool guarded(Function&& function) noexcept {
        try {
            Result<void> result = function(*this);
            if (result) return true;
            failure_ = std::move(result).error();
        } catch (const std::exception& error) {
            failure_ = fail("internal/unexpected", "an unexpected fault occurred: {}", error.what()).take();
        }
        return false;
    }

    Result<void> take_header(std::string_view line) {
        header_bytes_ += line.size();
        if (header_bytes_ > kMaxHeaderBytes) return fail("net/protocol", "`{}` sent more than {} bytes of headers", request_->url.redacted(), kMaxHeaderBytes);
        if (line.starts_with("HTTP/")) {  // also of a second response after `100 Continue`
            response_.headers.clear();
            response_.status = 0;
            const auto space = line.find(' ');
            if (space != std::string_view::npos) std::from_chars(line.data() + space + 1, line.data() + line.size(), response_.status);
            return {};
        }
        const auto colon = line.find(':');
        if (colon != std::string_view::npos) response_.headers.add(std::string(trim(line.substr(0, colon))), std::string(trim(line.substr(colon + 1))));
        return {};
    }

    Result<void> take_body(std::string_view bytes) {
        PYC_TRY(ctx_->check());
        if (!response_.is_success()) {
            const auto limit = std::min<std::uint64_t>(request_->body_limit, kMaxErrorBody);
            response_.body.append(bytes.substr(0, static_cast<std::size_t>(limit) - std::min<std::size_t>(response_.body.size(), static_cast<std::size_t>(limit))));
            if (response_.body.size() < limit) return {};
            has_enough_ = true;
            return fail("net/too-large", "the rest of an error's text is not needed");
        }
        if (*sink_) {
            if (!announced_ && request_->on_headers) PYC_TRY(request_->on_headers(response_.status, response_.headers));
            announced_ = true;
            return (*sink_)(as_bytes(bytes));
        }
        if (response_.body.size() + bytes.size() > request_->body_limit)
            return fail("net/too-large", "the answer from `{}` is longer than {}", request_->url.redacted(), format_size(request_->body_limit));
        response_.body.append(bytes);
        return {};
    }

    Result<void> give_body(std::span<char> out, std::size_t& count) {
        PYC_TRY(ctx_->check());
        const auto& source = *request_->body_source;
        if (sent_ >= source.size) return {};
        const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), source.size - sent_));
        PYC_TRY_ASSIGN(count, source.read(sent_, std::as_writable_bytes(out.first(wanted))));
        sent_ += count;
        return {};
    }

    const exec::Context* ctx_;
    const HttpRequest* request_;
    const ByteSink* sink_;
    HttpResponse response_;
    std::optional<Error> failure_;
    std::array<char, CURL_ERROR_SIZE> message_{};
    std::uint64_t sent_ = 0;
    std::size_t header_bytes_ = 0;
    bool announced_ = false;
    bool has_enough_ = false;
};

bool is_redirect(int status) { return status == 301 || status == 302 || status == 303 || status == 307 || status == 308; }

bool has_header(const HttpRequest& request, std::string_view name) {
    return std::any_of(request.headers.begin(), request.headers.end(), [&](const auto& field) { return to_lower(field.first) == name; });
}

/// A header line must stay one line, whatever a caller put into it.
bool is_header_safe(std::string_view text) {
    return std::none_of(text.begin(), text.end(), [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

Result<List> header_list(const HttpRequest& request) {
    List list;
    const auto append = [&](const std::string& line) { list.reset(curl_slist_append(list.release(), line.c_str())); };
    for (const auto& [name, value] : request.headers) {
        if (!is_header_safe(name) || !is_header_safe(value)) return fail("net/protocol", "the header `{}` has a line break", printable(name));
        append(value.empty() ? name + ";" : name + ": " + value);  // curl: a semicolon sends an empty field
    }
    append("Expect:");  // a registry that wants no body says so by closing; waiting costs a second where it is not understood
    if (!has_header(request, "content-type")) append("Content-Type:");
    return list;
}

/// What OpenSSL says about a certificate it does not trust, in words about the server.
std::string describe_verification(long result, std::string_view curl_message) {
    switch (result) {
        case X509_V_ERR_CERT_HAS_EXPIRED: return "its certificate has expired";
        case X509_V_ERR_CERT_NOT_YET_VALID: return "its certificate is not valid yet";
        case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT: return "its certificate is signed by itself";
        case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
        case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE: return "its certificate comes from an issuer that is not trusted here";
        case X509_V_ERR_CERT_REVOKED: return "its certificate has been revoked";
        default: break;
    }
    if (curl_message.find("subject name") != std::string_view::npos) return "its certificate is for another host name";
    return printable(curl_message);
}

/// OpenSSL's reasons (as curl passes them on) when the bytes that came back are no TLS record, or nothing came back at all.
bool is_no_tls(std::string_view message) {
    constexpr std::array<std::string_view, 8> kReasons{"wrong version number", "packet length too long", "http request",  "unknown protocol",
                                                       "record layer failure", "unexpected eof",         "SSL_ERROR_SYSCALL", "bad record type"};
    return std::any_of(kReasons.begin(), kReasons.end(), [&](std::string_view reason) { return message.find(reason) != std::string_view::npos; });
}

struct Route {
    std::string proxy;  // as the environment has it
    CertificateAuthorities authorities;

    std::string redacted_proxy() const {
        const auto url = Url::parse(proxy.find("://") == std::string::npos ? "http://" + proxy : proxy);
        return url ? url->host_and_port() : std::string("…");
    }
};

Failure tls_failure(CURL* easy, CURLcode code, std::string_view message, const HttpRequest& request, const Route& route) {
    const auto url = request.url.redacted();
    if (code == CURLE_SSL_CACERT_BADFILE)
        return fail("net/tls", "the certificates at `{}` (from {}) cannot be read", route.authorities.file.string(), route.authorities.origin).hint("it has to be a PEM file");
    if (code != CURLE_PEER_FAILED_VERIFICATION) {
        if (message.find("onnection reset") != std::string_view::npos) return fail("net/interrupted", "the connection to `{}` broke off during the TLS handshake", url).hint("try again; a firewall may be in between").retryable();
        if (is_no_tls(message)) return fail("net/not-tls", "`{}` does not speak TLS", url).hint("check host and port");
        return fail("net/tls", "no TLS connection with `{}` could be made: {}", url, printable(message)).hint("the server or a proxy before it may be too old or misconfigured");
    }
    long verification = 0;
    curl_easy_getinfo(easy, CURLINFO_SSL_VERIFYRESULT, &verification);
    auto failure = fail("net/tls", "`{}` cannot be trusted: {}", url, describe_verification(verification, message));
    if (verification == X509_V_OK) return std::move(failure).hint("check the host name in the URL");
    if (route.authorities.empty()) return std::move(failure).hint("no certificate authorities were found on this machine; install `ca-certificates` or set SSL_CERT_FILE to a PEM file of them");
    if (verification == X509_V_ERR_CERT_HAS_EXPIRED || verification == X509_V_ERR_CERT_NOT_YET_VALID) return std::move(failure).hint("check this machine's clock; otherwise the server needs a new certificate");
    return std::move(failure).hint("if a company's own authority issued it, set SSL_CERT_FILE to a PEM file with that certificate (used now: {} from {})",
                                   route.authorities.file.empty() ? route.authorities.directory.string() : route.authorities.file.string(), route.authorities.origin);
}

Failure proxy_failure(long status, const HttpRequest& request, const Route& route) {
    auto failure = fail("net/unreachable", "the proxy `{}` refused the connection to `{}` with HTTP status {}", route.redacted_proxy(), request.url.redacted(), status).retryable(status >= 500);
    if (status == 407) return std::move(failure).hint("the proxy wants credentials: put them into the proxy variable as `http://user:password@host:port`");
    return std::move(failure).hint("add the host to NO_PROXY if it is reached directly");
}

Failure transfer_failure(CURL* easy, CURLcode code, std::string_view message, const HttpRequest& request, const Route& route) {
    const auto url = request.url.redacted();
    long connect_status = 0;
    curl_easy_getinfo(easy, CURLINFO_HTTP_CONNECTCODE, &connect_status);
    if (connect_status >= 300) return proxy_failure(connect_status, request, route);
    const auto detail = printable(message.empty() ? curl_easy_strerror(code) : message);
    const auto network_hint = route.proxy.empty() ? std::string("check the network and the host name; behind a proxy set HTTPS_PROXY")
                                                  : fmt::format("the connection goes through the proxy `{}`; NO_PROXY exempts hosts", route.redacted_proxy());
    switch (code) {
        case CURLE_COULDNT_RESOLVE_HOST: return fail("net/unresolved", "the name `{}` cannot be resolved", request.url.host()).hint("{}", network_hint);
        case CURLE_COULDNT_RESOLVE_PROXY: return fail("net/unresolved", "the name of the proxy `{}` cannot be resolved", route.redacted_proxy()).hint("correct HTTPS_PROXY, https_proxy, http_proxy or ALL_PROXY");
        case CURLE_COULDNT_CONNECT: return fail("net/unreachable", "`{}` cannot be reached: {}", url, detail).hint("{}", network_hint).retryable();
        case CURLE_OPERATION_TIMEDOUT: return fail("net/timeout", "`{}` did not answer in time: {}", url, detail).hint("{}", network_hint).retryable();
        case CURLE_PEER_FAILED_VERIFICATION:
        case CURLE_SSL_CACERT_BADFILE:
        case CURLE_SSL_ISSUER_ERROR:
        case CURLE_SSL_CIPHER:
        case CURLE_SSL_CONNECT_ERROR: return tls_failure(easy, code, message, request, route);
        case CURLE_SEND_ERROR:
        case CURLE_RECV_ERROR:
        case CURLE_GOT_NOTHING:
        case CURLE_PARTIAL_FILE:
        case CURLE_HTTP2:
        case CURLE_HTTP2_STREAM:
        case CURLE_SEND_FAIL_REWIND: return fail("net/interrupted", "the connection to `{}` broke off: {}", url, detail).hint("try again").retryable();
        default: return fail("net/protocol", "`{}` did not answer with proper HTTP: {}", url, detail).hint("check that host and port belong to the service that is meant");
    }
}

}  // namespace

struct CurlHttpClient::State {
    Environment environment;
    CurlOptions options;
    std::once_flag started;
    std::unique_ptr<Share> share;
    Result<CertificateAuthorities> authorities{};
    std::once_flag store_loaded;
    Store store;  // of the authorities; empty: curl reads them itself
    Synchronized<std::vector<Handle>> idle;  // destroyed before the share

    State(const Environment& the_environment, CurlOptions the_options) : environment(the_environment), options(std::move(the_options)) {
        if (options.user_agent.empty()) options.user_agent = fmt::format("pycontainer/{}", kVersion);
    }

    void start() {
        std::call_once(started, [this] {
            curl_global_init(CURL_GLOBAL_DEFAULT);
            share = std::make_unique<Share>();
            authorities = find_certificate_authorities(environment);
        });
    }

    Handle take(const std::string& origin) {
        auto handle = idle.with([&](std::vector<Handle>& handles) -> Handle {
            if (handles.empty()) return {};
            auto found = std::find_if(handles.rbegin(), handles.rend(), [&](const Handle& one) { return one.origin == origin; });
            if (found == handles.rend()) found = handles.rbegin();
            Handle taken = std::move(*found);
            handles.erase(std::next(found).base());
            return taken;
        });
        if (!handle.multi) {
            handle.multi.reset(curl_multi_init());
            handle.easy.reset(curl_easy_init());
        }
        handle.origin = origin;
        return handle;
    }

    void give_back(Handle handle) {
        idle.with([&](std::vector<Handle>& handles) {
            if (handles.size() < kMaxIdleHandles) handles.push_back(std::move(handle));
        });
    }

    Result<void> configure_trust(CURL* easy);
    Result<void> configure(CURL* easy, const HttpRequest& request, const Route& route);
    Result<HttpResponse> send_once(const exec::Context& ctx, const HttpRequest& request, const ByteSink& sink);
};

namespace {

void set_text(CURL* easy, CURLoption option, const std::string& value) { curl_easy_setopt(easy, option, value.c_str()); }

void set_method_and_body(CURL* easy, const HttpRequest& request) {
    if (request.body_source) {
        curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
        curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(request.body_source->size));
        curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, kUploadBuffer);
    } else if (!request.body.empty() || request.method == "POST" || request.method == "PUT" || request.method == "PATCH") {
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.c_str());
    } else if (request.method == "HEAD") {
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
        return;
    }
    set_text(easy, CURLOPT_CUSTOMREQUEST, request.method);
}

void set_protocols(CURL* easy) {
#if LIBCURL_VERSION_NUM >= 0x075500
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
#else
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS, CURLPROTO_HTTP | CURLPROTO_HTTPS);
#endif
#if LIBCURL_VERSION_NUM >= 0x075700
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);  // a stop must not wait for a name lookup to end
#endif
}

/// Runs the transfer to its end. Nothing: it was stopped.
std::optional<CURLcode> perform(const exec::Context& ctx, CURLM* multi, CURL* easy) {
    const SigpipeGuard guard;
    curl_multi_add_handle(multi, easy);
    std::optional<CURLcode> code;
    {
        const std::stop_callback wake(ctx.stop_token(), [multi] { curl_multi_wakeup(multi); });
        int running = 1;
        while (!ctx.is_stopped()) {
            const auto status = curl_multi_perform(multi, &running);
            if (status != CURLM_OK) code = CURLE_FAILED_INIT;
            if (status != CURLM_OK || running == 0) break;
            curl_multi_poll(multi, nullptr, 0, kPollMilliseconds, nullptr);
        }
    }
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi, &left)) {
        if (message->msg == CURLMSG_DONE) code = message->data.result;
    }
    curl_multi_remove_handle(multi, easy);
    return code;
}

/// What follows a redirect (RFC 9110, section 15.4): which method, and without secrets where the origin is another one.
Result<HttpRequest> redirected(HttpRequest request, const HttpResponse& response, const std::string& location) {
    const auto before = request.url;
    auto target = before.resolve(location);
    if (!target) return fail("net/redirect", "`{}` redirects to what is no URL", before.redacted());
    if (target->scheme() != "https" && (before.is_https() || target->scheme() != "http"))
        return fail("net/redirect", "`{}` redirects to `{}`, which is not secure", before.redacted(), target->redacted()).hint("the server's configuration is wrong; an HTTPS address must not lead away from HTTPS");
    const bool same_origin = target->has_same_origin(before);
    if (same_origin && !target->has_userinfo()) *target = target->with_userinfo_of(before);
    if (!same_origin) {
        std::erase_if(request.headers, [](const auto& field) {
            const auto name = to_lower(field.first);
            return name == "authorization" || name == "cookie" || name == "proxy-authorization";
        });
    }
    const bool becomes_get = response.status == 303 ? request.method != "HEAD" : (response.status == 301 || response.status == 302) && request.method == "POST";
    if (becomes_get) {
        request.method = "GET";
        request.body.clear();
        request.body_source.reset();
        std::erase_if(request.headers, [](const auto& field) { return to_lower(field.first).starts_with("content-"); });
    }
    request.url = target->without_fragment();
    return request;
}

}  // namespace

Result<void> CurlHttpClient::State::configure_trust(CURL* easy) {
    if (!authorities) return fail(authorities.error());
    std::call_once(store_loaded, [this] {
        if (curl_has_openssl()) store = load_store(*authorities);
    });
    curl_easy_setopt(easy, CURLOPT_CAINFO, store || authorities->file.empty() ? nullptr : authorities->file.c_str());
    curl_easy_setopt(easy, CURLOPT_CAPATH, store || authorities->directory.empty() ? nullptr : authorities->directory.c_str());
    if (store) {
        curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, &use_store);
        curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, store.get());
    }
    return {};
}

Result<void> CurlHttpClient::State::configure(CURL* easy, const HttpRequest& request, const Route& route) {
    curl_easy_reset(easy);  // options only: connections, TLS sessions and names stay
    set_protocols(easy);
    set_text(easy, CURLOPT_URL, request.url.without_userinfo().without_fragment().to_string());
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_SHARE, share->value());
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2TLS);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, kDownloadBuffer);
    curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect_timeout.count()));
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, static_cast<long>(options.stall_timeout.count()));
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout.count()));
    set_text(easy, CURLOPT_USERAGENT, options.user_agent);
    set_text(easy, CURLOPT_PROXY, route.proxy);  // an empty text keeps curl from reading the process's environment
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
    if (request.url.is_https() || !route.proxy.empty()) PYC_TRY(configure_trust(easy));
    if (request.url.has_userinfo() && !has_header(request, "authorization")) {
        curl_easy_setopt(easy, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
        set_text(easy, CURLOPT_USERNAME, request.url.username());
        set_text(easy, CURLOPT_PASSWORD, request.url.password());
    }
    if (request.compressed) curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
    set_method_and_body(easy, request);
    return {};
}

Result<HttpResponse> CurlHttpClient::State::send_once(const exec::Context& ctx, const HttpRequest& request, const ByteSink& sink) {
    if (request.url.scheme() != "http" && request.url.scheme() != "https")
        return fail("net/invalid-url", "`{}` cannot be fetched: only http and https are", request.url.redacted());
    Route route;
    route.proxy = proxy_for(environment, request.url);
    if (authorities) route.authorities = *authorities;
    PYC_TRY_ASSIGN(const auto headers, header_list(request));
    auto handle = take(request.url.scheme() + "://" + request.url.host_and_port());
    if (!handle.multi || !handle.easy) return fail("net/protocol", "curl could not be started");
    CURL* const easy = handle.easy.get();
    PYC_TRY(configure(easy, request, route));
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers.get());
    Transfer transfer(ctx, request, sink);
    transfer.attach(easy);

    const auto code = perform(ctx, handle.multi.get(), easy);
    if (!code) return cancelled();
    Result<HttpResponse> result = std::move(transfer.response());
    if (*code != CURLE_OK && !transfer.has_enough()) {
        if (transfer.failure()) result = tl::unexpected(std::move(*transfer.failure()));
        else result = transfer_failure(easy, *code, transfer.curl_message(), request, route);
    }
    curl_easy_reset(easy);  // what it points to ends here
    give_back(std::move(handle));
    return result;
}

CurlHttpClient::CurlHttpClient(const Environment& environment, CurlOptions options) : state_(std::make_unique<State>(environment, std::move(options))) {}
CurlHttpClient::~CurlHttpClient() = default;

Result<HttpResponse> CurlHttpClient::send(const exec::Context& ctx, const HttpRequest& request, const ByteSink& sink) {
    PYC_TRY(ctx.check());
    state_->start();
    HttpRequest current = request;
    for (int hops = 0;; ++hops) {
        PYC_TRY_ASSIGN(auto response, state_->send_once(ctx, current, sink));
        const auto location = response.headers.find("Location");
        if (!request.follow_redirects || !is_redirect(response.status) || !location) return response;
        if (hops == kMaxRedirects) return fail("net/redirect", "`{}` redirects more than {} times", request.url.redacted(), kMaxRedirects);
        PYC_TRY_ASSIGN(current, redirected(std::move(current), response, *location));
    }
}

}  // namespace pycontainer::net
