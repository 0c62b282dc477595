#include "oci/descriptor.hpp"

namespace pycontainer::oci {
namespace {
constexpr std::uint64_t kMaxSize = 1ULL << 50U;
constexpr std::size_t kMaxUrls = 64;
}  // namespace

Result<Descriptor> Descriptor::from_json(const Json& json) {
    Descriptor descriptor;
    const auto digest = string_member(json, "digest");
    const auto size = unsigned_member(json, "size");
    if (!digest || !size || *size > kMaxSize)
        return fail("oci/invalid-manifest", "a descriptor lacks its digest or size");
    PYC_TRY_ASSIGN(descriptor.digest, Digest::parse(*digest));
    descriptor.size = *size;
    descriptor.media_type = string_member(json, "mediaType").value_or("");
    if (const auto* platform = member(json, "platform"))
        descriptor.platform = Platform::from_json(*platform);
    if (const auto* annotations = member(json, "annotations");
        annotations && annotations->is_object())
        for (const auto& [key, value] : annotations->items())
            if (value.is_string()) descriptor.annotations.emplace(key, value.get<std::string>());
    descriptor.artifact_type = string_member(json, "artifactType").value_or("");
    if (const auto* urls = member(json, "urls"); urls && urls->is_array())
        for (const auto& url : *urls)
            if (url.is_string() && descriptor.urls.size() < kMaxUrls)
                descriptor.urls.push_back(url.get<std::string>());
    return descriptor;
}

Json Descriptor::to_json() const {
    Json json{{"mediaType", media_type}, {"digest", digest.to_string()}, {"size", size}};
    if (platform) {
        json["platform"] = {{"os", platform->os}, {"architecture", platform->architecture}};
        if (!platform->variant.empty()) json["platform"]["variant"] = platform->variant;
    }
    if (!annotations.empty()) json["annotations"] = annotations;
    if (!artifact_type.empty()) json["artifactType"] = artifact_type;
    if (!urls.empty()) json["urls"] = urls;
    return json;
}

}  // namespace pycontainer::oci
