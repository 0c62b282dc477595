#include "build/builder.hpp"

#include "archive/layer_writer.hpp"
#include "base/strings.hpp"
#include "build/application_layer.hpp"
#include "build/outputs.hpp"
#include "build/planner.hpp"
#include "build/project_choice.hpp"
#include "build/project_installation.hpp"
#include "build/publish.hpp"
#include "build/remembered.hpp"
#include "build/source_wheels.hpp"
#include "image/layout.hpp"
#include "install/bytecode.hpp"
#include "install/layers.hpp"
#include "install/unmet_requirements.hpp"
#include "install/wheels.hpp"
#include "oci/media_types.hpp"
#include "project/metadata.hpp"
#include "project/stat_index.hpp"
#include "resolve/wheel_places.hpp"
#include "store/eviction.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <map>
#include <span>

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
        plan.warn(warning.code, warning.message, warning.hint);
    }
}

/// The lock's addresses, with the user's credentials, and mirrors where they are configured.
install::WheelSource wheel_source(Session& session) {
    auto& indexes = session.indexes();
    return {indexes.http(),
            [places = resolve::WheelPlaces(indexes.client(), indexes.client_for_locks())](
                const exec::Context& ctx, const resolve::SelectedWheel& wheel,
                install::WheelSource::Asked asked) {
                return asked == install::WheelSource::Asked::First ? places.instead(ctx, wheel)
                                                                   : places.otherwise(ctx, wheel);
            }};
}

/// What wheels need and do not get. Where the versions were resolved from what an index says of
/// them, it has said something else.
Result<void> check_requirements(const exec::Context& ctx,
                                std::span<const install::PreparedWheel> wheels,
                                const PlatformPlan& platform, BuildPlan& plan) {
    const auto& dependencies = platform.dependencies;
    std::vector<resolve::Warning> warnings;
    for (const auto& unmet :
         install::find_unmet_requirements(wheels, target_of(platform, plan).marker_environment())) {
        const auto& overridden = dependencies.overridden;
        if (std::find(overridden.begin(), overridden.end(), unmet.name) != overridden.end())
            continue;
        const auto message = fmt::format(
            "`{}` needs `{}`, and the image has {}", unmet.wheel, printable(unmet.requirement, 80),
            unmet.installed.empty() ? "none" : "`" + unmet.installed + "`");
        if (dependencies.lock.kind == "resolved")
            return fail("index/metadata-mismatch",
                        "{}: the package index says something else of it", message)
                .hint("pin another version of it, or use an index whose metadata are right");
        warnings.push_back({"build/unmet-requirement", message, "lock again"});
    }
    add_warnings(ctx, warnings, plan);
    return {};
}

Result<std::vector<Layer>> dependency_layers(const exec::Context& ctx, const PlatformPlan& platform,
                                             BuildPlan& plan, Session& session) {
    std::vector<Layer> layers;
    auto scheme = platform.scheme();
    if (!scheme) return layers;
    PYC_TRY_ASSIGN(auto made, make_source_wheels(ctx, plan, platform, session));
    add_warnings(ctx, made.warnings, plan);
    auto selected = platform.dependencies.wheels;
    selected.insert(selected.end(), std::make_move_iterator(made.wheels.begin()),
                    std::make_move_iterator(made.wheels.end()));
    if (selected.empty()) return layers;
    // A guessed patch number must not refuse a wheel.
    if (const auto& interpreter = *platform.base.facts.interpreter; interpreter.exact_version)
        scheme->python_version = interpreter.version;
    if (platform.base.manifest.layers.size() + 2 > kRuntimesLimit)
        return fail("install/too-many-layers",
                    "the base image has {} layers already, and runtimes take {} at most",
                    platform.base.manifest.layers.size(), kRuntimesLimit)
            .hint("use another base image, or build the base again with fewer layers");
    PYC_TRY_ASSIGN(
        const auto wheels,
        install::prepare_wheels(ctx, selected, *scheme, wheel_source(session), session.store()));
    for (const auto& wheel : wheels) add_warnings(ctx, wheel.warnings, plan);
    PYC_TRY(check_requirements(ctx, wheels, platform, plan));
    const std::size_t others = plan.config.bytecode ? 3 : 1;  // the application, byte code of both
    const auto room =
        kMaxLayers - std::min(kMaxLayers - 1, platform.base.manifest.layers.size() + others);
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
                          .summary = joined(layer.packages, 12),
                          .packages = layer.packages});
    return layers;
}

