#pragma once

// Manifests and indexes as they come from registries and layouts: parsed, never rewritten – digests
// are over the bytes.

#include "oci/descriptor.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace pycontainer::oci {

/// One image: its configuration and its layers, bottom first (OCI image manifest or Docker schema
/// 2).
struct Manifest {
    std::string media_type;
    Descriptor config;
    std::vector<Descriptor> layers;
    std::map<std::string, std::string> annotations;

    /// Errors: `oci/invalid-manifest`, `oci/unsupported-manifest` (schema 1, an artifact without
    /// layers).
    static Result<Manifest> parse(std::string_view bytes, std::string_view media_type);
    /// An OCI image manifest in canonical form: sorted keys, no white space.
    std::string to_bytes() const;
};

/// BuildKit puts provenance beside the images of an index, for the platform `unknown/unknown`.
bool is_attestation(const Descriptor& entry);

/// Images for several platforms (OCI image index or Docker manifest list).
struct ImageIndex {
    std::vector<Descriptor> manifests;
    std::map<std::string, std::string> annotations;

    static Result<ImageIndex> parse(std::string_view bytes);
    std::string to_bytes() const;

    /// The image for `platform`; attestations are not images. Errors: `base/no-platform` with what
    /// there is.
    Result<Descriptor> select(const Platform& platform, std::string_view name) const;
};

/// `media_type` or, where a server did not say, what the document itself says it is. Empty when it
/// cannot be told.
std::string detect_media_type(std::string_view bytes, std::string_view media_type);

}  // namespace pycontainer::oci
