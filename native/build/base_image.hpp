#pragma once

// The image that is built upon: found, pinned to a digest, and known as far as a build needs it.

#include "build/request.hpp"
#include "image/base_facts.hpp"
#include "image/source.hpp"
#include "oci/manifest.hpp"
#include "oci/reference.hpp"
#include "registry/registry_client.hpp"
#include "store/store.hpp"

#include <memory>
#include <optional>
#include <string>

namespace pycontainer::build {

struct BaseImage {
    std::string
        text;  ///< as configured: `python:3.11-slim`, `oci:DIR:TAG`, `oci-archive:FILE`, `scratch`
    std::string name;  ///< for `org.opencontainers.image.base.name`; empty for layouts and scratch
    std::optional<oci::Reference> reference;  ///< of the repository its blobs can be mounted from
    std::optional<Digest> manifest_digest;    ///< nothing: scratch
    oci::Manifest manifest;
    oci::ImageConfig config;
    std::shared_ptr<image::ImageSource>
        source;  ///< nothing: scratch, or everything is in the store
    std::int64_t checked_at =
        0;  ///< when its tag was looked up, seconds since the epoch; 0: it is pinned
    image::BaseFacts facts;

    bool is_scratch() const { return !manifest_digest.has_value(); }
};

/// Where an image is read from: its own registry, without mirrors, or a layout or an archive of
/// this machine. Errors: `reference/invalid`, `layout/…`, `image/invalid-archive`, `file/…`.
Result<std::shared_ptr<image::ImageSource>> open_image(const exec::Context& ctx,
                                                       const std::string& text,
                                                       registry::RegistryClient& registry);

/// Whether an image that is alone is for the platform that was asked for. Error:
/// `base/wrong-platform`.
Result<void> check_platform(const std::string& text, const oci::ImageConfig& config,
                            const oci::Platform& wanted);

/// The image whose manifest `document` is, without what is known of its files. Errors: `oci/…`,
/// `base/wrong-platform` when it is not for the `wanted` one, those of its source.
Result<BaseImage> read_image(const exec::Context& ctx, const std::string& text,
                             const image::Document& document,
                             const std::optional<oci::Platform>& wanted,
                             std::shared_ptr<image::ImageSource> source, store::Store& store);

struct BaseOptions {
    oci::Platform platform;
    PullPolicy pull = PullPolicy::Missing;
    std::int64_t now = 0;  ///< seconds since the epoch
    std::uint64_t max_age_seconds = 86'400;
    std::string wanted_python;  ///< `3.11`, or empty
};

/// Finds the image `text` stands for and what is known of it; asks the registry only when it has
/// to. Its layers are fetched only when their files were never looked at. Errors: `base/…`,
/// `layout/…`, `registry/…`, `net/…`.
Result<BaseImage> find_base_image(const exec::Context& ctx, const std::string& text,
                                  const BaseOptions& options, registry::RegistryClient& registry,
                                  store::Store& store);

/// What the cache knows of an image of a registry that a build has looked up before, however long
/// ago: nobody is asked, nothing is fetched. Its facts are empty when its files were never read.
std::optional<BaseImage> find_remembered_base_image(const std::string& text,
                                                    const BaseOptions& options,
                                                    store::Store& store);

/// Makes sure that all layers are blobs of the store, verified.
Result<void> fetch_base_layers(const exec::Context& ctx, const BaseImage& base,
                               store::Store& store);
/// The same for one layer.
Result<void> fetch_base_layer(const exec::Context& ctx, const BaseImage& base,
                              const oci::Descriptor& layer, store::Store& store);
/// Its bytes, verified: those of the store, else straight from where the base is, kept nowhere.
Result<net::BodySource> open_base_layer(const exec::Context& ctx, const BaseImage& base,
                                        const oci::Descriptor& layer, store::Store& store);

}  // namespace pycontainer::build
