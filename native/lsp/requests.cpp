#include "lsp/requests.hpp"

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

}  // namespace

std::optional<Result<CustomRequest>> read_custom_request(const Service& service,
                                                         const std::string& method, Json params) {
    if (params.is_object()) {
        params.erase("workDoneToken");
        params.erase("partialResultToken");
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
