#pragma once

// Where a finished image comes from: an OCI layout on disk or a registry. What a base image is read
// through.

#include "base/file.hpp"
#include "exec/context.hpp"
#include "oci/descriptor.hpp"

#include <filesystem>
#include <optional>
#include <string>

namespace pycontainer::image {

/// A manifest or an index with its media type; the digest is over `bytes`.
struct Document {
    std::string bytes;
    std::string media_type;
    Digest digest;
};

class ImageSource {
public:
    ImageSource() = default;
    ImageSource(const ImageSource&) = delete;
    ImageSource& operator=(const ImageSource&) = delete;
    virtual ~ImageSource() = default;

    /// What the name this source was made for stands for: an index or a manifest.
    virtual Result<Document> root(const exec::Context& ctx) = 0;
    /// A manifest of the same image, by descriptor; its digest is verified.
    virtual Result<Document> manifest(const exec::Context& ctx,
                                      const oci::Descriptor& descriptor) = 0;
    /// A blob in pieces; size and digest are verified, at the end at the latest.
    virtual Result<void> blob(const exec::Context& ctx, const oci::Descriptor& descriptor,
                              const ByteSink& sink) = 0;
    /// The blob as a file, where it is one already. Its content is not verified.
    virtual std::optional<std::filesystem::path> blob_file(
        const oci::Descriptor& descriptor) const = 0;
};

}  // namespace pycontainer::image
