#include "build/base_image.hpp"

#include "base/strings.hpp"
#include "image/archive.hpp"
#include "image/layout.hpp"
#include "net/streamed_source.hpp"
#include "oci/media_types.hpp"

#include <algorithm>
#include <array>

namespace pycontainer::build {
namespace {

constexpr std::string_view kLayoutPrefix = "oci:";
constexpr std::array<std::string_view, 2> kArchivePrefixes{"oci-archive:", "docker-archive:"};
constexpr std::string_view kTagRecord = "base-tag";
constexpr std::string_view kFactsRecord = "base-facts";
constexpr int kFactsFormat = 2;
constexpr std::uint64_t kMaxConfig = 16ULL << 20U;
constexpr unsigned kTransfers = 4;

/// The image of a registry, as a source: from its mirrors first, then from itself.
class RegistrySource final : public image::ImageSource {
public:
    RegistrySource(registry::RegistryClient& client, std::vector<oci::Reference> places)
        : client_(&client), places_(std::move(places)) {}

    Result<image::Document> root(const exec::Context& ctx) override {
        return from_any<image::Document>(
            ctx, [&](const oci::Reference& place) { return read(ctx, place); });
    }
    Result<image::Document> manifest(const exec::Context& ctx,
                                     const oci::Descriptor& descriptor) override {
        return from_any<image::Document>(ctx, [&](const oci::Reference& place) {
            return read(ctx, place.with_digest(descriptor.digest));
        });
    }
    Result<void> blob(const exec::Context& ctx, const oci::Descriptor& descriptor,
                      const ByteSink& sink) override {
        bool begun = false;  // what the sink has got cannot be taken back
        const ByteSink watched = [&](Bytes bytes) {
            begun = true;
            return sink(bytes);
        };
        return from_any<void>(
            ctx,
            [&](const oci::Reference& place) {
                return client_->fetch_blob(ctx, place, descriptor, watched);
            },
            &begun);
    }
    std::optional<std::filesystem::path> blob_file(const oci::Descriptor&) const override {
        return std::nullopt;
    }

private:
    template <typename T, typename Function>
    Result<T> from_any(const exec::Context& ctx, Function&& function,
                       const bool* begun = nullptr) const {
        for (std::size_t i = 0;; ++i) {
            auto result = function(places_[i]);
            const bool last = i + 1 == places_.size();
            if (result || last || result.error().is_cancelled() || (begun != nullptr && *begun))
                return result;
            ctx.log(fmt::format("the mirror `{}` does not help: {}", places_[i].to_string(),
                                result.error().message));
        }
    }
    Result<image::Document> read(const exec::Context& ctx, const oci::Reference& reference) {
        PYC_TRY_ASSIGN(auto content, client_->manifest(ctx, reference));
        auto type = oci::detect_media_type(content.bytes, content.media_type);
        if (type.empty()) type = content.media_type;  // what it is called is worth telling
        return image::Document{std::move(content.bytes), std::move(type), content.digest};
    }

