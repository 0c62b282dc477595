#include "index/authenticated_http_client.hpp"

#include "base/strings.hpp"

#include <algorithm>

namespace pycontainer::index {
namespace {

bool is_refused(const net::HttpResponse& response) {
    return response.status == 401 || response.status == 403;
}

net::Url with_credential(const net::Url& url, const IndexCredential& credential) {
    const auto holder = net::Url::parse(
        fmt::format("{}://{}:{}@{}/", url.scheme(), net::percent_encode(credential.username),
                    net::percent_encode(credential.password), url.host_and_port()));
    return holder ? url.with_userinfo_of(*holder) : url;
}

}  // namespace

Result<net::HttpResponse> AuthenticatedHttpClient::send(const exec::Context& ctx,
                                                        const net::HttpRequest& request,
                                                        const ByteSink& sink) {
    auto authenticated = request;
    auto credential = credentials_->find(request.url);
    if (credential) authenticated.url = with_credential(request.url, *credential);
    PYC_TRY_ASSIGN(auto response, inner_->send(ctx, authenticated, sink));
    if (!is_refused(response)) return response;
    PYC_TRY_ASSIGN(auto kept, credentials_->ask_keyring(ctx, request.url));
    if (kept) {
        credential = std::move(kept);
        authenticated.url = with_credential(request.url, *credential);
        PYC_TRY_ASSIGN(response, inner_->send(ctx, authenticated, sink));
        if (!is_refused(response)) return response;
    }
    const auto index = credentials_->index_of(request.url);
    if (index && std::find(index->missing_statuses.begin(), index->missing_statuses.end(),
                           response.status) != index->missing_statuses.end())
        return response;
    // Elsewhere than where it was sent, it is the other place that refuses.
    const auto refused_at = response.url.empty() ? request.url : response.url;
    const bool was_sent = credential && refused_at.has_same_origin(request.url);
    auto failure =
        fail("index/unauthorized", "`{}`{} answered {}: {}", refused_at.redacted(),
             index ? fmt::format(" of the index `{}`{}", index->shown(),
                                 index->origin.empty() ? "" : fmt::format(" ({})", index->origin))
                   : "",
             response.status,
             was_sent ? fmt::format("it refused the credentials from {}", credential->source)
                      : "no credentials were found for it");
    return std::move(failure).hint("{}{}", was_sent ? "correct them, or " : "",
                                   credentials_->advice_for(request.url));
}

}  // namespace pycontainer::index
