#pragma once

// Between our values and LSP's JSON (specification 3.17).

#include "base/diagnostic.hpp"
#include "base/json.hpp"
#include "base/result.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace pycontainer::lsp {

/// The path of a `file:` URI, percent-decoded; nothing for other schemes and malformed ones.
std::optional<std::string> path_of_uri(std::string_view uri);

Json to_lsp(const Range& range);
/// With source and code; the hint is a line of its own.
Json to_lsp(const Diagnostic& diagnostic);
/// What `error.data` of a failed request holds: code, message, hint, context, diagnostics.
Json to_error_data(const Error& error);

std::optional<Position> position_of(const Json& json);

}  // namespace pycontainer::lsp
