#include "net/curl_http_client.hpp"

#include "base/strings.hpp"
#include "base/synchronized.hpp"
#include "base/version.hpp"
#include "net/certificate_authorities.hpp"
#include "net/host_certificates.hpp"
#include "net/internal/curl_failure.hpp"
#include "net/internal/curl_transfer.hpp"
#include "net/internal/trust_store.hpp"
#include "net/proxy.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <pthread.h>
#include <signal.h>

namespace pycontainer::net {
namespace {

constexpr int kMaxRedirects = 10;
constexpr std::size_t kMaxIdleHandles = 32;
constexpr long kDownloadBuffer = 256L << 10;
constexpr long kUploadBuffer = 512L << 10;
constexpr long kLowestSpeed = 100;  // bytes a second; below that nothing ever ends
constexpr int kPollMilliseconds =
    100;  // a stop wakes the poll by itself; this is for builds of curl that cannot be woken

struct EasyDeleter {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct MultiDeleter {
    void operator()(CURLM* handle) const { curl_multi_cleanup(handle); }
};
struct ListDeleter {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using List = std::unique_ptr<curl_slist, ListDeleter>;

/// One connection cache. The multi handle is there because only its poll can be woken by a stop.
struct Handle {
    std::unique_ptr<CURLM, MultiDeleter> multi;
    std::unique_ptr<CURL, EasyDeleter> easy;  // goes first
    std::string origin;                       // of the last request
};

/// OpenSSL may write to a socket that the peer has closed; the process must not die of it, and its
/// handlers are not ours to change.
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
    static void lock(CURL*, curl_lock_data data, curl_lock_access, void* self) {
        static_cast<Share*>(self)->mutexes_[data].lock();
    }
    static void unlock(CURL*, curl_lock_data data, void* self) {
        static_cast<Share*>(self)->mutexes_[data].unlock();
    }

