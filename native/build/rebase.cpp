#include "build/rebase.hpp"

#include "base/strings.hpp"
#include "build/assembly.hpp"
#include "build/base_image.hpp"
#include "build/image_name.hpp"
#include "build/publish.hpp"
#include "build/rebased_config.hpp"
#include "build/session.hpp"
#include "image/layout.hpp"
#include "oci/media_types.hpp"

#include <algorithm>
#include <chrono>

namespace pycontainer::build {
namespace {

constexpr std::string_view kBaseName = "org.opencontainers.image.base.name";
constexpr std::string_view kBaseDigest = "org.opencontainers.image.base.digest";
constexpr std::string_view kContainerdName = "io.containerd.image.name";
constexpr std::string_view kLayoutPrefix = "oci:";
constexpr std::size_t kMostLayers = 127;  // what runtimes take

/// The image as it is.
struct Original {
    std::string name;                         ///< with its prefix
    std::optional<oci::Reference> reference;  ///< in a registry
    image::Document root;
    std::map<std::string, std::string> index_annotations;
    std::vector<BaseImage> images;  ///< one for each platform
    std::size_t dropped = 0;        ///< attestations, which are about the images as they were
};

/// One platform of it, before and after.
struct Rebased {
    const BaseImage* original;
    BaseImage old_base;
    BaseImage new_base;
    AssembledImage image;

