#include "build/builder.hpp"

#include "archive/layer_writer.hpp"
#include "build/application_layer.hpp"
#include "build/planner.hpp"
#include "build/publish.hpp"
#include "build/remembered.hpp"
#include "image/layout.hpp"
#include "install/layers.hpp"
#include "install/venv.hpp"
#include "install/wheels.hpp"
#include "oci/media_types.hpp"
#include "project/metadata.hpp"
#include "project/stat_index.hpp"

#include <algorithm>
#include <chrono>
#include <map>

namespace pycontainer::build {
namespace {

using Clock = std::chrono::steady_clock;

/// Runtimes stop at 127 layers, the base's included; some room is left for those who build upon
/// ours.
constexpr std::size_t kRuntimesLimit = 127;
constexpr std::size_t kMaxLayers = 120;

std::int64_t now_seconds() {
    return std::chrono::duration_cast<std::chrono::seconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}
std::int64_t now_nanoseconds() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

/// Steps of a build, timed and shown in percent of the whole.
class Steps {
public:
    explicit Steps(const exec::Context& ctx) : activity_(ctx, "building", 100) {}

    void done(const char* name, unsigned percent) {
        const auto now = Clock::now();
        timings_[name] = std::chrono::duration<double, std::milli>(now - last_).count();
        last_ = now;
        activity_.advance(percent);
    }
    Json timings() const {
        auto timings = timings_;
        timings["total"] = std::chrono::duration<double, std::milli>(Clock::now() - start_).count();
        return timings;
    }

private:
    exec::Activity activity_;
    Json timings_ = Json::object();
    Clock::time_point start_ = Clock::now();
    Clock::time_point last_ = start_;
};

std::string joined(const std::vector<std::string>& names, std::size_t limit) {
    std::string text;
    for (std::size_t i = 0; i < names.size() && i < limit; ++i)
        text += (i == 0 ? "" : ", ") + names[i];
    if (names.size() > limit) text += fmt::format(" and {} more", names.size() - limit);
    return text;
}

archive::Compression compression_of(const BuildPlan& plan) {
    return archive::compression_named(plan.config.compression).value_or(archive::Compression::Gzip);
}

/// Warnings of the wheels become the plan's, so that the result and the next build have them too.
void add_warnings(const exec::Context& ctx, const std::vector<resolve::Warning>& warnings,
                  BuildPlan& plan) {
    for (const auto& warning : warnings) {
        ctx.warn(warning.code, warning.message, warning.hint);
        plan.warnings.push_back(
            {{"code", warning.code}, {"message", warning.message}, {"hint", warning.hint}});
    }
}

Result<std::vector<Layer>> dependency_layers(const exec::Context& ctx, BuildPlan& plan,
                                             Session& session) {
    std::vector<Layer> layers;
    auto scheme = plan.scheme();
    if (!scheme || plan.dependencies.wheels.empty()) return layers;
    // A guessed patch number must not refuse a wheel.
    if (const auto& interpreter = *plan.base.facts.interpreter; interpreter.exact_version)
        scheme->python_version = interpreter.version;
    if (plan.base.manifest.layers.size() + 2 > kRuntimesLimit)
        return fail("install/too-many-layers",
                    "the base image has {} layers already, and runtimes take {} at most",
                    plan.base.manifest.layers.size(), kRuntimesLimit)
            .hint("use another base image, or build the base again with fewer layers");
    PYC_TRY_ASSIGN(const auto wheels,
                   install::prepare_wheels(ctx, plan.dependencies.wheels, *scheme, session.http(),
                                           session.store()));
    for (const auto& wheel : wheels) add_warnings(ctx, wheel.warnings, plan);
    const auto room = kMaxLayers - std::min(kMaxLayers - 1, plan.base.manifest.layers.size() + 1);
    const install::LayerOptions options{.max_layers = room,
                                        .compression = compression_of(plan),
                                        .conflicts = plan.config.conflicting_files == "warn"
                                                         ? install::ConflictPolicy::Warn
                                                         : install::ConflictPolicy::Error};
    PYC_TRY_ASSIGN(const auto built,
                   install::build_wheel_layers(ctx, wheels, *scheme, options, session.store()));
    add_warnings(ctx, built.warnings, plan);
    const auto media_type = archive::layer_media_type(options.compression);
    for (const auto& layer : built.layers)
        layers.push_back({.descriptor = {.media_type = std::string(media_type),
                                         .digest = layer.blob.digest,
                                         .size = layer.blob.size,
                                         .platform = {},
                                         .annotations = {}},
                          .diff_id = layer.blob.diff_id,
                          .kind = LayerKind::Dependencies,
                          .state = layer.cached ? LayerState::Cached : LayerState::Built,
                          .summary = joined(layer.packages, 12)});
    return layers;
}

/// Where the project's code and that of its workspace members lies, relative to the working
/// directory.
std::vector<std::string> import_roots(const BuildPlan& plan) {
    auto roots = plan.facts.layout.import_roots;
    if (const auto& root = plan.facts.entrypoint.import_root;
        std::find(roots.begin(), roots.end(), root) == roots.end())
        roots.push_back(root);
    for (const auto& [name, directory] : plan.dependencies.local_project_directories) {
        const auto relative = std::filesystem::absolute(directory)
                                  .lexically_normal()
                                  .lexically_relative(plan.project_directory)
                                  .string();
        const bool has_src =
            std::any_of(plan.sources.directories.begin(), plan.sources.directories.end(),
                        [&](const std::string& path) { return path == relative + "/src"; });
        roots.push_back(has_src ? relative + "/src" : relative);
    }
    return roots;
}

/// Recording installed projects (packaging specifications): METADATA, INSTALLER, entry points, and
/// RECORD with all of them.
std::vector<archive::FileEntry> dist_info_entries(const project::DistInfo& info,
                                                  const std::string& site_packages) {
    std::map<std::string, std::string> files{{"METADATA", info.metadata},
                                             {"INSTALLER", "pycontainer\n"}};
    if (info.entry_points) files["entry_points.txt"] = *info.entry_points;
    std::string record;
    for (const auto& [name, content] : files)
        record += fmt::format("{}/{},sha256={},{}\n", info.directory, name,
                              to_base64_url(Digest::of(content).raw()), content.size());
    files["RECORD"] = record + info.directory + "/RECORD,,\n";
    std::vector<archive::FileEntry> entries;
    for (const auto& [name, content] : files)
        entries.push_back(archive::text_entry(site_packages + "/" + info.directory + "/" + name,
                                              content, install::kInstallTime));
    return entries;
}

/// The virtual environment and what the project itself puts into it.
std::vector<archive::FileEntry> generated_entries(const BuildPlan& plan) {
    const auto scheme = plan.scheme();
    if (!scheme) return {};
    auto entries = install::venv_skeleton(
        *scheme, {plan.base.facts.interpreter->path, plan.base.facts.interpreter->version});
    const auto add = [&](std::vector<archive::FileEntry> more) {
        entries.insert(entries.end(), std::make_move_iterator(more.begin()),
                       std::make_move_iterator(more.end()));
    };
    std::string roots;
    for (const auto& root : import_roots(plan))
        roots += plan.config.workdir + (root.empty() ? "" : "/" + root) + "\n";
    entries.push_back(archive::text_entry(scheme->site_packages() + "/_pycontainer_project.pth",
                                          roots, install::kInstallTime));
    std::vector<install::EntryPoint> scripts;
    for (const auto& script : plan.facts.entrypoint.console_scripts)
        scripts.push_back({script.name, script.module, script.attr});
    add(install::console_scripts(*scheme, scripts));
    if (plan.dist_info) add(dist_info_entries(*plan.dist_info, scheme->site_packages()));
    return entries;
}

Result<Layer> application_layer(const exec::Context& ctx, const BuildRequest& request,
                                const BuildPlan& plan, Session& session) {
    const auto index_file =
        session.store().record_path("sources", Digest::of(plan.project_directory.string()));
    auto digest = request.use_cache ? project::StatIndex::load_tree_digest(
                                          index_file, plan.sources.stat_fingerprint)
                                    : std::nullopt;
    if (!digest) {
        auto index =
            request.use_cache ? project::StatIndex::load(index_file) : project::StatIndex();
        PYC_TRY_ASSIGN(digest, index.digest_tree(ctx, plan.project_directory, plan.sources));
        PYC_TRY(index.save(index_file));
    }
    ApplicationLayer layer;
    layer.project_directory = plan.project_directory;
    layer.sources = &plan.sources;
    layer.sources_digest = *digest;
    layer.working_directory = plan.config.workdir;
    layer.generated = generated_entries(plan);
    layer.writable = plan.config.writable;
    layer.user = plan.settings.user;
    layer.mtime = plan.source_date_epoch;
    layer.compression = compression_of(plan);
    return make_application_layer(ctx, layer, session.store());
}

Result<void> write_layout(const exec::Context& ctx, const BuildPlan& plan,
                          const AssembledImage& image, Session& session) {
    const exec::Activity activity(ctx, fmt::format("writing {}", plan.output.string()));
    PYC_TRY(fetch_base_layers(ctx, plan.base, session.store()));
    PYC_TRY_ASSIGN(auto writer, image::LayoutWriter::create(plan.output));
    for (const auto& layer : image.layers) {
        PYC_TRY(ctx.check());
        if (!oci::is_foreign_layer(layer.descriptor.media_type))
            PYC_TRY(writer.add_blob_file(layer.descriptor.digest,
                                         session.store().blob_path(layer.descriptor.digest)));
    }
    PYC_TRY(writer.add_blob(image.manifest.config.digest, image.config_bytes));
    PYC_TRY(writer.add_blob(image.descriptor.digest, image.manifest_bytes));
    PYC_TRY(ctx.check());
    return writer.commit(image.descriptor, plan.tags);
}

Result<std::vector<oci::Reference>> push_image(const exec::Context& ctx, const BuildPlan& plan,
                                               const AssembledImage& image, Session& session) {
    std::vector<std::string> names;
    for (const auto& tag : plan.tags)
        names.push_back(tag.names_registry() ? tag.to_full_string() : tag.to_string());
    PYC_TRY_ASSIGN(auto targets, push_targets(names, plan.config.registry_url));
    Publication publication;
    publication.manifest_bytes = image.manifest_bytes;
    publication.manifest = image.descriptor;
    publication.blobs = image.manifest.layers;
    publication.blobs.push_back(image.manifest.config);
    publication.mount_from = plan.base.reference;
    publication.open = [&](const exec::Context& inner,
                           const oci::Descriptor& blob) -> Result<net::BodySource> {
        if (blob.digest == image.manifest.config.digest)
            return net::text_source(image.config_bytes);
        for (const auto& layer : plan.base.manifest.layers)
            if (layer.digest == blob.digest)
                PYC_TRY(fetch_base_layer(inner, plan.base, layer, session.store()));
        return net::file_source(session.store().blob_path(blob.digest));
    };
    PYC_TRY_ASSIGN(const auto report, publish(ctx, publication, targets, session.registry()));
    ctx.log(fmt::format("pushed: {} blobs uploaded, {} mounted, {} there already", report.uploaded,
                        report.mounted, report.present));
    return targets;
}

Json result_of(const BuildPlan& plan, const AssembledImage& image) {
    Json layers = Json::array();
    for (const auto& layer : image.layers)
        layers.push_back({{"digest", layer.descriptor.digest.to_string()},
                          {"diff_id", layer.diff_id.to_string()},
                          {"size", layer.descriptor.size},
                          {"kind", to_string(layer.kind)},
                          {"state", to_string(layer.state)}});
    Json references = Json::array();
    for (const auto& tag : plan.tags) references.push_back(tag.to_string());
    Json warnings = Json::array();
    for (const auto& warning : plan.warnings) warnings.push_back(warning);
    return {{"format_version", 1},
            {"digest", image.descriptor.digest.to_string()},
            {"references", references},
            {"output", plan.output.empty() ? Json(nullptr) : Json(plan.output.string())},
            {"platforms", Json::array({{{"platform", plan.platform.to_string()},
                                        {"digest", image.descriptor.digest.to_string()},
                                        {"layers", layers}}})},
            {"warnings", warnings}};
}

/// The registry that is pushed to, before anything is planned: the environment's credentials belong
/// to it alone.
std::optional<std::string> push_registry_of(const exec::Context& ctx, const BuildRequest& request) {
    if (!request.push) return std::nullopt;
    const auto loaded =
        config::load(ctx.environment(), {.project_directory = request.project_directory,
                                         .config_file = request.config_file,
                                         .overrides = request.overrides});
    if (!loaded) return std::nullopt;
    const auto targets = push_targets(
        loaded->config.tags.empty() ? std::vector<std::string>{"image"} : loaded->config.tags,
        loaded->config.registry_url);
    return targets && !targets->empty() ? std::optional(targets->front().registry()) : std::nullopt;
}

void emit_warnings(const exec::Context& ctx, const Json& warnings) {
    for (const auto& warning : warnings)
        ctx.warn(string_member(warning, "code").value_or(""),
                 string_member(warning, "message").value_or(""),
                 string_member(warning, "hint").value_or(""));
}

}  // namespace

Result<Json> build_image(const exec::Context& ctx, const BuildRequest& request) {
    Steps steps(ctx);
    PYC_TRY_ASSIGN(
        const auto session,
        Session::open(
            ctx.environment(), request.cache_directory, push_registry_of(ctx, request),
            request.use_cache ? store::Store::Records::Use : store::Store::Records::Ignore));
    const auto key = remembered_key(request, ctx.environment());
    if (request.use_cache && !request.push) {
        if (auto unchanged = find_unchanged(ctx, request, key, session->store(), now_seconds())) {
            emit_warnings(ctx, (*unchanged)["warnings"]);
            (*unchanged)["timings_ms"] = steps.timings();
            return std::move(*unchanged);
        }
    }
    PYC_TRY_ASSIGN(auto plan, make_plan(ctx, request, *session));
    for (const auto& warning : plan.warnings) emit_warnings(ctx, Json::array({warning}));
    steps.done("plan", 25);

    PYC_TRY_ASSIGN(auto layers, dependency_layers(ctx, plan, *session));
    steps.done("dependencies", 40);
    PYC_TRY_ASSIGN(auto application, application_layer(ctx, request, plan, *session));
    layers.push_back(std::move(application));
    steps.done("application", 5);

    const auto image = assemble(plan.base, plan.settings, layers);
    if (!plan.output.empty()) PYC_TRY(write_layout(ctx, plan, image, *session));
    steps.done("output", request.push ? 5 : 30);
    auto result = result_of(plan, image);
    if (request.push) {
        PYC_TRY_ASSIGN(const auto pushed, push_image(ctx, plan, image, *session));
        result["references"] = Json::array();
        for (const auto& reference : pushed) result["references"].push_back(reference.to_string());
        result["pushed"] = true;
        steps.done("push", 25);
    }
    if (request.use_cache && !request.push && !plan.output.empty() &&
        plan.sources.is_settled(now_nanoseconds())) {
        const RememberedBuild remembered{
            .inputs = plan.inputs,
            .include = plan.config.include,
            .exclude = plan.config.exclude,
            .output = plan.output,
            .sources = plan.sources.stat_fingerprint,
            .vcs = request.use_vcs ? describe_vcs(request.project_directory) : std::string(),
            .use_vcs = request.use_vcs,
            .base_checked_at = plan.base.checked_at,
            .base_max_age_seconds = plan.config.base_max_age_seconds,
            .result = result};
        remember(ctx, key, remembered, session->store());
    }
    session->store().sweep();
    result["timings_ms"] = steps.timings();
    return result;
}

Result<Json> plan_image(const exec::Context& ctx, const BuildRequest& request) {
    PYC_TRY_ASSIGN(const auto session,
                   Session::open(ctx.environment(), request.cache_directory, std::nullopt));
    PYC_TRY_ASSIGN(const auto plan, make_plan(ctx, request, *session));
    return to_json(plan);
}

}  // namespace pycontainer::build