    registry::RegistryClient* client_;
    std::vector<oci::Reference> places_;  ///< not empty
};

/// A layout or an archive on this machine; nothing where the text names neither.
Result<std::shared_ptr<image::ImageSource>> open_local(const exec::Context& ctx,
                                                       std::string_view text) {
    if (text.starts_with(kLayoutPrefix)) {
        PYC_TRY_ASSIGN(auto layout, image::LayoutSource::open(text.substr(kLayoutPrefix.size())));
        return std::shared_ptr<image::ImageSource>(std::move(layout));
    }
    for (const auto prefix : kArchivePrefixes) {
        if (!text.starts_with(prefix)) continue;
        PYC_TRY_ASSIGN(auto archive, image::ArchiveSource::open(ctx, text.substr(prefix.size())));
        return std::shared_ptr<image::ImageSource>(std::move(archive));
    }
    return std::shared_ptr<image::ImageSource>();
}

/// From what a name stands for to the manifest of one platform.
Result<image::Document> select_manifest(const exec::Context& ctx, image::ImageSource& source,
                                        const BaseOptions& options, const std::string& text) {
    PYC_TRY_ASSIGN(auto document, source.root(ctx));
    if (oci::is_index(document.media_type)) {
        PYC_TRY_ASSIGN(const auto index, oci::ImageIndex::parse(document.bytes));
        PYC_TRY_ASSIGN(const auto descriptor, index.select(options.platform, text));
        PYC_TRY_ASSIGN(document, source.manifest(ctx, descriptor));
    }
    if (!oci::is_manifest(document.media_type))
        return fail("base/not-an-image", "`{}` is not a container image", text)
            .hint(
                "its media type is `{}`; where that is a page, a proxy or a login answered instead",
                printable(document.media_type, 100));
    return document;
}

Result<std::string> read_small_blob(const exec::Context& ctx, image::ImageSource& source,
                                    const oci::Descriptor& descriptor, store::Store& store) {
    if (descriptor.size > kMaxConfig)
        return fail("oci/invalid-config", "the image configuration is larger than {} bytes",
                    kMaxConfig);
    if (store.has_blob(descriptor.digest, descriptor.size)) {
        if (auto content = store.read_blob(descriptor.digest, kMaxConfig)) return content;
    }
    std::string content;
    PYC_TRY(source.blob(ctx, descriptor, [&](Bytes bytes) -> Result<void> {
        content += as_text(bytes);
        return {};
    }));
    PYC_TRY(store.put_blob(content));
    return content;
}

}  // namespace

Result<void> check_platform(const std::string& text, const oci::ImageConfig& config,
                            const oci::Platform& wanted) {
    if (wanted.matches(config.platform())) return {};
    return fail("base/wrong-platform", "`{}` is an image for {}, not for {}", text,
                config.platform().to_string(), wanted.to_string())
        .hint("there is no other one; leave --platform out, or name {}",
              config.platform().to_string());
}

Result<BaseImage> read_image(const exec::Context& ctx, const std::string& text,
                             const image::Document& document,
                             const std::optional<oci::Platform>& wanted,
                             std::shared_ptr<image::ImageSource> source, store::Store& store) {
    PYC_TRY_ASSIGN(auto manifest, oci::Manifest::parse(document.bytes, document.media_type));
    PYC_TRY_ASSIGN(const auto config_bytes, read_small_blob(ctx, *source, manifest.config, store));
    PYC_TRY_ASSIGN(auto config, oci::ImageConfig::parse(config_bytes));
    if (config.diff_ids().size() != manifest.layers.size())
        return fail("oci/invalid-config",
                    "the configuration of `{}` lists {} layers, its manifest {}", text,
                    config.diff_ids().size(), manifest.layers.size());
    if (wanted) {
        if (auto fits = check_platform(text, config, *wanted); !fits)
            return fail(std::move(fits).error())
                .hint("choose a base that exists for {}, or build with --platform {}",
                      wanted->to_string(), config.platform().to_string());
    }
    return BaseImage{.text = text,
                     .name = {},
                     .reference = {},
                     .manifest_digest = document.digest,
                     .manifest = std::move(manifest),
                     .config = std::move(config),
                     .source = std::move(source),
                     .checked_at = 0,
                     .facts = {}};
}

Result<std::shared_ptr<image::ImageSource>> open_image(const exec::Context& ctx,
                                                       const std::string& text,
                                                       registry::RegistryClient& registry) {
    PYC_TRY_ASSIGN(auto local, open_local(ctx, text));
    if (local) return local;
    PYC_TRY_ASSIGN(const auto reference, oci::Reference::parse(text));
    return std::shared_ptr<image::ImageSource>(
        std::make_shared<RegistrySource>(registry, std::vector{reference}));
}

namespace {

Digest tag_key(const oci::Reference& reference, const oci::Platform& platform) {
    return Digest::of("base-tag 1\n" + reference.to_full_string() + "\n" + platform.to_string());
}

/// What was found when the tag was last looked up, if that is recent enough.
std::optional<image::Document> remembered_manifest(const oci::Reference& reference,
                                                   const BaseOptions& options, store::Store& store,
                                                   std::int64_t& checked_at) {
    if (options.pull == PullPolicy::Always && !reference.digest()) return std::nullopt;
    const auto record = store.find_record(kTagRecord, tag_key(reference, options.platform));
    if (!record) return std::nullopt;
    const auto digest = Digest::parse(string_member(*record, "digest").value_or(""));
    checked_at = static_cast<std::int64_t>(unsigned_member(*record, "checked_at").value_or(0));
    const auto age = options.now - checked_at;
    const bool fresh = reference.digest().has_value() || options.pull == PullPolicy::Never ||
                       (age >= 0 && static_cast<std::uint64_t>(age) <= options.max_age_seconds);
    if (!digest || !fresh) return std::nullopt;
    auto bytes = store.read_blob(*digest, kMaxConfig);
    if (!bytes) return std::nullopt;
    return image::Document{std::move(*bytes), string_member(*record, "media_type").value_or(""),
                           *digest};
}

/// What a registry sent is not what it should be.
Error with_advice(Error error) {
    const bool is_content = error.code.starts_with("oci/") || error.code == "json/invalid";
    if (error.hint.empty() && is_content)
        error.hint = "the image in the registry is damaged; push it again or choose another";
    return error;
}

Result<BaseImage> from_registry(const exec::Context& ctx, const std::string& text,
                                const BaseOptions& options, registry::RegistryClient& client,
                                store::Store& store) {
    PYC_TRY_ASSIGN(const auto reference, oci::Reference::parse(text));
    PYC_TRY_ASSIGN(auto places, client.mirrors(ctx, reference));
    places.push_back(reference);
    auto source = std::make_shared<RegistrySource>(client, std::move(places));
    std::int64_t checked_at = 0;
    auto document = remembered_manifest(reference, options, store, checked_at);
    bool is_new = false;
    if (!document) {
        if (options.pull == PullPolicy::Never)
            return fail("base/not-cached",
                        "the base image `{}` is not in the cache for {}, and may not be fetched",
                        text, options.platform.to_string())
                .hint("build once without --offline and --pull never");
        exec::Activity activity(ctx, fmt::format("looking up {}", reference.to_string()));
        auto found = select_manifest(ctx, *source, options, text);
        if (!found)
            return fail(with_advice(std::move(found).error())
                            .while_("looking up the base image `{}`", reference.to_string()));
        document = std::move(*found);
        checked_at = options.now;
        is_new = true;
        PYC_TRY(store.put_blob(document->bytes));
    }
    auto loaded = read_image(ctx, text, *document, options.platform, source, store);
    if (!loaded) {
        auto error = std::move(loaded).error();
        return fail(with_advice(std::move(error))
                        .while_("reading the base image `{}`", reference.to_string()));
    }
    if (is_new)  // only what is an image is remembered
        PYC_TRY(store.put_record(kTagRecord, tag_key(reference, options.platform),
                                 {{"digest", document->digest.to_string()},
                                  {"media_type", document->media_type},
                                  {"checked_at", checked_at}}));
    loaded->name = reference.to_full_string();
    loaded->reference = reference;
    loaded->checked_at = reference.digest() ? 0 : checked_at;
    return loaded;
}

Digest facts_key(const Digest& manifest, const BaseOptions& options) {
    return Digest::of(fmt::format("base-facts {}\n{}\n{}", kFactsFormat, manifest.to_string(),
                                  options.wanted_python));
}

Result<void> learn_facts(const exec::Context& ctx, BaseImage& base, const BaseOptions& options,
                         store::Store& store) {
    const auto key = facts_key(*base.manifest_digest, options);
    if (const auto record = store.find_record(kFactsRecord, key)) {
        if (auto facts = image::BaseFacts::from_json(*record)) {
            base.facts = std::move(*facts);
            return {};
        }
    }
    std::vector<const oci::Descriptor*> layers;
    for (const auto& layer : base.manifest.layers)
        if (!oci::is_foreign_layer(layer.media_type)) layers.push_back(&layer);
    std::vector<image::LayerNotes> notes(layers.size());
    const auto read = [&](const exec::Context& inner, std::size_t i) -> Result<void> {
        PYC_TRY(fetch_base_layer(inner, base, *layers[i], store));
        PYC_TRY_ASSIGN(notes[i],
                       image::read_layer_notes(inner, store.blob_path(layers[i]->digest)));
        return {};
    };
    if (auto done = exec::parallel_for(ctx, layers.size(), kTransfers, read); !done)
        return fail(std::move(done).error().while_("reading the layers of `{}`", base.text));
    base.facts = image::find_base_facts(notes, base.config, options.wanted_python);
    return store.put_record(kFactsRecord, key, base.facts.to_json());
}

}  // namespace

Result<BaseImage> find_base_image(const exec::Context& ctx, const std::string& text,
                                  const BaseOptions& options, registry::RegistryClient& registry,
                                  store::Store& store) {
    if (text == "scratch")
        return BaseImage{.text = text,
                         .name = {},
                         .reference = {},
                         .manifest_digest = {},
                         .manifest = {},
                         .config = oci::ImageConfig(options.platform),
                         .source = {},
                         .checked_at = 0,
                         .facts = {}};
    PYC_TRY_ASSIGN(const auto local, open_local(ctx, text));
    if (local) {
        PYC_TRY_ASSIGN(const auto document, select_manifest(ctx, *local, options, text));
        PYC_TRY_ASSIGN(auto base, read_image(ctx, text, document, options.platform, local, store));
        PYC_TRY(learn_facts(ctx, base, options, store));
        return base;
    }
    PYC_TRY_ASSIGN(auto base, from_registry(ctx, text, options, registry, store));
    PYC_TRY(learn_facts(ctx, base, options, store));
    return base;
}

std::optional<BaseImage> find_remembered_base_image(const std::string& text,
                                                    const BaseOptions& options,
                                                    store::Store& store) {
    if (text == "scratch" || text.starts_with(kLayoutPrefix)) return std::nullopt;
    const auto reference = oci::Reference::parse(text);
    if (!reference) return std::nullopt;
    auto without_asking = options;
    without_asking.pull = PullPolicy::Never;
    std::int64_t checked_at = 0;
    const auto document = remembered_manifest(*reference, without_asking, store, checked_at);
    if (!document) return std::nullopt;
    auto manifest = oci::Manifest::parse(document->bytes, document->media_type);
    if (!manifest) return std::nullopt;
    const auto bytes = store.read_blob(manifest->config.digest, kMaxConfig);
    if (!bytes) return std::nullopt;
    auto config = oci::ImageConfig::parse(*bytes);
    if (!config) return std::nullopt;
    BaseImage base{.text = text,
                   .name = reference->to_full_string(),
                   .reference = *reference,
                   .manifest_digest = document->digest,
                   .manifest = std::move(*manifest),
                   .config = std::move(*config),
                   .source = {},
                   .checked_at = checked_at,
                   .facts = {}};
    if (const auto record = store.find_record(kFactsRecord, facts_key(document->digest, options)))
        if (auto facts = image::BaseFacts::from_json(*record)) base.facts = std::move(*facts);
    return base;
}

Result<void> fetch_base_layer(const exec::Context& ctx, const BaseImage& base,
                              const oci::Descriptor& layer, store::Store& store) {
    PYC_TRY_ASSIGN(const auto found, store.find_blob(ctx, layer.digest, layer.size));
    if (found) return {};
    PYC_ASSERT(base.source != nullptr);
    exec::Activity activity(
        ctx, fmt::format("fetching base layer {}", layer.digest.hex().substr(0, 12)), layer.size);
    PYC_TRY_ASSIGN(auto file, store.new_blob());
    auto fetched = base.source->blob(ctx, layer, [&](Bytes bytes) {
        activity.advance(bytes.size());
        return file.write(bytes);
    });
    if (!fetched)
        return fail(std::move(fetched).error().while_("fetching a layer of `{}`", base.text));
    return store.commit_blob(std::move(file), layer.digest);
}

Result<net::BodySource> open_base_layer(const exec::Context& ctx, const BaseImage& base,
                                        const oci::Descriptor& layer, store::Store& store) {
    PYC_TRY_ASSIGN(const auto found, store.find_blob(ctx, layer.digest, layer.size));
    if (found) return net::file_source(store.blob_path(layer.digest));
    PYC_ASSERT(base.source != nullptr);
    ctx.log(fmt::format("the layer `{}` of `{}` goes to the target without being kept",
                        layer.digest.to_string(), base.text));
    return net::streamed_source(
        ctx, layer.size,
        [source = base.source, layer, text = base.text](const exec::Context& inner,
                                                        const ByteSink& sink) -> Result<void> {
            auto read = source->blob(inner, layer, sink);
            if (!read)
                return fail(std::move(read).error().while_("fetching a layer of `{}`", text));
            return {};
        });
}

Result<void> fetch_base_layers(const exec::Context& ctx, const BaseImage& base,
                               store::Store& store) {
    std::vector<const oci::Descriptor*> layers;
    for (const auto& layer : base.manifest.layers)
        if (!oci::is_foreign_layer(layer.media_type)) layers.push_back(&layer);
    return exec::parallel_for(ctx, layers.size(), kTransfers,
                              [&](const exec::Context& inner, std::size_t i) {
                                  return fetch_base_layer(inner, base, *layers[i], store);
                              });
}

}  // namespace pycontainer::build
