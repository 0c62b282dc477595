#pragma once

// From byte offsets, and from the code-point columns of parsers, to the UTF-16 columns of editors,
// and back.
//
// Lines end at `\n`, `\r\n` or `\r`, as editors have it (LSP 3.17, "Text Documents"). Positions are
// clamped to the text, so that every call is safe. Invalid UTF-8 counts one unit per byte. A
// byte-order mark at the start has no column, as in editors. Every call takes logarithmic time,
// however long a line is.

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
    /// How many code points stand before the offset on its line.
    std::uint32_t code_points_at(std::size_t offset) const;
    /// The byte that a parser means by zero-based line and code point.
    std::size_t offset_of_code_point(std::uint32_t line, std::uint32_t code_point) const;
    Range range_of(std::size_t begin, std::size_t end) const {
        return {position_at(begin), position_at(end)};
    }

private:
    /// The beginning of a code point, and what was counted from the start of the text up to it.
    struct Count {
        std::size_t offset = 0;
        std::uint32_t units = 0;  ///< of UTF-16
        std::uint32_t points = 0;
    };
    /// At the code point that holds `offset`.
    Count count_at(std::size_t offset) const;
    /// The line of `offset`, its start, and `offset` drawn to the line's end if it is behind that.
    struct Spot {
        std::uint32_t line = 0;
        std::size_t start = 0;
        std::size_t offset = 0;
    };
    Spot spot_at(std::size_t offset) const;
    /// The byte of the line at which so much more than at its start was counted, by that member.
    std::size_t find_in_line(std::uint32_t line, std::uint32_t wanted,
                             std::uint32_t Count::*counted) const;

    std::string text_;
    std::vector<std::size_t> line_starts_;
    std::vector<Count> counts_;  ///< every few hundred bytes; empty when the text is ASCII
};

}  // namespace pycontainer::toml
