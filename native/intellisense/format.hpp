#pragma once

// The one way a pycontainer.toml looks: `key = value`, no blanks at line ends, no indentation but
// in arrays of several lines, one empty line before a table.
//
// Comments, the order of things and the way values are written stay. Formatting twice is formatting
// once. A text with faults of syntax is left alone, and pyproject.toml always: it is not ours.

#include "intellisense/source.hpp"

#include <optional>
#include <string>

namespace pycontainer::intellisense {

/// Nothing when the text is not to be formatted.
std::optional<std::string> formatted(const Source& source);

}  // namespace pycontainer::intellisense
