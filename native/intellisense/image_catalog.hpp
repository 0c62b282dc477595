#pragma once

// What is known of images in registries: digests, and what they hold. The interface of the features
// onto the cache of builds; it answers at once.

#include <optional>
#include <string>

namespace pycontainer::intellisense {

class ImageCatalog {
public:
    ImageCatalog() = default;
    ImageCatalog(const ImageCatalog&) = delete;
    ImageCatalog& operator=(const ImageCatalog&) = delete;
    virtual ~ImageCatalog() = default;

    /// Digest, platforms, Python and so on, in Markdown; empty when nothing is known.
    virtual std::string describe(const std::string& reference) const = 0;
    /// The digest of the image for the default platform, as it was last looked up.
    virtual std::optional<std::string> digest_of(const std::string& reference) const = 0;
};

}  // namespace pycontainer::intellisense
