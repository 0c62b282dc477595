#pragma once

// The pages of the codes, docs/reference/errors.d, as they are part of the program.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pycontainer::service {

/// `## code` and its text, in Markdown.
std::optional<std::string> embedded_page(std::string_view code);
std::vector<std::string> embedded_codes();
/// All of it, as one document.
std::string_view embedded_pages();

}  // namespace pycontainer::service
