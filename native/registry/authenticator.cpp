#include "registry/authenticator.hpp"

#include "base/json.hpp"
#include "base/strings.hpp"
#include "credentials/base64.hpp"
#include "registry/refusal.hpp"

#include <algorithm>

namespace pycontainer::registry {
namespace {

constexpr std::uint64_t kMaxTokenAnswer = 1U << 20U;
constexpr std::chrono::seconds kTokenTimeout{60};
constexpr std::uint64_t kDefaultLifetime =
    60;  // "Token Authentication": when `expires_in` is missing
constexpr std::uint64_t kLongestLifetime = 24 * 3600;
constexpr std::string_view kClient = "pycontainer";

const Challenge* find_scheme(const std::vector<Challenge>& challenges, std::string_view scheme) {
    const auto found =
        std::find_if(challenges.begin(), challenges.end(),
                     [&](const Challenge& challenge) { return challenge.scheme == scheme; });
    return found == challenges.end() ? nullptr : &*found;
}

std::string basic(const credentials::Credential& credential) {
    return "Basic " + credentials::to_base64(credential.username + ":" + credential.password);
}

std::string token_key(const Scope& scope) {
    return join(scope.to_strings(), " ");
}

/// Renewed a little before its end, so that it does not end on the way.
std::chrono::milliseconds useful_lifetime(std::uint64_t seconds) {
    const std::chrono::milliseconds whole =
        std::chrono::seconds(std::min(seconds, kLongestLifetime));
    return whole - std::min<std::chrono::milliseconds>(std::chrono::seconds(10), whole / 4);
}

}  // namespace

std::vector<std::string> Scope::to_strings() const {
    if (catalog) return {"registry:catalog:*"};
    if (repository.empty()) return {};
    std::vector<std::string> scopes{
        fmt::format("repository:{}:{}", repository, access == Access::Push ? "pull,push" : "pull")};
    if (mount_from && *mount_from != repository)
        scopes.push_back(fmt::format("repository:{}:pull", *mount_from));
    return scopes;
}

bool is_trusted_realm(const net::Url& realm, const net::Url& base, bool anonymous) {
    if (realm.scheme() != "https" && realm.scheme() != "http") return false;
    if (realm.host() == base.host() && realm.port() == base.port())
        return realm.is_https() || !base.is_https();
    if (realm.is_https() && (!net::is_local_only_host(realm.host()) || realm.host() == base.host()))
        return true;
    return anonymous && realm.is_loopback() && base.is_loopback();
}

Result<credentials::Credential> Authenticator::find_credential(
    const exec::Context& ctx, State& state, const std::string& repository) const {
    if (const auto known = state.credentials.find(repository); known != state.credentials.end())
        return known->second;
    PYC_TRY_ASSIGN(auto credential, keychain_->resolve(ctx, registry_, repository));
    if (!credential.entra_token.empty()) PYC_TRY(exchange(ctx, credential));
    if (credential.anonymous())
        ctx.log(fmt::format("no credentials for `{}/{}`", registry_, repository));
    else
        ctx.log(fmt::format("credentials for `{}/{}` from {}", registry_, repository,
                            credential.source));
    state.credentials.emplace(repository, credential);
    return credential;
}

/// "Azure Container Registry: authenticating with an Entra token": `POST /oauth2/exchange` at the
/// registry itself.
Result<void> Authenticator::exchange(const exec::Context& ctx,
                                     credentials::Credential& credential) const {
    net::HttpRequest request;
    PYC_TRY_ASSIGN(request.url, base_.resolve("/oauth2/exchange"));
    request.method = "POST";
    request.verify_tls = verify_tls_;
    request.repeat_post = true;
    request.follow_redirects = false;  // the body is a secret
    request.body_limit = kMaxTokenAnswer;
    request.timeout = kTokenTimeout;
    request.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
    request.body =
        fmt::format("grant_type=access_token&service={}&access_token={}",
                    net::percent_encode(base_.host()), net::percent_encode(credential.entra_token));
    if (!credential.entra_tenant.empty())
        request.body += "&tenant=" + net::percent_encode(credential.entra_tenant);
    auto response = http_->send(ctx, request);
    if (!response)
        return fail(std::move(response).error())
            .while_("exchanging the token from {} at `{}`", credential.source, registry_);
    const auto json = parse_json(response->body, "the registry's answer");
    auto token = response->is_success() && json ? string_member(*json, "refresh_token").value_or("")
                                                : std::string();
    credential.entra_token.clear();
    credential.entra_tenant.clear();
    if (!token.empty()) {
        credential.identity_token = std::move(token);
        return {};
    }
    ctx.log(fmt::format("`{}` did not take the token from {}: HTTP status {}", registry_,
                        credential.source, response->status));
    credential.looked_at.push_back(fmt::format("{} (the registry answered with HTTP status {})",
                                               credential.source, response->status));
    return {};
}

Result<credentials::Credential> Authenticator::credential(const exec::Context& ctx,
                                                          const std::string& repository) {
    return state_.with([&](State& state) { return find_credential(ctx, state, repository); });
}

std::optional<std::string> Authenticator::known_authorization(const Scope& scope) const {
    return state_.with([&](const State& state) -> std::optional<std::string> {
        if (find_scheme(state.challenges, "bearer") != nullptr) {
            const auto token = state.tokens.find(token_key(scope));
            if (token == state.tokens.end()) return std::nullopt;
            return "Bearer " + token->second.value;
        }
        const auto known = state.credentials.find(scope.repository);
        if (find_scheme(state.challenges, "basic") == nullptr || known == state.credentials.end() ||
            known->second.anonymous())
            return std::nullopt;
        return basic(known->second);
    });
}

Result<Authenticator::Token> Authenticator::find_token(const exec::Context& ctx, State& state,
                                                       const Scope& scope) const {
    const auto key = token_key(scope);
    const auto known = state.tokens.find(key);
    if (known != state.tokens.end() && Clock::now() < known->second.renew_at) return known->second;
    PYC_TRY(find_credential(ctx, state, scope.repository));
    PYC_TRY_ASSIGN(auto token, fetch_token(ctx, *find_scheme(state.challenges, "bearer"),
                                           state.credentials[scope.repository], scope));
    state.tokens[key] = token;
    return token;
}

Result<std::optional<std::string>> Authenticator::authorization(const exec::Context& ctx,
                                                                const Scope& scope) {
    return state_.with([&](State& state) -> Result<std::optional<std::string>> {
        if (find_scheme(state.challenges, "bearer") != nullptr) {
            PYC_TRY_ASSIGN(const auto token, find_token(ctx, state, scope));
            return "Bearer " + token.value;
        }
        if (find_scheme(state.challenges, "basic") == nullptr) return std::nullopt;
        PYC_TRY_ASSIGN(const auto credential, find_credential(ctx, state, scope.repository));
        if (credential.anonymous()) return std::nullopt;
        return basic(credential);
    });
}

Result<bool> Authenticator::may_mount(const exec::Context& ctx, const Scope& scope) {
    if (!scope.mount_from) return false;
    return state_.with([&](State& state) -> Result<bool> {
        if (find_scheme(state.challenges, "bearer") == nullptr) return true;
        const auto token = find_token(ctx, state, scope);
        if (token) return !token->grant || token->grant->allows(*scope.mount_from, "pull");
        const auto& code = token.error().code;
        if (code != "registry/unauthorized" && code != "registry/forbidden")
            return fail(token.error());
        return false;
    });
}

bool Authenticator::learn_refusal(const Scope& scope, const std::optional<std::string>& used,
                                  std::vector<Challenge> challenges) {
    return state_.with([&](State& state) {
        if (find_scheme(challenges, "bearer") != nullptr ||
            find_scheme(challenges, "basic") != nullptr)
            state.challenges = std::move(challenges);
        if (find_scheme(state.challenges, "bearer") == nullptr)
            return !used && find_scheme(state.challenges, "basic") != nullptr;
        const auto known = state.tokens.find(token_key(scope));
        if (known != state.tokens.end() && used == "Bearer " + known->second.value)
            state.tokens.erase(known);
        return true;
    });
}

net::HttpRequest Authenticator::token_request(const net::Url& realm, const Challenge& challenge,
                                              const credentials::Credential& credential,
                                              const Scope& scope) const {
    const auto service = challenge.parameter("service");
    net::HttpRequest request;
    request.body_limit = kMaxTokenAnswer;
    request.timeout = kTokenTimeout;
    request.url = realm;
    if (realm.has_same_origin(base_)) request.verify_tls = verify_tls_;
    if (!credential.identity_token.empty()) {
        request.method = "POST";
        request.repeat_post = true;
        request.follow_redirects = false;  // the body is a secret
        request.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
        request.body = fmt::format(
            "grant_type=refresh_token&client_id={}&service={}&scope={}&refresh_token={}", kClient,
            net::percent_encode(service), net::percent_encode(join(scope.to_strings(), " ")),
            net::percent_encode(credential.identity_token));
        return request;
    }
    if (!service.empty()) request.url = request.url.with_query_parameter("service", service);
    for (const auto& one : scope.to_strings())
        request.url = request.url.with_query_parameter("scope", one);
    if (!credential.anonymous()) request.headers = {{"Authorization", basic(credential)}};
    return request;
}

Result<net::HttpResponse> Authenticator::ask_for_token(const exec::Context& ctx,
                                                       const Challenge& challenge,
                                                       const credentials::Credential& credential,
                                                       const Scope& scope) const {
    const auto realm = base_.resolve(challenge.parameter("realm"));
    if (!realm || challenge.parameter("realm").empty())
        return fail("registry/invalid-response", "`{}` names no usable token server (realm)",
                    registry_)
            .hint("this has to be repaired in the registry's configuration");
    if (!is_trusted_realm(realm->without_userinfo(), base_, credential.anonymous()))
        return fail("registry/untrusted-realm",
                    "`{}` sends its users to the token server `{}`, which is not trusted with "
                    "credentials",
                    registry_, realm->redacted())
            .hint(
                "a token server has to be on the registry's own host and port, or be reached over "
                "HTTPS");
    const auto request =
        token_request(realm->without_userinfo().without_fragment(), challenge, credential, scope);
    auto response = http_->send(ctx, request);
    if (!response)
        return fail(std::move(response).error())
            .while_("asking `{}` for a token for `{}`", realm->redacted(), registry_);
    return response;
}

Result<Authenticator::Token> Authenticator::fetch_token(const exec::Context& ctx,
                                                        const Challenge& challenge,
                                                        credentials::Credential& credential,
                                                        const Scope& scope) const {
    PYC_TRY_ASSIGN(auto response, ask_for_token(ctx, challenge, credential, scope));
    if ((response.status == 401 || response.status == 403) && credential.ambient &&
        scope.access == Access::Pull) {
        ctx.log(fmt::format("`{}` refused the credentials from {}; going on without", registry_,
                            credential.source));
        auto looked_at = std::move(credential.looked_at);
        looked_at.push_back(credential.source + " (refused)");
        credential = {};
        credential.looked_at = std::move(looked_at);
        PYC_TRY_ASSIGN(response, ask_for_token(ctx, challenge, credential, scope));
    }
    if (!response.is_success())
        return refusal({registry_, scope, Subject::Token, {}}, response, credential);
    const auto json = parse_json(response.body, "the token server's answer");
    auto value = json ? string_member(*json, "token").value_or("") : std::string();
    if (json && value.empty()) value = string_member(*json, "access_token").value_or("");
    const bool printable_token =
        std::all_of(value.begin(), value.end(), [](char c) { return c > 0x20 && c < 0x7F; });
    if (value.empty() || !printable_token)
        return fail("registry/invalid-response",
                    "the token server `{}` of `{}` answered without a token",
                    response.url.redacted(), registry_)
            .hint("this has to be repaired on the server");
    // RFC 6749, section 6: a new refresh token takes the place of the old one.
    if (const auto renewed = string_member(*json, "refresh_token");
        renewed && !renewed->empty() && !credential.identity_token.empty())
        credential.identity_token = *renewed;
    auto grant = Grant::read(*json, value);
    if (grant && scope.access == Access::Push && !grant->allows(scope.repository, "push"))
        return not_granted({registry_, scope, Subject::Token, {}},
                           grant->describe(scope.repository), credential);
    const auto lifetime = unsigned_member(*json, "expires_in").value_or(kDefaultLifetime);
    return Token{std::move(value), Clock::now() + useful_lifetime(lifetime), std::move(grant)};
}

}  // namespace pycontainer::registry
