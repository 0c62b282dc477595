#pragma once

// What is known of images in registries: tags, digests, what they hold.
//
// The interface of the features onto the network. What is asked here answers at once from what is
// remembered; asking the registry is the implementation's affair and happens elsewhere.

#include <optional>
#include <string>
#include <vector>

namespace pycontainer::intellisense {

class ImageCatalog {
public:
    ImageCatalog() = default;
    ImageCatalog(const ImageCatalog&) = delete;
    ImageCatalog& operator=(const ImageCatalog&) = delete;
    virtual ~ImageCatalog() = default;

    /// Digest, platforms, Python and so on, in Markdown; empty when nothing is known.
    virtual std::string describe(const std::string& reference) const = 0;
    /// The digest that the tag had when it was last looked up.
    virtual std::optional<std::string> digest_of(const std::string& reference) const = 0;
    /// The tags of a repository as they were last listed; nothing when they never were.
    virtual std::optional<std::vector<std::string>> tags_of(
        const std::string& repository) const = 0;
};

}  // namespace pycontainer::intellisense
