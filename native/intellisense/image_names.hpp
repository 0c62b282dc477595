#pragma once

// Names of images while they are typed: of the base, of the image's own tags, of the repository
// that is pushed to. From a list of bases that are known to have Python, and from what the catalog
// knows of registries; what more a registry could tell is for the caller to ask (`image_wants`).

#include "intellisense/completion.hpp"
#include "intellisense/image_catalog.hpp"
#include "intellisense/project_view.hpp"

#include <optional>
#include <string>
#include <vector>

namespace pycontainer::intellisense {

/// The place is in the name of an image.
struct ImageQuery {
    enum class Role { Base, Tag, Repository };
    Role role = Role::Base;
    std::string typed;  ///< up to the place, without the quote
    /// The repository in full whose tags are typed: `docker.io/library/python` for `python:3.`;
    /// empty before the colon.
    std::string repository;
    /// The registry whose repositories are typed: `127.0.0.1:5000` for `127.0.0.1:5000/ac`.
    std::string registry;
    std::size_t begin = 0;
    std::size_t end = 0;  ///< the whole string, quotes included
};
std::optional<ImageQuery> image_query(const Source& source, std::size_t offset);

/// What registries could tell about the place. Nothing where no registry or repository is typed
/// out.
std::vector<ImageWant> image_wants(const ImageQuery& query);

/// Newest supported Python first.
std::vector<std::string> known_bases();

struct ImageItems {
    std::vector<CompletionItem> items;
    /// There are more than these, or will be.
    bool is_incomplete = false;
};
/// `images` may be null.
ImageItems image_items(const ImageQuery& query, const ImageCatalog* images);

/// The base image of the text at the place, as written, and where: what is hovered, pinned and
/// updated.
struct BaseImageText {
    std::string reference;
    std::size_t begin = 0;
    std::size_t end = 0;
    bool is_single_platform = true;  ///< `platforms` is not written
};
std::optional<BaseImageText> base_image_of(const Source& source);

/// The image's name in full for `ImageWant`; nothing for what is in no registry.
std::optional<ImageWant> want_of_image(const std::string& reference);
std::optional<ImageWant> want_of_tags(const std::string& reference);

/// What is known of an image, in Markdown.
std::string image_markdown(const std::string& reference, const ImageDetails& details);

}  // namespace pycontainer::intellisense