    std::array<std::mutex, CURL_LOCK_DATA_LAST> mutexes_;
    CURLSH* share_;
};

bool is_redirect(int status) {
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

bool has_header(const HttpRequest& request, std::string_view name) {
    return std::any_of(request.headers.begin(), request.headers.end(),
                       [&](const auto& field) { return to_lower(field.first) == name; });
}

/// A header line must stay one line, whatever a caller put into it.
bool is_header_safe(std::string_view text) {
    return std::none_of(text.begin(), text.end(),
                        [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

Result<List> header_list(const HttpRequest& request) {
    List list;
    const auto append = [&](const std::string& line) {
        list.reset(curl_slist_append(list.release(), line.c_str()));
    };
    for (const auto& [name, value] : request.headers) {
        if (!is_header_safe(name) || !is_header_safe(value))
            return fail("net/protocol", "the header `{}` has a line break", printable(name));
        append(value.empty() ? name + ";"
                             : name + ": " + value);  // curl: a semicolon sends an empty field
    }
    append("Expect:");  // a registry that wants no body says so by closing; waiting costs a second
                        // where it is not understood
    if (!has_header(request, "content-type")) append("Content-Type:");
    return list;
}

}  // namespace

namespace {

/// What `certs.d` says about one host.
struct HostTrust {
    HostCertificates certificates;
    std::optional<TrustStore> store;  ///< with the authorities for all hosts; nothing: those alone
};

}  // namespace

struct CurlHttpClient::State {
    Environment environment;
    CurlOptions options;
    std::once_flag started;
    std::unique_ptr<Share> share;
    std::once_flag trust_loaded;
    Result<std::vector<CertificateSource>> authorities{};
    Result<void> trust_status;
    std::unique_ptr<TrustStore> trust;
    Synchronized<std::map<std::string, std::shared_ptr<const HostTrust>>> host_trust;
    Synchronized<std::vector<Handle>> idle;  // destroyed before the share

    State(const Environment& the_environment, CurlOptions the_options)
        : environment(the_environment), options(std::move(the_options)) {
        if (options.user_agent.empty())
            options.user_agent = fmt::format("pycontainer/{}", kVersion);
    }

    void start() {
        std::call_once(started, [this] {
            curl_global_init(CURL_GLOBAL_DEFAULT);
            share = std::make_unique<Share>();
        });
    }

    Handle take(const std::string& origin) {
        auto handle = idle.with([&](std::vector<Handle>& handles) -> Handle {
            if (handles.empty()) return {};
            auto found = std::find_if(handles.rbegin(), handles.rend(),
                                      [&](const Handle& one) { return one.origin == origin; });
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

    Result<void> load_trust();
    Result<std::shared_ptr<const HostTrust>> trust_of(const Url& url);
    void configure(CURL* easy, const HttpRequest& request, const Route& route,
                   const HostTrust* host);
    Result<HttpResponse> send_once(const exec::Context& ctx, const HttpRequest& request,
                                   const ByteSink& sink);
};

namespace {

void set_text(CURL* easy, CURLoption option, const std::string& value) {
    curl_easy_setopt(easy, option, value.c_str());
}

void set_method_and_body(CURL* easy, const HttpRequest& request) {
    if (request.body_source) {
        curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
        curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE,
                         static_cast<curl_off_t>(request.body_source->size));
        curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, kUploadBuffer);
    } else if (!request.body.empty() || request.method == "POST" || request.method == "PUT" ||
               request.method == "PATCH") {
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                         static_cast<curl_off_t>(request.body.size()));
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
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT,
                     1L);  // a stop must not wait for a name lookup to end
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

/// What follows a redirect (RFC 9110, section 15.4): which method, and without secrets where the
/// origin is another one.
Result<HttpRequest> redirected(HttpRequest request, const HttpResponse& response,
                               const std::string& location) {
    const auto before = request.url;
    auto target = before.resolve(location);
    if (!target) return fail("net/redirect", "`{}` redirects to what is no URL", before.redacted());
    if (target->scheme() != "https" && target->scheme() != "http")
        return fail("net/redirect", "`{}` redirects to `{}`, which is not HTTP", before.redacted(),
                    target->redacted())
            .hint("the server's configuration is wrong, or another server answers in its place");
    if (before.is_https() && !target->is_https())
        return fail("net/redirect", "`{}` redirects to `{}`, which is not secure",
                    before.redacted(), target->redacted())
            .hint(
                "the server's configuration is wrong; an HTTPS address must not lead away from "
                "HTTPS");
    const bool same_origin = target->has_same_origin(before);
    if (same_origin && !target->has_userinfo()) *target = target->with_userinfo_of(before);
    if (!same_origin) {
        request.verify_tls = true;
        std::erase_if(request.headers, [](const auto& field) {
            const auto name = to_lower(field.first);
            return name == "authorization" || name == "cookie" || name == "proxy-authorization";
        });
    }
    const bool becomes_get =
        response.status == 303
            ? request.method != "HEAD"
            : (response.status == 301 || response.status == 302) && request.method == "POST";
    if (becomes_get) {
        request.method = "GET";
        request.body.clear();
        request.body_source.reset();
        std::erase_if(request.headers, [](const auto& field) {
            return to_lower(field.first).starts_with("content-");
        });
    }
    request.url = target->without_fragment();
    return request;
}

}  // namespace

Result<void> CurlHttpClient::State::load_trust() {
    authorities = find_certificate_authorities(environment);
    if (!authorities) return fail(authorities.error());
    trust = std::make_unique<TrustStore>();
    return trust->load(*authorities);
}

Result<std::shared_ptr<const HostTrust>> CurlHttpClient::State::trust_of(const Url& url) {
    return host_trust.with([&](auto& known) -> Result<std::shared_ptr<const HostTrust>> {
        auto& slot = known[url.host_and_port()];
        if (slot) return slot;
        auto made = std::make_shared<HostTrust>();
        PYC_TRY_ASSIGN(made->certificates,
                       find_host_certificates(environment, url.host_and_port()));
        if (!made->certificates.authorities.empty()) {
            auto all = *authorities;
            all.insert(all.end(), made->certificates.authorities.begin(),
                       made->certificates.authorities.end());
            made->store.emplace();
            PYC_TRY(made->store->load(all));
        }
        slot = std::move(made);
        return slot;
    });
}

void CurlHttpClient::State::configure(CURL* easy, const HttpRequest& request, const Route& route,
                                      const HostTrust* host) {
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
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                     static_cast<long>(options.connect_timeout.count()));
    // After an upload the server may be busy for minutes with what it got.
    const auto patience = request.body_source ? 5 * options.stall_timeout : options.stall_timeout;
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, kLowestSpeed);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, static_cast<long>(patience.count()));
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout.count()));
    set_text(easy, CURLOPT_USERAGENT, options.user_agent);
    set_text(easy, CURLOPT_PROXY,
             route.proxy);  // an empty text keeps curl from reading the process's environment
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
    if (route.authorities != nullptr)
        (host != nullptr && host->store ? *host->store : *trust).use_in(easy, *route.authorities);
    if (host != nullptr && host->certificates.client) {
        set_text(easy, CURLOPT_SSLCERT, host->certificates.client->certificate.string());
        set_text(easy, CURLOPT_SSLKEY, host->certificates.client->key.string());
    }
    if (!request.verify_tls) {
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
    }
    if (request.url.has_userinfo() && !has_header(request, "authorization")) {
        curl_easy_setopt(easy, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
        set_text(easy, CURLOPT_USERNAME, request.url.username());
        set_text(easy, CURLOPT_PASSWORD, request.url.password());
    }
    if (request.compressed) curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
    set_method_and_body(easy, request);
}

Result<HttpResponse> CurlHttpClient::State::send_once(const exec::Context& ctx,
                                                      const HttpRequest& request,
                                                      const ByteSink& sink) {
    if (request.url.scheme() != "http" && request.url.scheme() != "https")
        return fail("net/invalid-url", "`{}` cannot be fetched: only http and https are",
                    request.url.redacted());
    Route route;
    route.proxy = proxy_for(environment, request.url);
    if (request.url.is_https() || !route.proxy.empty()) {  // the proxy may be spoken to over TLS
        std::call_once(trust_loaded, [this] { trust_status = load_trust(); });
        PYC_TRY(trust_status);
        route.authorities = &*authorities;
    }
    std::shared_ptr<const HostTrust> host;
    if (request.url.is_https()) {
        PYC_TRY_ASSIGN(host, trust_of(request.url));
    }
    PYC_TRY_ASSIGN(const auto headers, header_list(request));
    auto handle = take(request.url.scheme() + "://" + request.url.host_and_port());
    if (!handle.multi || !handle.easy) return fail("net/protocol", "curl could not be started");
    CURL* const easy = handle.easy.get();
    configure(easy, request, route, host.get());
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers.get());
    CurlTransfer transfer(ctx, request, sink);
    transfer.attach(easy);

