#pragma once

// What is wrong with a broken TOML text, in our words: toml++ says where and, in its own terms,
// why.

#include "base/diagnostic.hpp"
#include "toml/line_index.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace pycontainer::toml {

/// A `toml/syntax` diagnostic for the parser's `description` of the fault at byte `offset`; `file`
/// is left empty.
Diagnostic explain_syntax_error(const LineIndex& index, std::size_t offset,
                                std::string_view description);

}  // namespace pycontainer::toml