    bool changed() const { return old_base.manifest_digest != new_base.manifest_digest; }
};

std::string annotation(const std::map<std::string, std::string>& annotations,
                       std::string_view name) {
    const auto found = annotations.find(std::string(name));
    return found == annotations.end() ? std::string() : found->second;
}

/// What the image says of its base: its manifest, else its index, else its labels.
std::string told(const Original& original, const BaseImage& image, std::string_view name) {
    if (auto text = annotation(image.manifest.annotations, name); !text.empty()) return text;
    if (auto text = annotation(original.index_annotations, name); !text.empty()) return text;
    return image.config.label(name);
}

Result<Original> read_original(const exec::Context& ctx, const RebaseRequest& request,
                               Session& session) {
    Original original;
    original.name = with_prefix(request.image);
    if (!is_on_this_machine(original.name)) {
        PYC_TRY_ASSIGN(original.reference, oci::Reference::parse(original.name));
    }
    exec::Activity activity(ctx, fmt::format("looking up {}", request.image));
    PYC_TRY_ASSIGN(const auto source, open_image(ctx, original.name, session.registry()));
    PYC_TRY_ASSIGN(original.root, source->root(ctx));
    std::vector<image::Document> documents;
    if (oci::is_index(original.root.media_type)) {
        PYC_TRY_ASSIGN(const auto index, oci::ImageIndex::parse(original.root.bytes));
        original.index_annotations = index.annotations;
        for (const auto& entry : index.manifests) {
            if (oci::is_attestation(entry)) {
                ++original.dropped;
                continue;
            }
            PYC_TRY_ASSIGN(auto document, source->manifest(ctx, entry));
            documents.push_back(std::move(document));
        }
    } else {
        documents.push_back(original.root);
    }
    for (const auto& document : documents) {
        PYC_TRY_ASSIGN(auto image,
                       read_image(ctx, request.image, document, {}, source, session.store()));
        image.reference = original.reference;
        original.images.push_back(std::move(image));
    }
    if (original.images.empty())
        return fail("oci/unsupported-manifest", "`{}` is an index without images", request.image);
    return original;
}

BaseOptions options_for(const BaseImage& image) {
    BaseOptions options;
    options.platform = image.config.platform();
    options.pull = PullPolicy::Always;
    options.now = std::chrono::duration_cast<std::chrono::seconds>(
                      std::chrono::system_clock::now().time_since_epoch())
                      .count();
    return options;
}

Result<BaseImage> find_old_base(const exec::Context& ctx, const RebaseRequest& request,
                                const Original& original, const BaseImage& image,
                                Session& session) {
    auto text = request.old_base.value_or("");
    if (text.empty()) {
        const auto name = oci::Reference::parse(told(original, image, kBaseName));
        const auto digest = Digest::parse(told(original, image, kBaseDigest));
        if (!name || !digest)
            return fail("rebase/unknown-base", "`{}` does not say which image it was built on",
                        request.image)
                .hint("name it with --old-base; an image built on a layout needs that too");
        text = name->name() + "@" + digest->to_string();
    }
    auto found =
        find_base_image(ctx, text, options_for(image), session.registry(), session.store());
    if (found || found.error().code != "registry/not-found") return found;
    return fail("rebase/unknown-base", "the base `{}` of `{}` is no longer there", text,
                request.image)
        .hint("name a copy of it with --old-base, or build the image again");
}

Result<BaseImage> find_new_base(const exec::Context& ctx, const RebaseRequest& request,
                                const Original& original, const BaseImage& image,
                                const BaseImage& old_base, Session& session) {
    const auto text = request.base_image.value_or(told(original, image, kBaseName));
    if (text.empty())
        return fail("rebase/unknown-base", "`{}` does not say the name of its base", request.image)
            .hint("name the new one with --base-image");
    auto options = options_for(image);
    if (old_base.facts.interpreter) options.wanted_python = old_base.facts.interpreter->minor();
    return find_base_image(ctx, text, options, session.registry(), session.store());
}

std::string libc_of(const image::BaseFacts& facts) {
    return fmt::format("{} {}.{}", facts.libc, facts.libc_major, facts.libc_minor);
}

/// The layers of the image would be there twice.
bool contains(const BaseImage& new_base, const BaseImage& image, const BaseImage& old_base) {
    return image.config.diff_ids().size() > old_base.config.diff_ids().size() &&
           is_built_on(new_base.config, image.config);
}

/// Why what is installed in the image would not run on the new base; empty when it would.
std::string misfit(const image::BaseFacts& old_base, const image::BaseFacts& new_base) {
    if (old_base.libc != new_base.libc || std::pair(new_base.libc_major, new_base.libc_minor) <
                                              std::pair(old_base.libc_major, old_base.libc_minor))
        return fmt::format("it has {}, and what is installed may need {}",
                           new_base.libc.empty() ? "no C library" : libc_of(new_base),
                           libc_of(old_base));
    if (!old_base.interpreter) return {};
    const auto& old_python = *old_base.interpreter;
    if (!new_base.interpreter)
        return fmt::format("it has no Python, and the image needs Python {}", old_python.minor());
    const auto& new_python = *new_base.interpreter;
    if (old_python.library != new_python.library)
        return fmt::format("it has {}, and what is installed is for {}", new_python.library,
                           old_python.library);
    if (old_python.path != new_python.path)
        return fmt::format("its Python is {}, and the virtual environment uses {}", new_python.path,
                           old_python.path);
    return {};
}

void set_annotation(std::map<std::string, std::string>& annotations, std::string_view name,
                    const std::string& value) {
    if (value.empty())
        annotations.erase(std::string(name));
    else
        annotations[std::string(name)] = value;
}

/// The manifest and the configuration on the new base. Pure.
AssembledImage assemble_rebased(const BaseImage& original, const BaseImage& old_base,
                                const BaseImage& new_base) {
    auto config = rebased_config(original.config, old_base.config, new_base.config);
    if (!config.label(kBaseDigest).empty()) {  // who has no such labels is given none
        config.set_label(kBaseDigest, new_base.manifest_digest->to_string());
        if (new_base.name.empty())
            config.remove_label(kBaseName);
        else
            config.set_label(kBaseName, new_base.name);
    }
    std::vector<Layer> layers;
    for (std::size_t i = 0; i < new_base.manifest.layers.size(); ++i)
        layers.push_back(layer_of(new_base, i, LayerKind::Base));
    for (auto i = old_base.manifest.layers.size(); i < original.manifest.layers.size(); ++i)
        layers.push_back(layer_of(original, i, LayerKind::Application));
    auto annotations = original.manifest.annotations;
    set_annotation(annotations, kBaseName, new_base.name);
    set_annotation(annotations, kBaseDigest, new_base.manifest_digest->to_string());
    return assemble_layers(std::move(layers), config, std::move(annotations));
}

Result<Rebased> rebase_one(const exec::Context& ctx, const RebaseRequest& request,
                           const Original& original, const BaseImage& image, Session& session) {
    PYC_TRY_ASSIGN(auto old_base, find_old_base(ctx, request, original, image, session));
    if (old_base.is_scratch() || !is_built_on(image.config, old_base.config))
        return fail("rebase/not-on-base", "the lowest layers of `{}` are not those of `{}`",
                    request.image, old_base.text)
            .hint("name the image that it was built on with --old-base, or build it again");
    if (old_base.manifest_digest == image.manifest_digest)
        return fail("rebase/not-on-base", "`{}` was named as the old base of itself", request.image)
            .hint("name the image that it was built on with --old-base");
    PYC_TRY_ASSIGN(auto new_base, find_new_base(ctx, request, original, image, old_base, session));
    if (contains(new_base, image, old_base))
        return fail("rebase/incompatible", "`{}` cannot be the base of `{}`: it {}", new_base.text,
                    request.image,
                    new_base.manifest_digest == image.manifest_digest ? "is the same image"
                                                                      : "was built on that image")
            .hint("name an image without this application with --base-image");
    const auto why =
        new_base.is_scratch() ? std::string("it is empty") : misfit(old_base.facts, new_base.facts);
    if (!why.empty())
        return fail("rebase/incompatible", "`{}` cannot be the base of `{}`: {}", new_base.text,
                    request.image, why)
            .hint("build the image again on it: `pycontainer build --base-image {}`",
                  new_base.text);
    auto assembled = assemble_rebased(image, old_base, new_base);
    if (assembled.layers.size() > kMostLayers)
        return fail("rebase/incompatible", "on `{}` the image would have {} layers, more than {}",
                    new_base.text, assembled.layers.size(), kMostLayers)
            .hint("choose a base with fewer layers");
    return Rebased{&image, std::move(old_base), std::move(new_base), std::move(assembled)};
}

/// An index is one again, also with one image; what it said itself stays.
AssembledRelease release_again(const Original& original, const std::vector<Rebased>& rebased) {
    std::vector<AssembledImage> images;
    for (const auto& one : rebased) images.push_back(one.image);
    auto release = release_of(std::move(images));
    if (!oci::is_index(original.root.media_type)) return release;
    oci::ImageIndex index;
    if (release.has_index()) {
        if (auto made = oci::ImageIndex::parse(release.index_bytes)) index = std::move(*made);
    } else {
        index.manifests.push_back(release.descriptor);
    }
    for (const auto& [name, value] : original.index_annotations)
        if (name != kBaseName && name != kBaseDigest) index.annotations.emplace(name, value);
    release.set_index(index);
    return release;
}

const Rebased* owner_of(const std::vector<Rebased>& rebased, const Digest& blob, bool& is_base) {
    for (const auto& one : rebased)
        for (const auto& layer : one.image.layers)
            if (layer.descriptor.digest == blob) {
                is_base = layer.kind == LayerKind::Base;
                return &one;
            }
    return nullptr;
}

Result<net::BodySource> open_blob(const exec::Context& ctx, const std::vector<Rebased>& rebased,
                                  const oci::Descriptor& blob, store::Store& store) {
    for (const auto& one : rebased)
        if (one.image.manifest.config.digest == blob.digest)
            return net::text_source(one.image.config_bytes);
    bool is_base = false;
    const auto* const owner = owner_of(rebased, blob.digest, is_base);
    PYC_ASSERT(owner != nullptr);
    return open_base_layer(ctx, is_base ? owner->new_base : *owner->original, blob, store);
}

/// `1.5`, or a whole reference. Errors: `usage/no-registry`, `usage/no-reference`.
Result<std::vector<oci::Reference>> targets_of(const RebaseRequest& request,
                                               const oci::Reference& image) {
    std::vector<oci::Reference> targets;
    for (const auto& tag : request.tags) {
        if (oci::is_valid_tag(tag)) {
            targets.push_back(image.with_tag(tag));
            continue;
        }
        PYC_TRY_ASSIGN(auto reference, oci::Reference::parse(tag));
        if (!reference.names_registry())
            return fail("usage/no-registry", "`{}` names no registry", tag)
                .hint("write a tag alone for one of `{}`, or a whole reference", image.name());
        targets.push_back(std::move(reference));
    }
    if (!targets.empty()) return targets;
    if (!image.tag())
        return fail("usage/no-reference", "`{}` has no tag that could stand for the new image",
                    image.to_string())
            .hint("give one with --tag");
    return std::vector{image.with_tag(*image.tag())};
}

Result<void> push_release(const exec::Context& ctx, const Original& original,
                          const std::vector<Rebased>& rebased, const AssembledRelease& release,
                          const std::vector<oci::Reference>& targets, Session& session,
                          Json& answer) {
    Publication publication;
    publication.root = {release.root_bytes(), release.descriptor};
    for (const auto& one : rebased) {
        if (!release.index_bytes.empty())
            publication.manifests.push_back({one.image.manifest_bytes, one.image.descriptor});
        for (const auto& layer : one.image.layers) {
            publication.blobs.push_back(layer.descriptor);
            if (layer.kind == LayerKind::Base && one.new_base.reference)
                publication.origins.emplace(layer.descriptor.digest, *one.new_base.reference);
        }
        publication.blobs.push_back(one.image.manifest.config);
    }
    publication.mount_from = original.reference;
    publication.open = [&](const exec::Context& inner, const oci::Descriptor& blob) {
        return open_blob(inner, rebased, blob, session.store());
    };
    PYC_TRY_ASSIGN(const auto report, publish(ctx, publication, targets, session.registry()));
    answer["blobs_uploaded"] = report.uploaded;
    answer["blobs_mounted"] = report.mounted;
    answer["blobs_present"] = report.present;
    answer["bytes_uploaded"] = report.bytes_uploaded;
    return {};
}

/// The names of the image in its layout, or those that were asked for.
Result<std::vector<oci::Reference>> names_for_layout(const RebaseRequest& request,
                                                     const Original& original) {
    std::vector<oci::Reference> own;
    if (original.name.starts_with(kLayoutPrefix)) {
        PYC_TRY_ASSIGN(const auto source,
                       image::LayoutSource::open(
                           std::string_view(original.name).substr(kLayoutPrefix.size())));
        for (const auto& entry : source->layout().index().manifests)
            if (entry.digest == original.root.digest)
                if (auto name =
                        oci::Reference::parse(annotation(entry.annotations, kContainerdName)))
                    own.push_back(std::move(*name));
    }
    std::vector<oci::Reference> names;
    for (const auto& tag : request.tags) {
        if (!own.empty() && oci::is_valid_tag(tag)) {
            names.push_back(own.front().with_tag(tag));
            continue;
        }
        PYC_TRY_ASSIGN(auto reference, oci::Reference::parse(tag));
        names.push_back(std::move(reference));
    }
    return names.empty() ? own : names;
}

Result<std::filesystem::path> output_of(const RebaseRequest& request, const Original& original) {
    if (request.output) return *request.output;
    if (original.name.starts_with(kLayoutPrefix)) {
        PYC_TRY_ASSIGN(const auto source,
                       image::LayoutSource::open(
                           std::string_view(original.name).substr(kLayoutPrefix.size())));
        return std::filesystem::absolute(source->layout().directory()).lexically_normal();
    }
    return fail("usage/invalid", "`{}` is an archive, which is not written in its place",
                request.image)
        .hint("name a directory for the layout with --output");
}

Result<void> write_layout(const exec::Context& ctx, const std::filesystem::path& output,
                          const std::vector<Rebased>& rebased, const AssembledRelease& release,
                          const std::vector<oci::Reference>& names, store::Store& store) {
    const exec::Activity activity(ctx, fmt::format("writing {}", output.string()));
    PYC_TRY_ASSIGN(auto writer, image::LayoutWriter::create(output));
    for (const auto& one : rebased) {
        for (const auto& layer : one.image.layers) {
            const auto& blob = layer.descriptor;
            if (oci::is_foreign_layer(blob.media_type) || writer.has_blob(blob.digest)) continue;
            const auto& from = layer.kind == LayerKind::Base ? one.new_base : *one.original;
            PYC_TRY(fetch_base_layer(ctx, from, blob, store));
            PYC_TRY(writer.add_blob_file(blob.digest, store.blob_path(blob.digest)));
        }
        PYC_TRY(writer.add_blob(one.image.manifest.config.digest, one.image.config_bytes));
        PYC_TRY(writer.add_blob(one.image.descriptor.digest, one.image.manifest_bytes));
    }
    if (!release.index_bytes.empty())
        PYC_TRY(writer.add_blob(release.descriptor.digest, release.index_bytes));
    return writer.commit(release.descriptor, names);
}

Json to_json(const BaseImage& base) {
    return {{"image", base.text}, {"digest", base.manifest_digest->to_string()}};
}

/// Another name or place is wanted, whether the base has changed or not.
bool is_written_again(const RebaseRequest& request) {
    return !request.tags.empty() || request.output.has_value();
}

Json answer_of(const RebaseRequest& request, const Original& original,
               const std::vector<Rebased>& rebased, const AssembledRelease& release) {
    Json platforms = Json::array();
    bool changed = false;
    for (const auto& one : rebased) {
        changed = changed || one.changed();
        platforms.push_back({{"platform", one.original->config.platform().to_string()},
                             {"digest", one.image.descriptor.digest.to_string()},
                             {"image_id", one.image.manifest.config.digest.to_string()},
                             {"old_base", to_json(one.old_base)},
                             {"new_base", to_json(one.new_base)},
                             {"layers_kept", one.original->manifest.layers.size() -
                                                 one.old_base.manifest.layers.size()}});
    }
    return {{"format_version", 1},
            {"image", request.image},
            {"old_digest", original.root.digest.to_string()},
            {"digest", (changed || is_written_again(request) ? release.descriptor.digest
                                                             : original.root.digest)
                           .to_string()},
            {"changed", changed},
            {"dry_run", request.dry_run},
            {"dropped_attestations", original.dropped},
            {"platforms", platforms},
            {"references", Json::array()},
            {"output", nullptr}};
}

}  // namespace

Result<Json> rebase_image(const exec::Context& ctx, const RebaseRequest& request) {
    const auto name = with_prefix(request.image);
    std::vector<oci::Reference> targets;
    if (!is_on_this_machine(name)) {
        PYC_TRY_ASSIGN(const auto reference, oci::Reference::parse(name));
        PYC_TRY_ASSIGN(targets, targets_of(request, reference));
        if (request.output)
            return fail("usage/invalid", "--output is for images of this machine, not for `{}`",
                        request.image)
                .hint("the result is pushed; give it another name with --tag");
    }
    PYC_TRY_ASSIGN(const auto session,
                   Session::open(ctx.environment(), request.cache_directory,
                                 request.access.for_registry(
                                     targets.empty() ? std::nullopt
                                                     : std::optional(targets.front().registry())),
                                 store::Store::Records::Use, request.access.given));
    if (!request.dry_run) PYC_TRY(check_push_access(ctx, targets, session->registry()));
    PYC_TRY_ASSIGN(const auto lease, session->store().lease(ctx));
    PYC_TRY_ASSIGN(const auto original, read_original(ctx, request, *session));
    std::vector<Rebased> rebased;
    for (const auto& image : original.images) {
        auto one = rebase_one(ctx, request, original, image, *session);
        if (!one && original.images.size() > 1)
            return fail(std::move(one).error().while_("rebasing the image for {}",
                                                      image.config.platform().to_string()));
        if (!one) return fail(std::move(one).error());
        rebased.push_back(std::move(*one));
    }
    const auto release = release_again(original, rebased);
    auto answer = answer_of(request, original, rebased, release);
    const bool wanted = answer["changed"].get<bool>() || is_written_again(request);
    if (request.dry_run || !wanted) return answer;
    if (original.reference) {
        PYC_TRY(push_release(ctx, original, rebased, release, targets, *session, answer));
        for (const auto& target : targets) answer["references"].push_back(target.to_string());
        return answer;
    }
    PYC_TRY_ASSIGN(const auto output, output_of(request, original));
    PYC_TRY_ASSIGN(const auto names, names_for_layout(request, original));
    PYC_TRY(write_layout(ctx, output, rebased, release, names, session->store()));
    for (const auto& each : names) answer["references"].push_back(each.to_string());
    answer["output"] = output.string();
    return answer;
}

}  // namespace pycontainer::build
