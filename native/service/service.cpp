#include "service/service.hpp"

#include "build/builder.hpp"
#include "build/pusher.hpp"
#include "config/load.hpp"
#include "intellisense/diagnostics.hpp"
#include "oci/platform.hpp"
#include "oci/reference.hpp"
#include "project/pyproject_check.hpp"
#include "schema/request.hpp"
#include "schema/schemas.hpp"

#include <algorithm>
#include <tuple>

namespace pycontainer::service {
namespace {

Result<void> check_references(const std::optional<std::vector<std::string>>& tags) {
    if (!tags) return {};
    for (const auto& tag : *tags) PYC_TRY(oci::Reference::parse(tag));
    return {};
}

bool names_image_elsewhere(const std::string& base) {
    return base == "scratch" || base.starts_with("oci:");
}

}  // namespace

Result<build::BuildRequest> Service::read_build_request(const Json& json) {
    PYC_TRY(schema::check_request(schema::build_request(), json));
    PYC_TRY_ASSIGN(auto request, build::BuildRequest::from_json(json));
    PYC_TRY(check_references(request.overrides.tags));
    if (const auto& base = request.overrides.base_image; base && !names_image_elsewhere(*base))
        PYC_TRY(oci::Reference::parse(*base));
    if (const auto& registry = request.overrides.registry_url)
        PYC_TRY(oci::Reference::parse(*registry));
    if (request.overrides.platforms)
        for (const auto& platform : *request.overrides.platforms)
            PYC_TRY(oci::Platform::parse(platform));
    return request;
}

Result<build::PushRequest> Service::read_push_request(const Json& json) {
    PYC_TRY(schema::check_request(schema::push_request(), json));
    PYC_TRY_ASSIGN(auto request, build::PushRequest::from_json(json));
    PYC_TRY(check_references(request.references));
    return request;
}

Result<Json> Service::build(const exec::Context& ctx, const build::BuildRequest& request) const {
    return request.dry_run ? build::plan_image(ctx, request) : build::build_image(ctx, request);
}

Result<Json> Service::plan(const exec::Context& ctx, const build::BuildRequest& request) const {
    return build::plan_image(ctx, request);
}

Result<Json> Service::push(const exec::Context& ctx, const build::PushRequest& request) const {
    return build::push_layout(ctx, request);
}

Result<std::vector<Diagnostic>> Service::check(const exec::Context& ctx,
                                               const CheckRequest& request) const {
    PYC_TRY_ASSIGN(const auto loaded,
                   config::load(ctx.environment(), {.project_directory = request.project_directory,
                                                    .config_file = request.config_file,
                                                    .overrides = {}}));
    auto diagnostics = loaded.diagnostics;
    const auto faults = project::check_pyproject(
        loaded.pyproject_document,
        (request.project_directory / "pyproject.toml").lexically_normal().string());
    diagnostics.insert(diagnostics.end(), faults.begin(), faults.end());
    std::stable_sort(diagnostics.begin(), diagnostics.end(),
                     [](const Diagnostic& a, const Diagnostic& b) {
                         return std::tie(a.file, a.range.start) < std::tie(b.file, b.range.start);
                     });
    return diagnostics;
}

std::vector<Diagnostic> Service::check_text(const std::string& file, std::string_view text) const {
    const auto name = std::filesystem::path(file).filename().string();
    if (name == "pyproject.toml") {
        auto diagnostics = intellisense::diagnose_pyproject(text, name);
        const auto faults = project::check_pyproject(toml::parse(text, name), name);
        diagnostics.insert(diagnostics.end(), faults.begin(), faults.end());
        return diagnostics;
    }
    if (name.ends_with(".toml")) return intellisense::diagnose_configuration(text, name);
    return {};
}

}  // namespace pycontainer::service
