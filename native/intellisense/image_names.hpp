#pragma once

// Names of base images while they are typed, from a list of those that are known to have Python.
// Needs no network.

#include "intellisense/completion.hpp"

#include <string>
#include <vector>

namespace pycontainer::intellisense {

/// Newest supported Python first.
std::vector<std::string> known_bases();

std::vector<CompletionItem> image_items(const ImageQuery& query);

}  // namespace pycontainer::intellisense
