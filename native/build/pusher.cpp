#include "build/pusher.hpp"

#include "build/publish.hpp"
#include "build/session.hpp"
#include "config/load.hpp"
#include "image/layout.hpp"
#include "oci/media_types.hpp"

#include <chrono>
#include <set>

namespace pycontainer::build {
namespace {

constexpr std::string_view kContainerdName = "io.containerd.image.name";
constexpr std::string_view kBaseName = "org.opencontainers.image.base.name";

/// The image of a layout: all entries that this program writes are names of one image.
Result<oci::Descriptor> only_image(const image::Layout& layout) {
    const auto& entries = layout.index().manifests;
    if (entries.empty())
        return fail("layout/invalid", "the layout `{}` holds no image", layout.directory().string())
            .hint("run `pycontainer build` first");
    for (const auto& entry : entries)
        if (entry.digest != entries.front().digest)
            return fail("layout/invalid", "the layout `{}` holds several images",
                        layout.directory().string())
                .hint("push a layout that `pycontainer build` has written");
    return entries.front();
}

/// A manifest of the layout, whose blobs are to be pushed.
Result<void> add_manifest(PublishedDocument& document, Publication& publication) {
    const auto& descriptor = document.descriptor;
    PYC_TRY_ASSIGN(auto manifest, oci::Manifest::parse(document.bytes, descriptor.media_type));
    publication.blobs.insert(publication.blobs.end(), manifest.layers.begin(),
                             manifest.layers.end());
    publication.blobs.push_back(manifest.config);
    if (const auto base = manifest.annotations.find(std::string(kBaseName));
        base != manifest.annotations.end())
        if (auto reference = oci::Reference::parse(base->second))
            publication.mount_from = std::move(*reference);
    return {};
}

Result<PublishedDocument> read_document(const image::Layout& layout,
                                        const oci::Descriptor& descriptor) {
    PYC_TRY_ASSIGN(auto bytes, layout.read_document(descriptor));
    PublishedDocument document{std::move(bytes), descriptor};
    document.descriptor.media_type = oci::detect_media_type(document.bytes, descriptor.media_type);
    return document;
}

/// The manifest that `root` names, or the index with its manifests.
Result<void> read_documents(const image::Layout& layout, const oci::Descriptor& root,
                            Publication& publication) {
    PYC_TRY_ASSIGN(publication.root, read_document(layout, root));
    if (!oci::is_index(publication.root.descriptor.media_type))
        return add_manifest(publication.root, publication);
    PYC_TRY_ASSIGN(const auto index, oci::ImageIndex::parse(publication.root.bytes));
    for (const auto& entry : index.manifests) {
        PYC_TRY_ASSIGN(auto document, read_document(layout, entry));
        PYC_TRY(add_manifest(document, publication));
        publication.manifests.push_back(std::move(document));
    }
    return {};
}

/// What is attached to the image in its layout, attached to it at `target` too. Returns how many.
Result<std::size_t> push_referrers(const exec::Context& ctx, const image::Layout& layout,
                                   const Publication& publication, const oci::Reference& target,
                                   registry::RegistryClient& registry) {
    std::size_t count = 0;
    auto subjects = publication.manifests;
    subjects.push_back(publication.root);
    for (const auto& subject : subjects) {
        for (const auto& referrer : layout.referrers(subject.descriptor.digest)) {
            exec::Activity activity(ctx, fmt::format("attaching {}", referrer.artifact_type));
            PYC_TRY_ASSIGN(const auto bytes, layout.read_document(referrer));
            PYC_TRY_ASSIGN(auto manifest, oci::Manifest::parse(bytes, referrer.media_type));
            manifest.layers.push_back(manifest.config);
            for (const auto& blob : manifest.layers)
                PYC_TRY(registry.push_blob(ctx, target, blob, [&] {
                    return net::file_source(layout.blob_path(blob.digest));
                }));
            PYC_TRY(registry.put_referrer(ctx, target, referrer, bytes, subject.descriptor.digest));
            ++count;
        }
    }
    return count;
}

std::vector<std::string> names_in(const image::Layout& layout) {
    std::vector<std::string> names;
    for (const auto& entry : layout.index().manifests)
        if (const auto name = entry.annotations.find(std::string(kContainerdName));
            name != entry.annotations.end())
            names.push_back(name->second);
    return names;
}

/// `[registry]` of the project, where there is one and its configuration can be read.
config::BuildConfig registry_configuration(const exec::Context& ctx, const PushRequest& request) {
    const auto loaded = config::load(
        ctx.environment(),
        {.project_directory = request.project_directory, .config_file = {}, .overrides = {}});
    auto config = loaded ? loaded->config : config::BuildConfig();
    if (request.registry) config.registry_url = request.registry;
    return config;
}

/// Names without a registry were made when the image was built without one: they are Docker Hub's
/// official images, nobody's to push.
std::vector<std::string> without_hub(std::vector<std::string> names) {
    constexpr std::string_view kOfficial = "docker.io/library/";
    for (auto& name : names)
        if (name.starts_with(kOfficial)) name.erase(0, kOfficial.size());
    return names;
}

}  // namespace

Result<Json> push_layout(const exec::Context& ctx, const PushRequest& request) {
    const auto start = std::chrono::steady_clock::now();
    const exec::Activity whole(ctx, "pushing", 100);
    auto layout = image::Layout::open(request.layout);
    if (!layout)
        return fail(std::move(layout).error())
            .hint("run `pycontainer build` first, or name a layout with --from");
    PYC_TRY_ASSIGN(const auto descriptor, only_image(*layout));
    Publication publication;
    PYC_TRY(read_documents(*layout, descriptor, publication));

    const auto config = registry_configuration(ctx, request);
    const auto names =
        request.references.empty() ? without_hub(names_in(*layout)) : request.references;
    if (names.empty())
        return fail("usage/no-reference", "there is no reference to push to")
            .hint("name one: `pycontainer push ghcr.io/acme/api:1.0`");
    PYC_TRY_ASSIGN(const auto targets, push_targets(names, config.registry_url));
    PYC_TRY_ASSIGN(const auto session,
                   Session::open(ctx.environment(), request.cache_directory,
                                 request.access.for_registry(targets.front().registry()),
                                 store::Store::Records::Use, request.access.given));

    session->registry().use_own_settings(config.registry_mirrors, config.registry_insecure);
    PYC_TRY(check_push_access(ctx, targets, session->registry()));
    publication.open = [&](const exec::Context&,
                           const oci::Descriptor& blob) -> Result<net::BodySource> {
        auto source = net::file_source(layout->blob_path(blob.digest));
        if (!source || source->size != blob.size)
            return fail("layout/invalid", "the layout `{}` lacks the blob `{}`",
                        request.layout.string(), blob.digest.to_string())
                .hint("build again with --output, so that the layout is complete");
        return source;
    };
    PYC_TRY_ASSIGN(const auto report, publish(ctx, publication, targets, session->registry()));

    std::set<std::string> repositories;
    std::size_t attached = 0;
    for (const auto& target : targets) {
        if (!repositories.insert(target.name()).second) continue;
        PYC_TRY_ASSIGN(const auto count,
                       push_referrers(ctx, *layout, publication, target, session->registry()));
        attached += count;
    }

    Json references = Json::array();
    for (const auto& target : targets) references.push_back(target.to_string());
    const std::chrono::duration<double, std::milli> elapsed =
        std::chrono::steady_clock::now() - start;
    return Json{{"format_version", 1},
                {"digest", descriptor.digest.to_string()},
                {"references", references},
                {"blobs_uploaded", report.uploaded},
                {"blobs_mounted", report.mounted},
                {"blobs_present", report.present},
                {"bytes_uploaded", report.bytes_uploaded},
                {"artifacts", attached},
                {"timings_ms", {{"total", elapsed.count()}}}};
}

}  // namespace pycontainer::build