/// The digest of all sources in a directory; unchanged files are not read again.
Result<Digest> sources_digest(const exec::Context& ctx, const BuildRequest& request,
                              const std::filesystem::path& directory,
                              const project::SourceTree& tree, Session& session) {
    const auto index_file = session.store().record_path("sources", Digest::of(directory.string()));
    if (request.use_cache)
        if (auto known = project::StatIndex::load_tree_digest(index_file, tree.stat_fingerprint))
            return *known;
    auto index = request.use_cache ? project::StatIndex::load(index_file) : project::StatIndex();
    PYC_TRY_ASSIGN(auto digest, index.digest_tree(ctx, directory, tree));
    PYC_TRY(index.save(index_file));
    return digest;
}

Result<Layer> application_layer(const exec::Context& ctx, const BuildRequest& request,
                                const BuildPlan& plan, const PlatformPlan& platform,
                                Session& session) {
    ApplicationLayer layer;
    const auto add = [&](const std::filesystem::path& directory, const project::SourceTree& tree,
                         const std::string& location) -> Result<void> {
        PYC_TRY_ASSIGN(const auto digest, sources_digest(ctx, request, directory, tree, session));
        layer.sources.push_back({directory, &tree, digest, location});
        return {};
    };
    PYC_TRY(add(plan.project_directory, plan.sources, plan.config.workdir));
    layer.working_directory = plan.config.workdir;
    layer.generated = project_installation(plan, platform);
    layer.writable = plan.config.writable;
    layer.user = platform.settings.user;
    layer.mtime = plan.source_date_epoch;
    layer.compression = compression_of(plan);
    return make_application_layer(ctx, layer, session.store());
}

/// The named interpreter, if it is of the Python that the image has.
Result<std::optional<install::BytecodeCompiler>> find_compiler(const exec::Context& ctx,
                                                               const PlatformPlan& platform,
                                                               BuildPlan& plan) {
    if (!plan.config.bytecode || !platform.base.facts.interpreter)
        return std::optional<install::BytecodeCompiler>();
    auto named = *plan.config.bytecode;
    if (named.find('/') != std::string::npos)
        named = (plan.project_directory / named).lexically_normal().string();
    const auto& python = *platform.base.facts.interpreter;
    PYC_TRY_ASSIGN(auto compiler,
                   install::find_bytecode_compiler(ctx, named,
                                                   {.version = python.version,
                                                    .exact_version = python.exact_version,
                                                    .free_threaded = python.free_threaded()}));
    plan.inputs.push_back(compiler.program);
    return std::optional(std::move(compiler));
}

/// The layer of the byte code of `layers`, if they have any module.
Result<std::optional<Layer>> bytecode_layer(const exec::Context& ctx,
                                            const install::BytecodeCompiler& compiler,
                                            std::span<const Layer> layers, const BuildPlan& plan,
                                            const PlatformPlan& platform, Session& session) {
    install::BytecodeRequest request;
    for (const auto& layer : layers)
        request.layers.push_back(
            {layer.descriptor.digest, layer.diff_id, layer.descriptor.size, 0});
    const auto scheme = platform.scheme();
    request.roots = {scheme->site_packages(), scheme->prefix + "/src",
                     plan.config.workdir.substr(1)};
    request.compression = compression_of(plan);
    PYC_TRY_ASSIGN(const auto made,
                   install::build_bytecode_layer(ctx, compiler, request, session.store()));
    if (!made) return std::optional<Layer>();
    return std::optional(Layer{
        .descriptor = {.media_type = std::string(archive::layer_media_type(request.compression)),
                       .digest = made->blob.digest,
                       .size = made->blob.size,
                       .platform = {},
                       .annotations = {}},
        .diff_id = made->blob.diff_id,
        .kind = LayerKind::Bytecode,
        .state = made->cached ? LayerState::Cached : LayerState::Built,
        .summary = fmt::format("{} modules, CPython {}", made->modules, compiler.version)});
}

