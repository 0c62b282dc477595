#pragma once

// A TOML 1.0 text as JSON values, with the exact place of every key and value.
//
// toml++ judges what is valid and yields the values; the places are its own, turned into UTF-16
// columns. Nothing is known about a text that is not valid but where it breaks. Any input is safe:
// limits of size, depth and number of tables are checked before the parser sees it.

#include "base/diagnostic.hpp"
#include "base/json.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pycontainer::toml {

class SyntaxTree;

inline constexpr std::size_t kMaxBytes = 16U << 20U;
/// Parts of a table header, parts of a dotted key and levels of inline tables and arrays, together.
inline constexpr std::size_t kMaxDepth = 128;
/// Table headers and dotted keys: the parser's time is quadratic in them.
inline constexpr std::size_t kMaxTables = 50'000;

/// What was parsed. A value: copies share the syntax tree, which never changes. Thread-safe to
/// read.
struct Document {
    /// Tables as objects, dates and times as strings in RFC 3339's form, integers from zero on as
    /// unsigned; always an object.
    Json value = Json::object();
    /// `toml/syntax` when the text is not valid (`value` is an empty object then), `toml/too-large`
    /// beyond a limit.
    std::vector<Diagnostic> diagnostics;

    /// Where the last part of an RFC 6901 pointer was written as a key: in `[build.env]`,
    /// `/build/env` is `env`. The quotes of a quoted key belong to it. Nothing for array elements
    /// and for what is not there.
    std::optional<Range> key_range(std::string_view json_pointer) const;
    /// Where the value was written, quotes and brackets included. A table made by a header is its
    /// header `[build.env]`, an array of tables its first header, a table made by a dotted key that
    /// key; the root is empty, at the start.
    std::optional<Range> value_range(std::string_view json_pointer) const;
    /// The value's range, else the key's, else the start of the file: a place for every diagnostic.
    Range range_or_start(std::string_view json_pointer) const;
    /// The text that was parsed, in a range.
    std::string text_of(const Range& range) const;
    /// All of it; empty when it was not valid.
    std::string text() const;

    struct Tree;
    std::shared_ptr<const Tree> tree;
};

/// Parses `text`; `file` is what diagnostics call it. Never fails, never throws.
Document parse(std::string_view text, std::string_view file);
/// The same for a text whose tree is there already.
Document parse(const SyntaxTree& syntax, std::string_view file);

/// `parent` with one more reference token, escaped (RFC 6901, section 3).
std::string pointer_to(std::string_view parent, std::string_view key);
std::string pointer_to(std::string_view parent, std::size_t index);
/// The reference tokens of a pointer, unescaped; nothing when it is not one.
std::optional<std::vector<std::string>> pointer_tokens(std::string_view json_pointer);

}  // namespace pycontainer::toml
