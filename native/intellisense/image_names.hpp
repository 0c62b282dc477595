#pragma once

// Names of base images while they are typed: a list of known ones, and the tags of a repository in
// an order that helps.

#include "intellisense/completion.hpp"

#include <optional>
#include <string>
#include <vector>

namespace pycontainer::intellisense {

/// Bases that are known to have Python, newest supported version first. Needs no network.
std::vector<std::string> known_bases();

/// The repository whose tags are typed, `python` in `python:3.`; nothing before the colon.
std::optional<std::string> repository_in(const std::string& typed);

/// Newest Python first, then other versions, then words; of equals the plain one before its
/// variants. `3.12` comes before `3.12-slim`, `3.12.4` after `3.12`.
void sort_tags(std::vector<std::string>& tags);

/// What can follow in the query. `tags` are those of `repository_in`, or null when they are not
/// known; then the known bases are offered.
std::vector<CompletionItem> image_items(const ImageQuery& query,
                                        const std::vector<std::string>* tags);

}  // namespace pycontainer::intellisense
