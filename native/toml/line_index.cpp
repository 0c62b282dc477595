#include "toml/line_index.hpp"

#include <algorithm>

namespace pycontainer::toml {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::size_t kCountEvery = 256;

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

bool is_ascii(std::string_view text) {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

}  // namespace

LineIndex::LineIndex(std::string_view text) : text_(text) {
    line_starts_.push_back(text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0);
    const auto* const ends = text.find('\r') == std::string_view::npos ? "\n" : "\r\n";
    for (auto at = text.find_first_of(ends); at != std::string_view::npos;
         at = text.find_first_of(ends, at + 1)) {
        if (text.substr(at).starts_with("\r\n")) ++at;
        line_starts_.push_back(at + 1);
    }
    if (is_ascii(text)) return;
    Count count;
    while (count.offset < text_.size()) {
        if (counts_.empty() || count.offset >= counts_.back().offset + kCountEvery)
            counts_.push_back(count);
        const auto point = code_point_at(text_, count.offset);
        count.offset += point.bytes;
        count.units += point.units;
        ++count.points;
    }
}

LineIndex::Count LineIndex::count_at(std::size_t offset) const {
    if (counts_.empty()) {
        const auto number = static_cast<std::uint32_t>(offset);
        return {offset, number, number};
    }
    const auto after = std::upper_bound(
        counts_.begin(), counts_.end(), offset,
        [](std::size_t wanted, const Count& count) { return wanted < count.offset; });
    auto count = *(after - 1);  // the first is at zero
    while (count.offset < offset) {
        const auto point = code_point_at(text_, count.offset);
        if (count.offset + point.bytes > offset) break;
        count.offset += point.bytes;
        count.units += point.units;
        ++count.points;
    }
    return count;
}

std::string_view LineIndex::line(std::uint32_t line) const {
    if (line >= line_starts_.size()) return {};
    const auto start = line_starts_[line];
    const bool last = line + 1U == line_starts_.size();
    auto content = std::string_view(text_).substr(
        start, last ? std::string_view::npos : line_starts_[line + 1U] - start);
    if (last) return content;
    content.remove_suffix(content.ends_with("\r\n") ? 2 : 1);
    return content;
}

LineIndex::Spot LineIndex::spot_at(std::size_t offset) const {
    offset = std::clamp(offset, line_starts_.front(), text_.size());  // not in the byte-order mark
    const auto after = std::upper_bound(line_starts_.begin(), line_starts_.end(), offset);
    const auto number = static_cast<std::uint32_t>(after - line_starts_.begin() - 1);
    const auto start = line_starts_[number];
    return {number, start, std::min(offset, start + line(number).size())};
}

Position LineIndex::position_at(std::size_t offset) const {
    const auto spot = spot_at(offset);
    return {spot.line, count_at(spot.offset).units - count_at(spot.start).units};
}

std::uint32_t LineIndex::code_points_at(std::size_t offset) const {
    const auto spot = spot_at(offset);
    return count_at(spot.offset).points - count_at(spot.start).points;
}

std::size_t LineIndex::find_in_line(std::uint32_t number, std::uint32_t wanted,
                                    std::uint32_t Count::*counted) const {
    if (number >= line_starts_.size()) return text_.size();
    const auto start = line_starts_[number];
    const auto end = start + line(number).size();
    if (counts_.empty()) return start + std::min<std::size_t>(wanted, end - start);
    auto count = count_at(start);
    const auto target = std::uint64_t{count.*counted} + wanted;
    // From the last count that is not behind the target, if that is in the line.
    const auto after = std::upper_bound(
        counts_.begin(), counts_.end(), target,
        [&](std::uint64_t value, const Count& other) { return value < other.*counted; });
    if (after != counts_.begin() && (after - 1)->offset > start) count = *(after - 1);
    if (count.offset >= end) return end;
    while (count.offset < end) {
        const auto point = code_point_at(text_, count.offset);
        Count next{count.offset + point.bytes, count.units + point.units, count.points + 1};
        if (next.*counted > target) break;
        count = next;
    }
    return count.offset;
}

std::size_t LineIndex::offset_at(Position position) const {
    return find_in_line(position.line, position.character, &Count::units);
}

std::size_t LineIndex::offset_of_code_point(std::uint32_t line_number,
                                            std::uint32_t code_point) const {
    return find_in_line(line_number, code_point, &Count::points);
}

}  // namespace pycontainer::toml
