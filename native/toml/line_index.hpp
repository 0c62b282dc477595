#pragma once

// From byte offsets, and from the code-point columns of parsers, to the UTF-16 columns of editors,
// and back.
//
// Lines end at `\n`; a `\r` before it belongs to the line end. Positions are clamped to the text,
// so that every call is safe. Invalid UTF-8 counts one unit per byte. A byte-order mark at the
// start has no column, as in editors.

#include "base/diagnostic.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pycontainer::toml {

class LineIndex {
public:
    LineIndex() : LineIndex(std::string_view()) {}
    /// Keeps a copy of the text.
    explicit LineIndex(std::string_view text);

    const std::string& text() const { return text_; }
    std::size_t line_count() const { return line_starts_.size(); }
    /// The line's bytes without its end; empty beyond the last line.
    std::string_view line(std::uint32_t line) const;

    Position position_at(std::size_t offset) const;
    std::size_t offset_at(Position position) const;
    /// The byte that a parser means by zero-based line and code point.
    std::size_t offset_of_code_point(std::uint32_t line, std::uint32_t code_point) const;
    Range range_of(std::size_t begin, std::size_t end) const {
        return {position_at(begin), position_at(end)};
    }

private:
    std::string text_;
    std::vector<std::size_t> line_starts_;
};

}  // namespace pycontainer::toml
