#pragma once

#include "oci/descriptor.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace pycontainer::oci {

/// Files that say something about an image: an SBOM, a signature, a report. (OCI image
/// specification 1.1, manifest.md, "Guidelines for Artifact Usage".)
struct Artifact {
    std::string type;  ///< `application/spdx+json`
    std::vector<Descriptor> files;
    std::map<std::string, std::string> annotations;
    Descriptor subject;  ///< of the manifest or index that it refers to

    /// A manifest in canonical form: sorted keys, no white space.
    std::string to_bytes() const;
    /// The entry of the subject's list of referrers for the manifest with these bytes.
    Descriptor describe(std::string_view bytes) const;
};

/// The bytes of the configuration of an artifact, which has none, and their descriptor.
inline constexpr std::string_view kEmptyConfig = "{}";
Descriptor empty_config();

/// The tag under which a registry without the referrers API keeps the list of what refers to
/// `subject` (OCI distribution specification 1.1, "Referrers Tag Schema"): `sha256-…`.
std::string referrers_tag(const Digest& subject);
bool is_referrers_tag(std::string_view tag);

/// `type/subtype` as RFC 6838, 4.2 has it.
bool is_media_type(std::string_view text);

}  // namespace pycontainer::oci
