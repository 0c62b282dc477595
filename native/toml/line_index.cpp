#include "toml/line_index.hpp"

#include <algorithm>

namespace pycontainer::toml {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

struct CodePoint {
    std::size_t bytes;
    std::uint32_t units;  // UTF-16
};

/// The code point at `at`, which is inside `text`; a byte that starts none is one by itself.
CodePoint code_point_at(std::string_view text, std::size_t at) {
    const auto first = static_cast<unsigned char>(text[at]);
    const std::size_t bytes = first < 0xC2   ? 1
                              : first < 0xE0 ? 2
                              : first < 0xF0 ? 3
                              : first < 0xF5 ? 4
                                             : 1;
    if (at + bytes > text.size()) return {1, 1};
    for (std::size_t i = 1; i < bytes; ++i)
        if ((static_cast<unsigned char>(text[at + i]) & 0xC0U) != 0x80U) return {1, 1};
    return {bytes, bytes == 4 ? 2U : 1U};
}

}  // namespace

LineIndex::LineIndex(std::string_view text) : text_(text) {
    line_starts_.push_back(text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0);
    for (auto at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1))
        line_starts_.push_back(at + 1);
}

std::string_view LineIndex::line(std::uint32_t line) const {
    if (line >= line_starts_.size()) return {};
    const auto start = line_starts_[line];
    const bool last = line + 1U == line_starts_.size();
    auto content = std::string_view(text_).substr(
        start, last ? std::string_view::npos : line_starts_[line + 1U] - start - 1);
    if (!last && content.ends_with('\r')) content.remove_suffix(1);
    return content;
}

Position LineIndex::position_at(std::size_t offset) const {
    offset = std::min(offset, text_.size());
    const auto after = std::upper_bound(line_starts_.begin(), line_starts_.end(), offset);
    if (after == line_starts_.begin()) return {};  // inside the byte-order mark
    const auto number = static_cast<std::uint32_t>(after - line_starts_.begin() - 1);
    const auto content = line(number);
    const auto end = std::min(offset - line_starts_[number], content.size());
    Position position{number, 0};
    for (std::size_t i = 0; i < end;) {
        const auto point = code_point_at(content, i);
        if (i + point.bytes > end) break;  // the offset is inside of this one
        i += point.bytes;
        position.character += point.units;
    }
    return position;
}

std::size_t LineIndex::offset_at(Position position) const {
    if (position.line >= line_starts_.size()) return text_.size();
    const auto content = line(position.line);
    std::size_t i = 0;
    std::uint32_t units = 0;
    while (i < content.size()) {
        const auto point = code_point_at(content, i);
        if (units + point.units > position.character) break;
        i += point.bytes;
        units += point.units;
    }
    return line_starts_[position.line] + i;
}

std::size_t LineIndex::offset_of_code_point(std::uint32_t line_number,
                                            std::uint32_t code_point) const {
    if (line_number >= line_starts_.size()) return text_.size();
    const auto content = line(line_number);
    std::size_t i = 0;
    for (std::uint32_t n = 0; n < code_point && i < content.size(); ++n)
        i += code_point_at(content, i).bytes;
    return line_starts_[line_number] + i;
}

}  // namespace pycontainer::toml