Result<AssembledRelease> build_release(const exec::Context& ctx, const BuildRequest& request,
                                       BuildPlan& plan, Session& session, Steps& steps) {
    std::vector<std::optional<install::BytecodeCompiler>> compilers;
    for (const auto& platform : plan.platforms) {
        PYC_TRY_ASSIGN(auto compiler, find_compiler(ctx, platform, plan));
        compilers.push_back(std::move(compiler));
    }
    std::vector<std::vector<Layer>> layers;
    for (const auto& platform : plan.platforms) {
        PYC_TRY_ASSIGN(auto dependencies, dependency_layers(ctx, platform, plan, session));
        layers.push_back(std::move(dependencies));
    }
    steps.done("dependencies", 40);
    std::vector<AssembledImage> images;
    for (std::size_t i = 0; i < plan.platforms.size(); ++i) {
        const auto& platform = plan.platforms[i];
        // Each right above what it is of: a change of the application leaves the other as it is.
        const auto add_bytecode = [&](std::size_t first) -> Result<void> {
            if (!compilers[i]) return {};
            PYC_TRY_ASSIGN(auto layer,
                           bytecode_layer(ctx, *compilers[i], std::span(layers[i]).subspan(first),
                                          plan, platform, session));
            if (layer) layers[i].push_back(*std::move(layer));
            return {};
        };
        PYC_TRY(add_bytecode(0));
        PYC_TRY_ASSIGN(auto application, application_layer(ctx, request, plan, platform, session));
        layers[i].push_back(std::move(application));
        PYC_TRY(add_bytecode(layers[i].size() - 1));
        images.push_back(assemble(platform.base, platform.settings, layers[i]));
    }
    steps.done("application", 5);
    return release_of(std::move(images));
}

Result<void> write_layout(const exec::Context& ctx, const BuildPlan& plan,
                          const AssembledRelease& release, Session& session) {
    const exec::Activity activity(ctx, fmt::format("writing {}", plan.output.string()));
    for (const auto& platform : plan.platforms)
        PYC_TRY(fetch_base_layers(ctx, platform.base, session.store()));
    PYC_TRY_ASSIGN(auto writer, image::LayoutWriter::create(plan.output));
    for (const auto& image : release.images) {
        for (const auto& layer : image.layers) {
            PYC_TRY(ctx.check());
            const auto& blob = layer.descriptor;
            if (!oci::is_foreign_layer(blob.media_type) && !writer.has_blob(blob.digest))
                PYC_TRY(writer.add_blob_file(blob.digest, session.store().blob_path(blob.digest)));
        }
        PYC_TRY(writer.add_blob(image.manifest.config.digest, image.config_bytes));
        PYC_TRY(writer.add_blob(image.descriptor.digest, image.manifest_bytes));
    }
    if (release.has_index())
        PYC_TRY(writer.add_blob(release.descriptor.digest, release.index_bytes));
    PYC_TRY(ctx.check());
    return writer.commit(release.descriptor, plan.tags);
}

Result<net::BodySource> open_blob(const exec::Context& ctx, const BuildPlan& plan,
                                  const AssembledRelease& release, const Digest& blob,
                                  Session& session) {
    for (const auto& image : release.images)
        if (blob == image.manifest.config.digest) return net::text_source(image.config_bytes);
    for (const auto& platform : plan.platforms)
        for (const auto& layer : platform.base.manifest.layers)
            if (layer.digest == blob)
                return open_base_layer(ctx, platform.base, layer, session.store());
    return net::file_source(session.store().blob_path(blob));
}

Result<std::vector<oci::Reference>> push_release(const exec::Context& ctx, const BuildPlan& plan,
                                                 const AssembledRelease& release,
                                                 Session& session) {
    std::vector<std::string> names;
    for (const auto& tag : plan.tags)
        names.push_back(tag.names_registry() ? tag.to_full_string() : tag.to_string());
    PYC_TRY_ASSIGN(auto targets, push_targets(names, plan.config.registry_url));
    Publication publication;
    publication.root = {release.root_bytes(), release.descriptor};
    for (const auto& image : release.images) {
        if (release.has_index())
            publication.manifests.push_back({image.manifest_bytes, image.descriptor});
        publication.blobs.insert(publication.blobs.end(), image.manifest.layers.begin(),
                                 image.manifest.layers.end());
        publication.blobs.push_back(image.manifest.config);
    }
    publication.mount_from = plan.platforms.front().base.reference;
    publication.open = [&](const exec::Context& inner, const oci::Descriptor& blob) {
        return open_blob(inner, plan, release, blob.digest, session);
    };
    PYC_TRY_ASSIGN(const auto report, publish(ctx, publication, targets, session.registry()));
    ctx.log(fmt::format("pushed: {} blobs uploaded, {} mounted, {} there already", report.uploaded,
                        report.mounted, report.present));
    return targets;
}

Json layers_json(const AssembledImage& image) {
    Json layers = Json::array();
    for (const auto& layer : image.layers) {
        Json item{{"digest", layer.descriptor.digest.to_string()},
                  {"diff_id", layer.diff_id.to_string()},
                  {"size", layer.descriptor.size},
                  {"kind", to_string(layer.kind)},
                  {"state", to_string(layer.state)}};
        if (!layer.packages.empty()) item["packages"] = layer.packages;
        layers.push_back(std::move(item));
    }
    return layers;
}

