#include "service/registry_images.hpp"

#include "base/json.hpp"
#include "base/strings.hpp"
#include "build/base_image.hpp"
#include "credentials/known_registries.hpp"
#include "oci/image_config.hpp"
#include "oci/manifest.hpp"
#include "oci/media_types.hpp"
#include "oci/platform.hpp"
#include "oci/reference.hpp"
#include "store/store.hpp"

#include <algorithm>
#include <chrono>

namespace pycontainer::service {
namespace {

using intellisense::ImageDetails;
using intellisense::ImageWant;
using intellisense::NameList;

constexpr std::string_view kListRecord = "image-names";
constexpr std::string_view kDigestRecord = "image-digest";
constexpr std::string_view kDetailsRecord = "image-details";
/// The default of `build.platforms`.
constexpr const char* kPlatform = "linux/amd64";
constexpr std::int64_t kListAge = 60 * 60;
constexpr std::int64_t kImageAge = 24 * 60 * 60;
constexpr unsigned kMostPages = 40;
constexpr std::size_t kMostNames = 50'000;
constexpr std::uint64_t kMaxConfig = 16ULL << 20U;
constexpr std::size_t kMostPlatforms = 64;

std::int64_t now() {
    return std::chrono::duration_cast<std::chrono::seconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

std::optional<store::Store> open_store(const Environment& environment) {
    const auto root = store::Store::find_root(environment, std::nullopt);
    if (!root) return std::nullopt;
    return store::Store(*root);
}

Digest list_key(const ImageWant& want) {
    return Digest::of((want.kind == ImageWant::Kind::Tags ? "tags 1\n" : "repositories 1\n") +
                      want.name);
}
Digest digest_key(const std::string& full_reference) {
    return Digest::of("digest 1\n" + full_reference);
}
Digest details_key(const std::string& digest) {
    return Digest::of("details 1\n" + digest);
}

std::int64_t checked_at(const Json& record) {
    return static_cast<std::int64_t>(unsigned_member(record, "checked_at").value_or(0));
}

std::vector<std::string> strings_in(const Json& record, const char* key) {
    std::vector<std::string> texts;
    if (const auto* list = member(record, key); list && list->is_array())
        for (const auto& item : *list)
            if (item.is_string()) texts.push_back(item.get<std::string>());
    return texts;
}

std::optional<NameList> list_of(const Environment& environment, const ImageWant& want) {
    const auto store = open_store(environment);
    const auto record = store ? store->find_record(kListRecord, list_key(want)) : std::nullopt;
    if (!record) return std::nullopt;
    return NameList{strings_in(*record, "names"), bool_member(*record, "complete").value_or(false)};
}

Json to_json(const ImageDetails& details, const std::string& platform_digest) {
    return {{"digest", details.digest},       {"is_index", details.is_index},
            {"platforms", details.platforms}, {"platform", details.platform},
            {"size", details.size},           {"layers", details.layers},
            {"created", details.created},     {"user", details.user},
            {"python", details.python},       {"platform_digest", platform_digest}};
}

ImageDetails details_from(const Json& record) {
    const auto text = [&](const char* key) { return string_member(record, key).value_or(""); };
    return {text("digest"),
            bool_member(record, "is_index").value_or(false),
            strings_in(record, "platforms"),
            text("platform"),
            unsigned_member(record, "size").value_or(0),
            static_cast<std::size_t>(unsigned_member(record, "layers").value_or(0)),
            text("created"),
            text("user"),
            text("python"),
            {},
            {}};
}

void add_manifest(ImageDetails& details, const oci::Manifest& manifest,
                  const oci::ImageConfig& config) {
    details.layers = manifest.layers.size();
    for (const auto& layer : manifest.layers) details.size += layer.size;
    details.platform = config.platform().to_string();
    if (details.platforms.empty()) details.platforms = {details.platform};
    details.created = string_member(config.json(), "created").value_or("");
    details.user = config.user();
    details.python = config.env("PYTHON_VERSION");
}

/// What builds have found out of the image of the default platform.
std::optional<build::BaseImage> remembered(const std::string& reference, store::Store& store) {
    const auto platform = oci::Platform::parse(kPlatform);
    if (!platform) return std::nullopt;
    return build::find_remembered_base_image(reference,
                                             {.platform = *platform,
                                              .pull = build::PullPolicy::Never,
                                              .now = 0,
                                              .max_age_seconds = 0,
                                              .wanted_python = {}},
                                             store);
}

void add_facts(ImageDetails& details, const image::BaseFacts& facts) {
    if (facts.interpreter) details.python = facts.interpreter->version;
    details.distribution = facts.distribution;
    details.libc = facts.libc;
}

/// One look-up, with what it needs.
class LookUp {
public:
    LookUp(const exec::Context& ctx, build::Session& session) : ctx_(ctx), session_(session) {}

    Result<void> names(const ImageWant& want) {
        const auto key = list_key(want);
        const auto known = session_.store().find_record(kListRecord, key);
        std::vector<std::string> names;
        registry::NamePageRequest request;
        // The tag of one page says nothing of the others.
        if (known && unsigned_member(*known, "pages") == 1)
            request.etag = string_member(*known, "etag").value_or("");
        for (unsigned pages = 1;; ++pages) {
            PYC_TRY_ASSIGN(auto page, ask(want, request));
            if (page.is_unchanged && known) {
                auto renewed = *known;
                renewed["checked_at"] = now();
                return session_.store().put_record(kListRecord, key, renewed);
            }
            names.insert(names.end(), std::make_move_iterator(page.names.begin()),
                         std::make_move_iterator(page.names.end()));
            const bool is_last = !page.next || page.next == request.next;
            const bool is_enough = pages >= kMostPages || names.size() >= kMostNames;
            // A list that was complete stays until the new one is.
            if (is_last || is_enough || !known || !bool_member(*known, "complete").value_or(false))
                PYC_TRY(session_.store().put_record(
                    kListRecord, key,
                    {{"names", names},
                     {"complete", is_last},
                     {"pages", pages},
                     {"etag", page.etag},
                     {"checked_at", is_last || is_enough ? now() : 0}}));
            if (is_last || is_enough) return {};
            request = {std::move(page.next), {}};
        }
    }

    Result<void> image(const std::string& name) {
        PYC_TRY_ASSIGN(const auto reference, oci::Reference::parse(name));
        PYC_TRY_ASSIGN(auto places, session_.registry().mirrors(ctx_, reference));
        places.push_back(reference);
        for (std::size_t i = 0;; ++i) {
            auto done = image_at(places[i], name);
            if (done || i + 1 == places.size() || done.error().is_cancelled()) return done;
        }
    }

private:
    Result<registry::NamePage> ask(const ImageWant& want,
                                   const registry::NamePageRequest& request) {
        if (want.kind == ImageWant::Kind::Repositories)
            return session_.registry().repositories(ctx_, want.name, request);
        PYC_TRY_ASSIGN(const auto repository, oci::Reference::parse(want.name));
        return session_.registry().tags(ctx_, repository, request);
    }

    Result<void> image_at(const oci::Reference& place, const std::string& name) {
        PYC_TRY_ASSIGN(const auto digest, session_.registry().head_manifest(ctx_, place));
        if (digest &&
            !session_.store().find_record(kDetailsRecord, details_key(digest->to_string())))
            PYC_TRY(details(place.with_digest(*digest)));
        return session_.store().put_record(
            kDigestRecord, digest_key(name),
            {{"digest", digest ? digest->to_string() : ""}, {"checked_at", now()}});
    }

    Result<void> details(const oci::Reference& place) {
        PYC_TRY_ASSIGN(auto document, session_.registry().manifest(ctx_, place));
        ImageDetails details;
        details.digest = document.digest.to_string();
        details.is_index = oci::is_index(document.media_type);
        if (details.is_index) {
            PYC_TRY_ASSIGN(const auto index, oci::ImageIndex::parse(document.bytes));
            PYC_TRY_ASSIGN(const auto one, choose(index, details));
            PYC_TRY_ASSIGN(document, session_.registry().manifest(ctx_, place.with_digest(one)));
        }
        PYC_TRY_ASSIGN(const auto manifest,
                       oci::Manifest::parse(document.bytes, document.media_type));
        if (manifest.config.size > kMaxConfig)
            return fail("oci/invalid-config", "the image configuration is larger than {} bytes",
                        kMaxConfig);
        std::string bytes;
        PYC_TRY(session_.registry().fetch_blob(ctx_, place, manifest.config,
                                               [&](Bytes more) -> Result<void> {
                                                   bytes += as_text(more);
                                                   return {};
                                               }));
        PYC_TRY_ASSIGN(const auto config, oci::ImageConfig::parse(bytes));
        add_manifest(details, manifest, config);
        return session_.store().put_record(kDetailsRecord, details_key(details.digest),
                                           to_json(details, document.digest.to_string()));
    }

    /// The image of the default platform, else the first; what platforms there are.
    static Result<Digest> choose(const oci::ImageIndex& index, ImageDetails& details) {
        const oci::Descriptor* chosen = nullptr;
        for (const auto& manifest : index.manifests) {
            if (!manifest.platform || manifest.platform->os == "unknown") continue;
            const auto platform = manifest.platform->to_string();
            if (!chosen || platform == kPlatform) chosen = &manifest;
            if (details.platforms.size() < kMostPlatforms) details.platforms.push_back(platform);
        }
        if (!chosen)
            return fail("base/no-platform", "`{}` has no image for any platform", details.digest);
        return chosen->digest;
    }

    const exec::Context& ctx_;
    build::Session& session_;
};

}  // namespace

std::optional<ImageDetails> RegistryImages::image(const std::string& text) const {
    const auto reference = oci::Reference::parse(text);
    auto store = open_store(*environment_);
    if (!reference || !store) return std::nullopt;
    const auto base = remembered(text, *store);
    const auto name = store->find_record(kDigestRecord, digest_key(reference->to_full_string()));
    const auto digest = name ? string_member(*name, "digest").value_or("") : std::string();
    const auto record =
        digest.empty() ? std::nullopt : store->find_record(kDetailsRecord, details_key(digest));
    // Who has looked last knows best.
    if (record && (!base || base->checked_at <= checked_at(*name))) {
        auto details = details_from(*record);
        if (base && base->manifest_digest->to_string() ==
                        string_member(*record, "platform_digest").value_or(""))
            add_facts(details, base->facts);
        return details;
    }
    if (!base) return std::nullopt;
    ImageDetails details;
    details.digest = base->manifest_digest->to_string();
    add_manifest(details, base->manifest, base->config);
    add_facts(details, base->facts);
    return details;
}

std::optional<NameList> RegistryImages::tags(const std::string& repository) const {
    return list_of(*environment_, {ImageWant::Kind::Tags, repository});
}

std::optional<NameList> RegistryImages::repositories(const std::string& registry) const {
    return list_of(*environment_, {ImageWant::Kind::Repositories, registry});
}

std::vector<std::string> RegistryImages::registries() const {
    auto known = credentials::known_registries(*environment_);
    return known ? std::move(*known) : std::vector<std::string>();
}

bool RegistryImages::is_fresh(const ImageWant& want) const {
    const auto store = open_store(*environment_);
    if (!store) return true;  // what is said could not be kept
    const bool is_image = want.kind == ImageWant::Kind::Image;
    const auto record = is_image ? store->find_record(kDigestRecord, digest_key(want.name))
                                 : store->find_record(kListRecord, list_key(want));
    if (!record) return false;
    const auto age = now() - checked_at(*record);
    return age >= 0 && age <= (is_image ? kImageAge : kListAge);
}

bool RegistryImages::is_missing(const std::string& text) const {
    const auto reference = oci::Reference::parse(text);
    if (!reference || !reference->tag() || reference->digest()) return false;
    const ImageWant image{ImageWant::Kind::Image, reference->to_full_string()};
    const ImageWant list{ImageWant::Kind::Tags, reference->name()};
    if (is_fresh(image)) {
        const auto store = open_store(*environment_);
        const auto record =
            store ? store->find_record(kDigestRecord, digest_key(image.name)) : std::nullopt;
        return record && string_member(*record, "digest") == "";
    }
    const auto known = is_fresh(list) ? tags(list.name) : std::nullopt;
    return known && known->is_complete &&
           std::find(known->names.begin(), known->names.end(), *reference->tag()) ==
               known->names.end();
}

Result<std::shared_ptr<build::Session>> RegistryImages::session() {
    return session_.with([&](auto& known) -> Result<std::shared_ptr<build::Session>> {
        if (!known) {
            PYC_TRY_ASSIGN(auto opened, build::Session::open(*environment_, std::nullopt,
                                                             {.run_programs = run_programs_},
                                                             store::Store::Records::Use, {},
                                                             net::RetryOptions{.tries = 1}));
            known = std::move(opened);
        }
        return known;
    });
}

Result<void> RegistryImages::look_up(const exec::Context& ctx, const ImageWant& want) {
    PYC_TRY_ASSIGN(const auto session, this->session());
    LookUp look_up(ctx, *session);
    auto done =
        want.kind == ImageWant::Kind::Image ? look_up.image(want.name) : look_up.names(want);
    // Who is refused may log in before the next time; what is unreachable may have moved.
    if (!done && !done.error().is_cancelled()) session_.with([](auto& known) { known.reset(); });
    return done;
}

}  // namespace pycontainer::service
