#pragma once

// What a word in the place of a value is: a number, a boolean, a date, or none of them, and then
// why.

#include "toml/syntax_tree.hpp"

#include <string>
#include <string_view>

namespace pycontainer::toml {

struct ScalarForm {
    NodeKind kind = NodeKind::Invalid;
    std::string message;
    std::string hint;
};

ScalarForm scalar_form(std::string_view word);

/// `2026-02-28`, a day that exists.
bool is_full_date(std::string_view text);

}  // namespace pycontainer::toml
