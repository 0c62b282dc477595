#pragma once

// An image to a registry: what is missing there, blobs first, the tag last.

#include "net/http_client.hpp"
#include "oci/manifest.hpp"
#include "oci/reference.hpp"
#include "registry/registry_client.hpp"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace pycontainer::build {

/// The bytes of a manifest or an index.
struct PublishedDocument {
    std::string bytes;
    oci::Descriptor descriptor;  ///< their media type, digest and size
};

/// What a tag is to stand for, with everything it needs.
struct Publication {
    PublishedDocument root;                    ///< the manifest, or the index
    std::vector<PublishedDocument> manifests;  ///< those that the index lists
    std::vector<oci::Descriptor> blobs;        ///< layers and configuration
    /// Opens a blob when the registry turns out to lack it.
    std::function<Result<net::BodySource>(const exec::Context&, const oci::Descriptor&)> open;
    /// Where the registry may already have some of the blobs: the base's repository.
    std::optional<oci::Reference> mount_from;
    /// Other repositories, for single blobs.
    std::map<Digest, oci::Reference> origins{};
};

struct PushReport {
    std::size_t uploaded = 0;
    std::size_t mounted = 0;
    std::size_t present = 0;
    std::uint64_t bytes_uploaded = 0;
};

/// The references to push `tags` to: those without a registry get `registry_url`'s repository.
/// Errors: `usage/no-registry` for a tag that names no registry when there is no `registry_url`.
Result<std::vector<oci::Reference>> push_targets(const std::vector<std::string>& tags,
                                                 const std::optional<std::string>& registry_url);

/// Finds out whether all references may be pushed to, before anything is made for them. Errors:
/// `registry/…`, `net/…`.
Result<void> check_push_access(const exec::Context& ctx,
                               const std::vector<oci::Reference>& references,
                               registry::RegistryClient& registry);

/// Pushes to every reference: blobs, then the manifests of an index, then tags; repositories once
/// each. Errors: `registry/…`, `net/…`.
Result<PushReport> publish(const exec::Context& ctx, const Publication& publication,
                           const std::vector<oci::Reference>& references,
                           registry::RegistryClient& registry);

}  // namespace pycontainer::build
