#include "service/service.hpp"

#include "base/digest.hpp"
#include "base/file.hpp"
#include "base/strings.hpp"
#include "build/builder.hpp"
#include "build/pusher.hpp"
#include "credentials/known_registries.hpp"
#include "image/description.hpp"
#include "intellisense/diagnostics.hpp"
#include "intellisense/project_view.hpp"
#include "intellisense/scaffold.hpp"
#include "oci/platform.hpp"
#include "oci/reference.hpp"
#include "schema/request.hpp"
#include "schema/schemas.hpp"
#include "service/internal/error_pages.hpp"
#include "service/registry_images.hpp"
#include "store/cache_info.hpp"
#include "store/cache_size.hpp"
#include "store/eviction.hpp"
#include "store/store.hpp"

#include <algorithm>
#include <charconv>
#include <tuple>

namespace pycontainer::service {
namespace {

Result<void> check_references(const std::optional<std::vector<std::string>>& tags) {
    if (!tags) return {};
    for (const auto& tag : *tags) PYC_TRY(oci::Reference::parse(tag));
    return {};
}

/// The schema's complaints repeat what they are about: passwords must not be there.
void hide_texts(Json& json) {
    if (json.is_string() && !json.get_ref<const std::string&>().empty()) json = "hidden";
    if (json.is_structured())
        for (auto& item : json) hide_texts(item);
}

Result<void> check_request(const Json& schema, const Json& request) {
    if (!member(request, "credentials")) return schema::check_request(schema, request);
    auto shown = request;
    hide_texts(shown["credentials"]);
    return schema::check_request(schema, shown);
}

bool names_image_elsewhere(const std::string& base) {
    return base == "scratch" || base.starts_with("oci:") || base.starts_with("oci-archive:") ||
           base.starts_with("docker-archive:");
}

Json to_json(const std::filesystem::path& root, const store::EvictionReport& report) {
    return {{"format_version", 1},
            {"path", root.string()},
            {"removed", {{"count", report.removed}, {"size", report.removed_size}}},
            {"shared_size", report.shared_size},
            {"left", {{"count", report.left}, {"size", report.left_size}}},
            {"needed", report.needed},
            {"processes", report.holders}};
}

}  // namespace

Result<build::BuildRequest> Service::read_build_request(const Json& json) {
    PYC_TRY(check_request(schema::build_request(), json));
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
    PYC_TRY(check_request(schema::push_request(), json));
    PYC_TRY_ASSIGN(auto request, build::PushRequest::from_json(json));
    PYC_TRY(check_references(request.references));
    return request;
}

Result<ImageRequest> Service::read_image_request(const Json& json) {
    const auto context = string_member(json, "context");
    const auto from = string_member(json, "from");
    if (!context && !from)
        return fail("request/invalid", "the request names neither `context` nor `from`");
    return ImageRequest{from ? std::filesystem::path(*from)
                             : std::filesystem::path(*context) / "dist" / "image"};
}

Result<CacheRequest> Service::read_cache_request(const Json& json) {
    if (const auto* directory = member(json, "cache_dir"); directory && !directory->is_string())
        return fail("request/invalid", "`cache_dir` is no text");
    return CacheRequest{string_member(json, "cache_dir")};
}

Result<PruneRequest> Service::read_prune_request(
    std::optional<std::filesystem::path> cache_directory, const std::string& max_size,
    const std::string& max_age) {
    PruneRequest request{
        .cache_directory = std::move(cache_directory), .max_size = {}, .max_age = {}};
    if (!max_size.empty()) {
        request.max_size = store::parse_size(max_size);
        if (!request.max_size)
            return fail("usage/invalid", "the size `{}` makes no sense", printable(max_size, 60))
                .hint("write it like `10G` or `512MiB`");
    }
    if (!max_age.empty()) {
        constexpr unsigned kMost = 36'500;
        unsigned days = 0;
        const char* end = max_age.data() + max_age.size();
        const auto parsed = std::from_chars(max_age.data(), end, days);
        if (parsed.ec != std::errc() || parsed.ptr != end || days > kMost)
            return fail("usage/invalid", "the age `{}` is no number of days",
                        printable(max_age, 60))
                .hint("write a whole number, such as `30`");
        request.max_age = std::chrono::hours(24) * days;
    }
    return request;
}

Result<Json> Service::build(const exec::Context& ctx, const build::BuildRequest& request) const {
    if (request.dry_run && request.lock.wanted)
        return fail("usage/invalid", "`--write-lock` writes, and `--dry-run` forbids it")
            .hint("see with `pycontainer lock --check` whether the lock would change");
    return request.dry_run ? build::plan_image(ctx, request) : build::build_image(ctx, request);
}

Result<Json> Service::lock(const exec::Context& ctx, const build::BuildRequest& request) const {
    return build::lock_image(ctx, request);
}

Result<Json> Service::plan(const exec::Context& ctx, const build::BuildRequest& request) const {
    return build::plan_image(ctx, request);
}

Result<Json> Service::push(const exec::Context& ctx, const build::PushRequest& request) const {
    return build::push_layout(ctx, request);
}

Result<build::LoginRequest> Service::read_login_request(const std::string& registry,
                                                        const std::string& username,
                                                        const std::string& password) {
    std::string host = registry.empty() ? "docker.io" : registry;
    for (const std::string_view scheme : {"https://", "http://"})
        if (host.starts_with(scheme)) host.erase(0, scheme.size());
    while (host.ends_with('/')) host.pop_back();
    const auto reference = oci::Reference::parse(host + "/image");
    if (!reference || !reference->names_registry() || host.find('/') != std::string::npos)
        return fail("usage/invalid", "`{}` is not the name of a registry",
                    printable(registry.substr(registry.rfind('@') + 1), 80))
            .hint("name its host, and its port if it has one: `ghcr.io`, `localhost:5000`");
    if (username.find(':') != std::string::npos)
        return fail("usage/invalid", "a user name cannot have a colon");
    return build::LoginRequest{reference->registry(), {username, password}};
}

Result<Json> Service::inspect(const exec::Context& ctx,
                              const build::InspectRequest& request) const {
    return build::inspect_image(ctx, request);
}

Result<Json> Service::load(const exec::Context& ctx, const build::LoadRequest& request) const {
    return build::load_image(ctx, request);
}

Result<Json> Service::rebase(const exec::Context& ctx, const build::RebaseRequest& request) const {
    return build::rebase_image(ctx, request);
}

Result<Json> Service::attach(const exec::Context& ctx, const build::AttachRequest& request) const {
    return build::attach_artifact(ctx, request);
}

Result<Json> Service::login(const exec::Context& ctx, const build::LoginRequest& request) const {
    return build::login(ctx, request);
}

Result<Json> Service::logout(const exec::Context& ctx, const build::LoginRequest& request) const {
    return build::logout(ctx, request.registry);
}

Result<Json> Service::image(const exec::Context& ctx, const ImageRequest& request) const {
    PYC_TRY_ASSIGN(const auto layout, image::Layout::open(request.layout));
    return image::describe_layout(ctx, layout);
}

Result<Json> Service::registries(const exec::Context& ctx) const {
    PYC_TRY_ASSIGN(const auto known, credentials::known_registries(ctx.environment()));
    Json list = Json::array();
    for (const auto& registry : known) list.push_back({{"registry", printable(registry)}});
    return Json{{"format_version", 1}, {"registries", std::move(list)}};
}

Result<Json> Service::cache_info(const exec::Context& ctx, const CacheRequest& request) const {
    PYC_TRY_ASSIGN(const auto root,
                   store::Store::find_root(ctx.environment(), request.cache_directory));
    PYC_TRY_ASSIGN(const auto limit, store::cache_size_limit(ctx.environment()));
    return store::describe_cache(ctx, root, limit);
}

Result<Json> Service::cache_prune(const exec::Context& ctx, const PruneRequest& request) const {
    PYC_TRY_ASSIGN(const auto root,
                   store::Store::find_root(ctx.environment(), request.cache_directory));
    store::EvictionGoal goal;
    if (request.max_size) goal = store::EvictionGoal::size(*request.max_size);
    if (request.max_age)
        goal.used_since = store::now() - std::chrono::nanoseconds(*request.max_age).count();
    if (!request.max_size && !request.max_age) {
        PYC_TRY_ASSIGN(const auto limit, store::cache_size_limit(ctx.environment()));
        if (limit) goal = store::EvictionGoal::size(*limit);
    }
    PYC_TRY_ASSIGN(const auto report, store::evict(ctx, root, goal));
    return to_json(root, report);
}

Result<Json> Service::cache_clear(const exec::Context& ctx, const CacheRequest& request) const {
    PYC_TRY_ASSIGN(const auto root,
                   store::Store::find_root(ctx.environment(), request.cache_directory));
    PYC_TRY_ASSIGN(const auto report, store::clear(ctx, root));
    return to_json(root, report);
}

Result<std::vector<Diagnostic>> Service::check(const exec::Context& ctx,
                                               const CheckRequest& request) const {
    PYC_TRY_ASSIGN(const auto view,
                   intellisense::look_at_project(ctx, {.directory = request.project_directory,
                                                       .config_file = request.config_file,
                                                       .texts = {}}));
    const RegistryImages images(ctx.environment(), false);  // nobody is asked
    return intellisense::diagnose_project(*view, &images);
}

Result<Json> Service::init(const exec::Context& ctx, const InitRequest& request) const {
    PYC_TRY_ASSIGN(
        const auto view,
        intellisense::look_at_project(
            ctx, {.directory = request.project_directory, .config_file = {}, .texts = {}}));
    const auto& path = view->loaded.own_path;
    const auto* tool = member(view->loaded.pyproject, "tool");
    std::error_code error;
    if (std::filesystem::exists(path, error))
        return fail("config/exists", "there is a `{}` already", path.string())
            .hint("edit it, or remove it first");
    if (tool && tool->contains("pycontainer"))
        return fail("config/exists", "`[tool.pycontainer]` of `pyproject.toml` is there already")
            .hint("edit it, or move its tables into `pycontainer.toml`");
    const auto text = intellisense::scaffold(*view);
    if (!request.dry_run) PYC_TRY(write_file(path, text, Durability::Synced));
    return Json{{"format_version", 1},
                {"path", path.string()},
                {"text", text},
                {"written", !request.dry_run}};
}

std::string_view Service::configuration_schema() {
    return schema::configuration_text();
}

Result<ErrorPages> Service::error_pages(const Environment& environment) {
    PYC_TRY_ASSIGN(const auto root, store::Store::find_root(environment, std::nullopt));
    const auto text = embedded_pages();
    ErrorPages pages;
    pages.file = root / "pages" / ("errors-" + Digest::of(text).hex().substr(0, 12) + ".md");
    std::error_code error;
    if (!std::filesystem::exists(pages.file, error)) {
        std::filesystem::create_directories(pages.file.parent_path(), error);
        PYC_TRY(write_file(pages.file, text));
    }
    constexpr std::string_view kHeading = "## ";
    const auto lines = split_lines(text);
    for (std::size_t i = 0; i < lines.size(); ++i)
        if (lines[i].starts_with(kHeading))
            pages.lines.emplace(lines[i].substr(kHeading.size()), i + 1);
    return pages;
}

Result<std::string> Service::explain(const std::string& code) {
    if (const auto page = embedded_page(code)) return *page;
    const auto near = closest_match(code, embedded_codes());
    return fail("usage/invalid", "there is no code `{}`", printable(code, 80))
        .hint("{}", near ? fmt::format("did you mean `{}`?", *near)
                         : "codes stand in brackets: `error[config/unknown-key]`");
}

}  // namespace pycontainer::service
