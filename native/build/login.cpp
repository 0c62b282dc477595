#include "build/login.hpp"

#include "credentials/docker_login.hpp"
#include "net/curl_http_client.hpp"
#include "net/retrying_http_client.hpp"
#include "registry/registry_client.hpp"

namespace pycontainer::build {
namespace {

/// Knows one credential, for every registry: only one is asked.
class OneCredential final : public credentials::Keychain {
public:
    explicit OneCredential(credentials::Credential credential)
        : credential_(std::move(credential)) {}
    Result<credentials::Credential> resolve(const exec::Context&, const std::string&,
                                            const std::string&) override {
        return credential_;
    }

private:
    credentials::Credential credential_;
};

}  // namespace

Result<Json> login(const exec::Context& ctx, const LoginRequest& request) {
    const credentials::Credential credential{.username = request.login.username,
                                             .password = request.login.password,
                                             .source = "the command line"};
    OneCredential keychain(credential);
    net::CurlHttpClient curl(ctx.environment());
    net::RetryingHttpClient http(curl);
    registry::RegistryClient client(http, keychain);
    auto checked = client.check_credentials(ctx, request.registry);
    if (!checked)
        return fail(std::move(checked).error().while_("logging in to {}", request.registry));
    PYC_TRY_ASSIGN(const auto stored, credentials::store_login(ctx, request.registry, credential));
    return Json{{"format_version", 1},
                {"registry", request.registry},
                {"stored_in", stored.place},
                {"plain_text", stored.plain_text}};
}

Result<Json> logout(const exec::Context& ctx, const std::string& registry) {
    PYC_TRY_ASSIGN(const auto places, credentials::erase_login(ctx, registry));
    return Json{{"format_version", 1}, {"registry", registry}, {"removed_from", places}};
}

}  // namespace pycontainer::build
