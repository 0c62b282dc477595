#pragma once

// Between our values and LSP's JSON (specification 3.17).

#include "base/diagnostic.hpp"
#include "base/json.hpp"
#include "base/result.hpp"
#include "toml/line_index.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace pycontainer::lsp {

/// What a column counts. Ours count UTF-16 everywhere; a client may want another.
enum class PositionEncoding { Utf8, Utf16, Utf32 };

/// The first of the client's encodings that is one of ours; UTF-16 when it names none.
PositionEncoding choose_encoding(const Json& client_capabilities);
std::string_view to_string(PositionEncoding encoding);

/// The path of a `file:` URI, percent-decoded; nothing for other schemes and malformed ones.
std::optional<std::string> path_of_uri(std::string_view uri);
std::string uri_of_path(std::string_view path);

/// One text's positions and ranges in the client's columns. A byte-order mark is a character like
/// any other: the client sent it as one. Borrows the lines.
class Columns {
public:
    Columns(const toml::LineIndex& lines, PositionEncoding encoding)
        : lines_(&lines), encoding_(encoding) {}
    Json position(const Position& position) const;
    Json range(const Range& range) const;
    Json range(std::size_t begin, std::size_t end) const {
        return range(lines_->range_of(begin, end));
    }
    /// The column of a byte.
    std::uint32_t column(std::size_t offset) const;
    std::optional<std::size_t> offset(const Json& position) const;

private:
    std::uint32_t mark_width() const;

    const toml::LineIndex* lines_;
    PositionEncoding encoding_;
};

/// The bytes of an LSP range, in their order whatever its is; nothing when it is none.
std::optional<std::pair<std::size_t, std::size_t>> byte_range(const toml::LineIndex& lines,
                                                              const Json& range,
                                                              PositionEncoding encoding);

/// In UTF-16 columns, for places in files whose text is not at hand.
Json to_lsp(const Range& range);
/// With source and code; the hint is a line of its own. Fixes are its data.
Json to_lsp(const Diagnostic& diagnostic, const Columns& columns);
/// What `error.data` of a failed request holds: code, message, hint, context, diagnostics.
Json to_error_data(const Error& error);

}  // namespace pycontainer::lsp