Json result_of(const BuildPlan& plan, const AssembledRelease& release) {
    Json platforms = Json::array();
    for (std::size_t i = 0; i < release.images.size(); ++i)
        platforms.push_back({{"platform", plan.platforms[i].platform.to_string()},
                             {"digest", release.images[i].descriptor.digest.to_string()},
                             {"image_id", release.images[i].manifest.config.digest.to_string()},
                             {"layers", layers_json(release.images[i])}});
    Json references = Json::array();
    for (const auto& tag : plan.tags) references.push_back(tag.to_string());
    return {{"format_version", 1},
            {"digest", release.descriptor.digest.to_string()},
            {"references", references},
            {"output", plan.output.empty() ? Json(nullptr) : Json(plan.output.string())},
            {"outputs", plan.output.empty() ? Json::array() : Json::array({plan.output.string()})},
            {"platforms", platforms},
            {"warnings", plan.warnings}};
}

Json lock_json(const resolve::NewLock& lock) {
    Json changes = Json::array();
    for (const auto& change : lock.changes)
        changes.push_back(
            {{"name", change.name}, {"before", change.before}, {"after", change.after}});
    return {{"lock", lock.file.string()},
            {"changed", !lock.is_unchanged},
            {"packages", lock.packages},
            {"changes", std::move(changes)}};
}

/// Whether a later change of the sources will show in their times.
bool are_settled(const BuildPlan& plan) {
    const auto now = now_nanoseconds();
    const auto scans = plan.scans();
    return std::all_of(scans.begin(), scans.end(),
                       [&](const auto& scan) { return scan.tree->is_settled(now); });
}

/// When the base's tag was looked up, the oldest of all platforms; 0: it is pinned.
std::int64_t oldest_look_up(const BuildPlan& plan) {
    std::int64_t oldest = 0;
    for (const auto& platform : plan.platforms)
        if (const auto at = platform.base.checked_at; at != 0 && (oldest == 0 || at < oldest))
            oldest = at;
    return oldest;
}

/// Where the image will be pushed to, and how registries are reached.
struct PushPlan {
    std::vector<oci::Reference> targets;
    std::vector<std::string> mirrors;
    std::vector<std::string> insecure;
};

/// Before anything is planned: the environment's credentials belong to that registry alone, and
/// missing rights should be known first. Nothing where that cannot be said yet; planning will find
/// out why. Errors: `usage/no-registry`.
Result<PushPlan> early_push_plan(const exec::Context& ctx, const BuildRequest& request) {
    if (!request.push) return PushPlan();
    const auto choice = choose_project(ctx.environment(), request);
    if (!choice || has_errors(choice->settings.diagnostics)) return PushPlan();
    const auto& config = choice->settings.config;
    PushPlan plan{{}, config.registry_mirrors, config.registry_insecure};
    if (!config.tags.empty()) {
        PYC_TRY_ASSIGN(plan.targets, push_targets(config.tags, config.registry_url));
        return plan;
    }
    if (auto named = push_targets({"image"}, config.registry_url))  // only a tag is missing
        plan.targets = std::move(*named);
    return plan;
}

/// Ends the lease of a build and tidies the store after it, whatever became of the build.
class Tidier {
public:
    Tidier(const exec::Context& ctx, Session& session, store::Lease& lease)
        : ctx_(ctx), session_(session), lease_(lease) {}
    Tidier(const Tidier&) = delete;
    Tidier& operator=(const Tidier&) = delete;
    ~Tidier() {
        lease_.release();
        const auto& store = session_.store();
        store::tidy(ctx_, store.root(), store.added(), session_.cache_limit());
    }

private:
    const exec::Context& ctx_;
    Session& session_;
    store::Lease& lease_;
};

void emit_warnings(const exec::Context& ctx, const Json& warnings) {
    for (const auto& warning : warnings)
        ctx.warn(string_member(warning, "code").value_or(""),
                 string_member(warning, "message").value_or(""),
                 string_member(warning, "hint").value_or(""));
}

}  // namespace