    const auto code = perform(ctx, handle.multi.get(), easy);
    if (!code) return cancelled();
    Result<HttpResponse> result = std::move(transfer.response());
    const bool is_cut = *code == CURLE_OK && !transfer.has_head();
    if (is_cut)
        result =
            transfer_failure(easy, CURLE_GOT_NOTHING,
                             "it was closed in the middle of the answer's head", request, route);
    else if (*code != CURLE_OK && !transfer.has_enough()) {
        if (transfer.failure())
            result = tl::unexpected(std::move(*transfer.failure()));
        else
            result = transfer_failure(easy, *code, transfer.curl_message(), request, route);
    }
    curl_easy_reset(easy);  // what it points to ends here
    give_back(std::move(handle));
    return result;
}

CurlHttpClient::CurlHttpClient(const Environment& environment, CurlOptions options)
    : state_(std::make_unique<State>(environment, std::move(options))) {}
CurlHttpClient::~CurlHttpClient() = default;

Result<HttpResponse> CurlHttpClient::send(const exec::Context& ctx, const HttpRequest& request,
                                          const ByteSink& sink) {
    PYC_TRY(ctx.check());
    if (offline_)
        return fail("net/offline", "`{}` was not asked, because --offline forbids it",
                    request.url.redacted())
            .hint("do the same once without --offline, so that everything needed is in the cache");
    state_->start();
    HttpRequest current = request;
    for (int hops = 0;; ++hops) {
        PYC_TRY_ASSIGN(auto response, state_->send_once(ctx, current, sink));
        const auto location = response.headers.find("Location");
        if (!request.follow_redirects || !is_redirect(response.status) || !location)
            return response;
        if (hops == kMaxRedirects)
            return fail("net/redirect", "`{}` redirects more than {} times", request.url.redacted(),
                        kMaxRedirects)
                .hint("the server sends its visitors in a circle; check that the address is right");
        PYC_TRY_ASSIGN(current, redirected(std::move(current), response, *location));
    }
}

}  // namespace pycontainer::net
