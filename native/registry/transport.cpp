#include "registry/transport.hpp"

#include "credentials/docker_config.hpp"

#include <algorithm>
#include <chrono>

namespace pycontainer::registry {
namespace {

constexpr std::chrono::seconds kLoopbackTimeout{5};
/// Of a look whether a loopback host speaks TLS: some that do not wait for the end of a line.
constexpr std::chrono::seconds kProbeTimeout{2};

/// The host of a registry's API where it is not the one in image names.
std::string api_host(const std::string& registry) {
    return credentials::canonical_registry(registry) == "docker.io" ? "registry-1.docker.io"
                                                                    : registry;
}

/// Whether a loopback host that failed this way on HTTPS may be one that does not speak TLS: never
/// after a certificate error.
bool may_lack_tls(std::string_view code, std::string_view registry) {
    if (code == "net/not-tls" || code == "net/interrupted" || code == "net/timeout")
        return true;  // some plain servers wait for a line end
    return code == "net/unreachable" &&
           registry.find(':') == std::string_view::npos;  // port 80 may be open
}

}  // namespace

void Transport::use_own_settings(std::vector<std::string> mirrors,
                                 std::vector<std::string> insecure) {
    own_mirrors_ = std::move(mirrors);
    own_insecure_ = std::move(insecure);
}

Result<const HostSettings*> Transport::settings(const exec::Context& ctx) {
    return settings_.with([&](auto& known) -> Result<const HostSettings*> {
        if (!known) {
            PYC_TRY_ASSIGN(auto loaded, HostSettings::load(ctx.environment()));
            loaded.add_own(own_mirrors_, own_insecure_);
            known = std::make_unique<HostSettings>(std::move(loaded));
        }
        return known.get();
    });
}

Result<net::HttpResponse> Transport::ping(const exec::Context& ctx, const net::Url& base,
                                          bool insecure, bool is_probe) const {
    PYC_TRY_ASSIGN(auto url, base.resolve("/v2/"));
    net::HttpRequest request;
    request.url = std::move(url);
    request.body_limit = 1U << 20U;
    request.may_repeat = !is_probe;
    request.verify_tls = !insecure;
    request.timeout = base.is_loopback() ? (is_probe ? kProbeTimeout : kLoopbackTimeout)
                                         : (is_probe ? kLoopbackTimeout : kDocumentTimeout);
    return http_->send(ctx, request);
}

Result<net::HttpResponse> Transport::reach(const exec::Context& ctx, const std::string& registry,
                                           bool insecure, net::Url& base) const {
    PYC_TRY_ASSIGN(base, net::Url::parse("https://" + api_host(registry)));
    if (!base.is_loopback() && !insecure) return ping(ctx, base, insecure, false);
    auto response = ping(ctx, base, insecure, true);
    if (response || !may_lack_tls(response.error().code, registry)) return response;
    PYC_TRY_ASSIGN(auto plain, net::Url::parse("http://" + api_host(registry)));
    auto answer = ping(ctx, plain, insecure, false);
    // 400 is what TLS servers say to plain HTTP.
    if (answer && answer->status != 400) {
        base = std::move(plain);
        return answer;
    }
    // It may speak TLS and the line be bad.
    return response.error().retryable ? ping(ctx, base, insecure, false) : std::move(response);
}

Result<std::unique_ptr<Authenticator>> Transport::connect(const exec::Context& ctx,
                                                          const std::string& registry) {
    PYC_TRY_ASSIGN(const auto* const known, settings(ctx));
    const bool insecure = known->is_insecure(registry);
    net::Url base;
    auto response = reach(ctx, registry, insecure, base);
    if (!response)
        return fail(std::move(response).error()).while_("reaching the registry `{}`", registry);
    if (response->status >= 500)
        return refusal({registry, {}, Subject::Manifest, {}}, *response, {});
    ctx.log(fmt::format("`{}` is reached at {}", registry, base.redacted()));
    auto challenges = response->status == 401
                          ? parse_challenges(response->headers.find_all("WWW-Authenticate"))
                          : std::vector<Challenge>();
    return std::make_unique<Authenticator>(*http_, *keychain_, registry, base,
                                           std::move(challenges), !insecure);
}

Result<Authenticator*> Transport::host_of(const exec::Context& ctx, const std::string& registry) {
    Host* const host = hosts_.with([&](auto& hosts) {
        auto& slot = hosts[credentials::canonical_registry(registry)];
        if (!slot) slot = std::make_unique<Host>();
        return slot.get();
    });
    return host->with([&](std::unique_ptr<Authenticator>& known) -> Result<Authenticator*> {
        if (!known) {
            PYC_TRY_ASSIGN(known, connect(ctx, registry));
        }
        return known.get();
    });
}

Result<net::Url> Transport::address(const exec::Context& ctx, const oci::Reference& reference,
                                    const std::string& path) {
    PYC_TRY_ASSIGN(const auto* const host, host_of(ctx, reference.registry()));
    return host->base().resolve(fmt::format("/v2/{}/{}", reference.repository(), path));
}

Result<net::HttpResponse> Transport::send(const exec::Context& ctx, const std::string& registry,
                                          net::HttpRequest request, const Scope& scope,
                                          const ByteSink& sink) {
    PYC_TRY_ASSIGN(auto* const host, host_of(ctx, registry));
    const bool is_ours = request.url.has_same_origin(
        host->base());  // an upload may continue at a storage host that has its own signature
    if (is_ours) request.verify_tls = host->verifies_tls();
    for (int attempt = 0;; ++attempt) {
        std::optional<std::string> authorization;
        if (is_ours) {
            PYC_TRY_ASSIGN(authorization, host->authorization(ctx, scope));
        }
        std::erase_if(request.headers,
                      [](const auto& field) { return field.first == "Authorization"; });
        if (authorization) request.headers.emplace_back("Authorization", *authorization);
        PYC_TRY_ASSIGN(auto response, http_->send(ctx, request, sink));
        if (response.status != 401 || attempt > 0 || !is_ours) return response;
        // A token that ended on the way, or a registry that wants credentials only for this.
        if (!host->learn_refusal(scope, authorization,
                                 parse_challenges(response.headers.find_all("WWW-Authenticate"))))
            return response;
    }
}

Result<void> Transport::expect(const exec::Context& ctx, const Operation& operation,
                               const net::HttpResponse& response,
                               std::initializer_list<int> statuses) {
    if (std::find(statuses.begin(), statuses.end(), response.status) != statuses.end()) return {};
    PYC_TRY_ASSIGN(auto* const host, host_of(ctx, operation.registry));
    PYC_TRY_ASSIGN(const auto credential, host->credential(ctx, operation.scope.repository));
    return refusal(operation, response, credential);
}

Result<net::Url> Transport::base(const exec::Context& ctx, const std::string& registry) {
    PYC_TRY_ASSIGN(const auto* const host, host_of(ctx, registry));
    return host->base();
}

Result<credentials::Credential> Transport::credential(const exec::Context& ctx,
                                                      const oci::Reference& repository) {
    PYC_TRY_ASSIGN(auto* const host, host_of(ctx, repository.registry()));
    return host->credential(ctx, repository.repository());
}

Result<bool> Transport::may_mount(const exec::Context& ctx, const std::string& registry,
                                  const Scope& scope) {
    PYC_TRY_ASSIGN(auto* const host, host_of(ctx, registry));
    return host->may_mount(ctx, scope);
}

void Transport::send_briefly(const exec::Context& ctx, const std::string& registry,
                             net::HttpRequest request, const Scope& scope) {
    const auto host = host_of(ctx, registry);
    if (!host) return;
    const auto authorization = (*host)->known_authorization(scope);
    if (authorization && request.url.has_same_origin((*host)->base()))
        request.headers.emplace_back("Authorization", *authorization);
    if (request.url.has_same_origin((*host)->base())) request.verify_tls = (*host)->verifies_tls();
    ignore(http_->send(ctx, request));  // nobody waits for the answer
}

std::optional<Digest> announced_digest(const net::Headers& headers) {
    const auto text = headers.find("Docker-Content-Digest");
    if (!text) return std::nullopt;
    const auto digest = Digest::parse(*text);
    return digest ? std::optional(*digest) : std::nullopt;
}

Failure digest_mismatch(const std::string& what, const std::string& expected,
                        const std::string& actual) {
    return fail("registry/digest-mismatch", "{} was expected to have {}, but has {}", what,
                expected, actual)
        .hint("it was damaged on the way or in the registry; nothing of it was used");
}

}  // namespace pycontainer::registry
