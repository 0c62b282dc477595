#include "oci/manifest.hpp"

#include "oci/media_types.hpp"

#include <fmt/format.h>

#include <set>

namespace pycontainer::oci {
namespace {

constexpr std::size_t kMaxLayers = 512;
constexpr std::size_t kMaxManifests = 4096;

std::map<std::string, std::string> annotations_of(const Json& json) {
    std::map<std::string, std::string> result;
    if (const auto* annotations = member(json, "annotations");
        annotations && annotations->is_object())
        for (const auto& [key, value] : annotations->items())
            if (value.is_string()) result.emplace(key, value.get<std::string>());
    return result;
}

}  // namespace

bool is_attestation(const Descriptor& entry) {
    return entry.annotations.contains("vnd.docker.reference.type") ||
           (entry.platform && entry.platform->os == "unknown");
}

Result<Manifest> Manifest::parse(std::string_view bytes, std::string_view media_type) {
    PYC_TRY_ASSIGN(const auto json, parse_json(bytes, "the image manifest"));
    if (!json.is_object())
        return fail("oci/invalid-manifest", "the image manifest is not a JSON object");
    if (unsigned_member(json, "schemaVersion") == 1U)
        return fail("oci/unsupported-manifest",
                    "the image has a schema 1 manifest, which registries no longer serve")
            .hint("push the image again with a current tool");
    Manifest manifest;
    manifest.media_type = media_type;
    const auto* config = member(json, "config");
    const auto* layers = member(json, "layers");
    if (!config || !layers || !layers->is_array())
        return fail("oci/unsupported-manifest",
                    "the manifest describes no image: it has no configuration or layers");
    if (layers->size() > kMaxLayers)
        return fail("oci/invalid-manifest", "the manifest has {} layers, more than {}",
                    layers->size(), kMaxLayers);
    PYC_TRY_ASSIGN(manifest.config, Descriptor::from_json(*config));
    for (const auto& layer : *layers) {
        PYC_TRY_ASSIGN(auto descriptor, Descriptor::from_json(layer));
        manifest.layers.push_back(std::move(descriptor));
    }
    manifest.annotations = annotations_of(json);
    return manifest;
}

std::string Manifest::to_bytes() const {
    Json json{{"schemaVersion", 2},
              {"mediaType", kImageManifest},
              {"config", config.to_json()},
              {"layers", Json::array()}};
    for (const auto& layer : layers) json["layers"].push_back(layer.to_json());
    if (!annotations.empty()) json["annotations"] = annotations;
    return dump_json(json);
}

Result<ImageIndex> ImageIndex::parse(std::string_view bytes) {
    PYC_TRY_ASSIGN(const auto json, parse_json(bytes, "the image index"));
    const auto* manifests = member(json, "manifests");
    if (!manifests || !manifests->is_array())
        return fail("oci/invalid-manifest", "the image index has no list of manifests");
    if (manifests->size() > kMaxManifests)
        return fail("oci/invalid-manifest", "the image index has {} manifests, more than {}",
                    manifests->size(), kMaxManifests);
    ImageIndex index;
    for (const auto& entry : *manifests) {
        PYC_TRY_ASSIGN(auto descriptor, Descriptor::from_json(entry));
        index.manifests.push_back(std::move(descriptor));
    }
    index.annotations = annotations_of(json);
    return index;
}

std::string ImageIndex::to_bytes() const {
    Json json{{"schemaVersion", 2}, {"mediaType", kImageIndex}, {"manifests", Json::array()}};
    for (const auto& manifest : manifests) json["manifests"].push_back(manifest.to_json());
    if (!annotations.empty()) json["annotations"] = annotations;
    return dump_json(json);
}

Result<Descriptor> ImageIndex::select(const Platform& platform, std::string_view name) const {
    std::set<std::string> offered;
    for (const auto& manifest : manifests) {
        if (is_attestation(manifest) || !manifest.platform) continue;
        if (platform.matches(*manifest.platform)) return manifest;
        offered.insert(manifest.platform->to_string());
    }
    return fail("base/no-platform", "`{}` has no image for {}", name, platform.to_string())
        .hint("it exists for: {}",
              offered.empty() ? "nothing" : fmt::format("{}", fmt::join(offered, ", ")));
}

std::string detect_media_type(std::string_view bytes, std::string_view media_type) {
    const auto plain = media_type.substr(0, media_type.find(';'));
    if (is_index(plain) || is_manifest(plain)) return std::string(plain);
    const auto json = parse_json(bytes, "the manifest");
    if (!json) return {};
    if (const auto own = string_member(*json, "mediaType");
        own && (is_index(*own) || is_manifest(*own)))
        return *own;
    if (member(*json, "manifests")) return std::string(kImageIndex);
    if (member(*json, "layers")) return std::string(kImageManifest);
    return {};
}

}  // namespace pycontainer::oci
