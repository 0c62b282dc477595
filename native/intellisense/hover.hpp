#pragma once

// What is known about the thing under the pointer: a key's meaning, its effective value and who
// said so; what an entry point, a group or an image resolves to.

#include "intellisense/image_catalog.hpp"
#include "intellisense/project_view.hpp"
#include "intellisense/source.hpp"

#include <optional>
#include <string>

namespace pycontainer::intellisense {

struct Hover {
    std::string markdown;
    std::size_t begin = 0;
    std::size_t end = 0;
};

/// `view` and `images` may be null. Nothing on what is not ours.
std::optional<Hover> hover(const Source& source, std::size_t offset, const ProjectView* view,
                           const ImageCatalog* images);

/// The value of an own key that a build would use, as TOML or as words, with its origin: "`/app`
/// (default)". Empty when it is not known.
std::string effective_value(const ProjectView& view, const toml::KeyPath& own);

}  // namespace pycontainer::intellisense
