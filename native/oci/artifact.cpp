#include "oci/artifact.hpp"

#include "oci/media_types.hpp"

#include <algorithm>

namespace pycontainer::oci {
namespace {

constexpr std::string_view kTagPrefix = "sha256-";
constexpr std::size_t kDigits = 64;
constexpr std::size_t kMaxName = 127;

Json reference_to(const Descriptor& descriptor) {
    return {{"mediaType", descriptor.media_type},
            {"digest", descriptor.digest.to_string()},
            {"size", descriptor.size}};
}

bool is_restricted_name(std::string_view text) {
    const auto alphanumeric = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    };
    return !text.empty() && text.size() <= kMaxName && alphanumeric(text.front()) &&
           std::all_of(text.begin(), text.end(), [&](char c) {
               return alphanumeric(c) || std::string_view("!#$&-^_.+").find(c) != text.npos;
           });
}

}  // namespace

std::string Artifact::to_bytes() const {
    Json json{{"schemaVersion", 2},      {"mediaType", kImageManifest},
              {"artifactType", type},    {"config", reference_to(empty_config())},
              {"layers", Json::array()}, {"subject", reference_to(subject)}};
    for (const auto& file : files) json["layers"].push_back(file.to_json());
    if (!annotations.empty()) json["annotations"] = annotations;
    return dump_json(json);
}

Descriptor Artifact::describe(std::string_view bytes) const {
    Descriptor descriptor{.media_type = std::string(kImageManifest),
                          .digest = Digest::of(bytes),
                          .size = bytes.size(),
                          .platform = {},
                          .annotations = annotations};
    descriptor.artifact_type = type;
    return descriptor;
}

Descriptor empty_config() {
    return {.media_type = std::string(kEmptyJson),
            .digest = Digest::of(kEmptyConfig),
            .size = kEmptyConfig.size(),
            .platform = {},
            .annotations = {}};
}

std::string referrers_tag(const Digest& subject) {
    return std::string(kTagPrefix) + subject.hex();
}

bool is_referrers_tag(std::string_view tag) {
    return tag.starts_with(kTagPrefix) && tag.size() == kTagPrefix.size() + kDigits &&
           Digest::from_hex(tag.substr(kTagPrefix.size())).has_value();
}

bool is_media_type(std::string_view text) {
    const auto slash = text.find('/');
    return slash != std::string_view::npos && is_restricted_name(text.substr(0, slash)) &&
           is_restricted_name(text.substr(slash + 1));
}

}  // namespace pycontainer::oci
