#include "lsp/requests.hpp"

#include <set>
#include <string_view>

namespace pycontainer::lsp {
namespace {

using service::Service;

template <typename Request>
Result<CustomRequest> prepare(const Service& service, const Json& params, std::string title,
                              Result<Request> (*read)(const Json&),
                              Result<Json> (Service::*work)(const exec::Context&, const Request&)
                                  const) {
    PYC_TRY_ASSIGN(auto request, read(params));
    return CustomRequest{std::move(title),
                         [&service, work, request = std::move(request)](const exec::Context& ctx) {
                             return (service.*work)(ctx, request);
                         }};
}

/// Requests that a folder nobody trusts must not lead to: they run what its files name, ask other
/// programs for credentials or delete what builds have kept.
const std::set<std::string_view> kActing{"pycontainer/build", "pycontainer/plan",
                                         "pycontainer/push", "pycontainer/registries",
                                         "pycontainer/cacheClear"};
/// Requests that can do without a registry and an index, when they are told to.
const std::set<std::string_view> kAbleOffline{"pycontainer/build", "pycontainer/plan"};

}  // namespace

std::optional<std::string> refusal_of(const std::string& method, const Limits& limits) {
    if (limits.no_exec && kActing.contains(method))
        return "the server was started with `--no-exec`, so nothing is built, planned or pushed";
    if (limits.no_network && method == "pycontainer/push")
        return "the server was started with `--no-network`, so nothing is pushed";
    return std::nullopt;
}

std::optional<Result<CustomRequest>> read_custom_request(const Service& service,
                                                         const std::string& method, Json params,
                                                         const Limits& limits) {
    if (params.is_object()) {
        params.erase("workDoneToken");
        params.erase("partialResultToken");
        if (limits.no_network && kAbleOffline.contains(method)) params["offline"] = true;
    }
    if (method == "pycontainer/build")
        return prepare(service, params, "Building container", &Service::read_build_request,
                       &Service::build);
    if (method == "pycontainer/plan")
        return prepare(service, params, "Planning", &Service::read_build_request, &Service::plan);
    if (method == "pycontainer/push")
        return prepare(service, params, "Pushing container", &Service::read_push_request,
                       &Service::push);
    if (method == "pycontainer/image")
        return prepare(service, params, "Reading the image", &Service::read_image_request,
                       &Service::image);
    if (method == "pycontainer/registries")
        return CustomRequest{"Looking for registries", [&service](const exec::Context& ctx) {
                                 return service.registries(ctx);
                             }};
    if (method == "pycontainer/cacheInfo")
        return prepare(service, params, "Reading the cache", &Service::read_cache_request,
                       &Service::cache_info);
    if (method == "pycontainer/cacheClear")
        return prepare(service, params, "Clearing the cache", &Service::read_cache_request,
                       &Service::cache_clear);
    return std::nullopt;
}

}  // namespace pycontainer::lsp
