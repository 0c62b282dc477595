#pragma once

// What is known of images in registries: which there are, what they hold. The interface of the
// features onto the cache and onto the registries; its answers come at once, asking is for who has
// the time (`ImageWant`).

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace pycontainer::intellisense {

struct ImageDetails {
    std::string digest;  ///< of what the name stands for
    /// It names the images of all platforms; otherwise it is the image of `platform` alone.
    bool is_index = false;
    std::vector<std::string> platforms;
    std::string platform;    ///< the one that the rest is about
    std::uint64_t size = 0;  ///< of its compressed layers
    std::size_t layers = 0;
    std::string created;
    std::string user;
    std::string python;        ///< empty: not known
    std::string distribution;  ///< as are these, before a build has read its files
    std::string libc;
};

/// Tags of a repository, or repositories of a registry.
struct NameList {
    std::vector<std::string> names;
    bool is_complete = false;  ///< false: the registry has more
};

/// Something that a registry can be asked. The name is a repository with its registry
/// (`docker.io/library/python`), a registry, or a reference in full.
struct ImageWant {
    enum class Kind { Tags, Repositories, Image };
    Kind kind = Kind::Tags;
    std::string name;
    friend auto operator<=>(const ImageWant&, const ImageWant&) = default;
};

/// Thread-safe.
class ImageCatalog {
public:
    ImageCatalog() = default;
    ImageCatalog(const ImageCatalog&) = delete;
    ImageCatalog& operator=(const ImageCatalog&) = delete;
    virtual ~ImageCatalog() = default;

    /// `reference` as it is written.
    virtual std::optional<ImageDetails> image(const std::string& reference) const = 0;
    /// By the names of `ImageWant`, as they were last looked up.
    virtual std::optional<NameList> tags(const std::string& repository) const = 0;
    virtual std::optional<NameList> repositories(const std::string& registry) const = 0;
    /// Registries that the user has logged in to.
    virtual std::vector<std::string> registries() const = 0;
    /// The registry has said, not long ago, that there is no such tag.
    virtual bool is_missing(const std::string& reference) const = 0;
    /// What is known of it is recent: asking would bring nothing new.
    virtual bool is_fresh(const ImageWant& want) const = 0;
};

}  // namespace pycontainer::intellisense