Result<Json> build_image(const exec::Context& ctx, const BuildRequest& request) {
    Steps steps(ctx);
    PYC_TRY_ASSIGN(const auto early, early_push_plan(ctx, request));
    const auto& targets = early.targets;
    PYC_TRY_ASSIGN(
        const auto session,
        Session::open(
            ctx.environment(), request.cache_directory,
            request.access.for_registry(
                targets.empty() ? std::nullopt : std::optional(targets.front().registry())),
            request.use_cache ? store::Store::Records::Use : store::Store::Records::Ignore,
            request.access.given));
    if (request.offline) session->go_offline();
    const auto key = remembered_key(request, ctx.environment());
    // What is remembered knows of nothing but a layout.
    const bool layout_only = !request.push && request.archives.empty() && !request.files.digest &&
                             !request.files.image_id && !request.files.metadata;
    if (request.use_cache && layout_only) {
        if (auto unchanged = find_unchanged(ctx, request, key, session->store(), now_seconds())) {
            emit_warnings(ctx, (*unchanged)["warnings"]);
            (*unchanged)["timings_ms"] = steps.timings();
            return std::move(*unchanged);
        }
    }
    session->registry().use_own_settings(early.mirrors, early.insecure);
    PYC_TRY(check_push_access(ctx, targets, session->registry()));
    PYC_TRY_ASSIGN(auto lease, session->store().lease(ctx));
    const Tidier tidier(ctx, *session, lease);
    PYC_TRY_ASSIGN(auto plan, make_plan(ctx, request, *session));
    for (const auto& warning : plan.warnings) emit_warnings(ctx, Json::array({warning}));
    steps.done("plan", 25);

    PYC_TRY_ASSIGN(const auto release, build_release(ctx, request, plan, *session, steps));
    if (!plan.output.empty()) PYC_TRY(write_layout(ctx, plan, release, *session));
    for (const auto& archive : request.archives)
        PYC_TRY(write_archive(ctx, archive, plan, release, *session));
    steps.done("output", request.push ? 5 : 30);
    auto result = result_of(plan, release);
    if (plan.written_lock) result["lock"] = lock_json(*plan.written_lock);
    if (request.push) {
        PYC_TRY_ASSIGN(const auto pushed, push_release(ctx, plan, release, *session));
        result["references"] = Json::array();
        for (const auto& reference : pushed) result["references"].push_back(reference.to_string());
        result["pushed"] = true;
        steps.done("push", 25);
    }
    for (const auto& archive : request.archives) result["outputs"].push_back(archive.to_string());
    PYC_TRY(write_output_files(request.files, release,
                               result["references"].get<std::vector<std::string>>()));
    if (request.use_cache && layout_only && !plan.output.empty() && are_settled(plan)) {
        RememberedBuild remembered{
            .inputs = plan.inputs,
            .project_directory = plan.project_directory,
            .scans = {},
            .output = plan.output,
            .vcs = request.use_vcs ? describe_vcs(plan.project_directory) : std::string(),
            .use_vcs = request.use_vcs,
            .base_checked_at = oldest_look_up(plan),
            .base_max_age_seconds = plan.config.base_max_age_seconds,
            .result = result};
        if (plan.written_lock) {
            // What changed has changed once.
            remembered.result["lock"]["changed"] = false;
            remembered.result["lock"]["changes"] = Json::array();
        }
        for (const auto& scan : plan.scans())
            remembered.scans.push_back({scan.request, scan.tree->stat_fingerprint});
        remember(ctx, key, remembered, session->store());
    }
    result["timings_ms"] = steps.timings();
    return result;
}

Result<Json> lock_image(const exec::Context& ctx, const BuildRequest& request) {
    const auto started = Clock::now();
    PYC_TRY_ASSIGN(
        const auto session,
        Session::open(
            ctx.environment(), request.cache_directory, request.access.for_registry(std::nullopt),
            request.use_cache ? store::Store::Records::Use : store::Store::Records::Ignore,
            request.access.given));
    if (request.offline) session->go_offline();
    PYC_TRY_ASSIGN(auto lease, session->store().lease(ctx));
    const Tidier tidier(ctx, *session, lease);
    PYC_TRY_ASSIGN(const auto plan, plan_lock(ctx, request, *session));
    for (const auto& warning : plan.warnings) emit_warnings(ctx, Json::array({warning}));
    auto result = lock_json(*plan.written_lock);
    result["format_version"] = 1;
    result["platforms"] = Json::array();
    for (const auto& platform : plan.platforms)
        result["platforms"].push_back(platform.platform.to_string());
    result["warnings"] = plan.warnings;
    result["timings_ms"] = {
        {"total", std::chrono::duration<double, std::milli>(Clock::now() - started).count()}};
    return result;
}

Result<Json> plan_image(const exec::Context& ctx, const BuildRequest& request) {
    PYC_TRY_ASSIGN(const auto session,
                   Session::open(ctx.environment(), request.cache_directory,
                                 request.access.for_registry(std::nullopt),
                                 store::Store::Records::Use, request.access.given));
    if (request.offline) session->go_offline();
    PYC_TRY_ASSIGN(const auto lease, session->store().lease(ctx));
    PYC_TRY_ASSIGN(const auto plan, make_plan(ctx, request, *session));
    return to_json(plan);
}

}  // namespace pycontainer::build
