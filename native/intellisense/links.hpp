#pragma once

// From a text to elsewhere: the file of a path, the Python function of an entry point, the page of
// an image.

#include "intellisense/project_view.hpp"
#include "intellisense/source.hpp"

#include <optional>
#include <string>
#include <vector>

namespace pycontainer::intellisense {

struct Link {
    std::size_t begin = 0;
    std::size_t end = 0;
    std::string target;  ///< a path, or an `https:` address
    std::string tooltip;
};
/// Files that exist, and images of registries that have pages.
std::vector<Link> document_links(const Source& source);

struct Target {
    std::string path;
    unsigned line = 0;  ///< zero-based
};
/// Where the callable, group, extra or file at the place is defined.
std::optional<Target> definition(const Source& source, std::size_t offset, const ProjectView* view);

}  // namespace pycontainer::intellisense
