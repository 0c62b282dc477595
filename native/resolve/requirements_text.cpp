#include "resolve/internal/requirements_text.hpp"

#include "base/python_text.hpp"
#include "base/strings.hpp"
#include "base/utf8.hpp"

#include <algorithm>
#include <array>

namespace pycontainer::resolve::internal {
namespace {

enum class ByteOrder { Little, Big };

std::string from_utf16(std::string_view bytes, ByteOrder order) {
    std::string text;
    const auto unit = [&](std::size_t at) -> std::uint32_t {
        const auto first = static_cast<unsigned char>(bytes[at]);
        const auto second = static_cast<unsigned char>(bytes[at + 1]);
        return static_cast<std::uint32_t>(order == ByteOrder::Little ? first | (second << 8U)
                                                                     : second | (first << 8U));
    };
    for (std::size_t at = 0; at + 1 < bytes.size(); at += 2) {
        const auto code = unit(at);
        const bool is_high = code >= 0xD800 && code < 0xDC00;
        if (is_high && at + 3 < bytes.size() && unit(at + 2) >= 0xDC00 && unit(at + 2) < 0xE000) {
            append_utf8(text, 0x10000 + ((code - 0xD800) << 10U) + (unit(at + 2) - 0xDC00));
            at += 2;
        } else {
            append_utf8(text, code >= 0xD800 && code < 0xE000 ? 0xFFFD : code);
        }
    }
    return text;
}

/// `# -*- coding: latin-1 -*-` in one of the first two lines.
bool declares_latin_1(std::string_view bytes) {
    for (int line = 0; line < 2 && !bytes.empty(); ++line) {
        const auto end = std::min(bytes.find('\n'), bytes.size());
        const auto text = to_lower(bytes.substr(0, end));
        bytes.remove_prefix(std::min(end + 1, bytes.size()));
        const auto coding = text.find("coding");
        if (text.empty() || text.front() != '#' || coding == std::string::npos) continue;
        for (const char* name : {"latin-1", "latin1", "iso-8859-1", "iso8859-1"})
            if (text.find(name, coding) != std::string::npos) return true;
    }
    return false;
}

struct PhysicalLine {
    std::string_view text;
    std::uint32_t number = 0;  ///< as editors count: LF, CRLF and CR only
};

std::vector<PhysicalLine> physical_lines(std::string_view text) {
    std::vector<PhysicalLine> lines;
    std::uint32_t number = 0;
    std::size_t start = 0;
    for (std::size_t at = 0; at < text.size();) {
        const auto length = python_line_end_length(text.substr(at));
        if (length == 0) {
            ++at;
            continue;
        }
        lines.push_back({text.substr(start, at - start), number});
        if (text[at] == '\n' || text[at] == '\r') ++number;
        at += length;
        start = at;
    }
    if (start < text.size()) lines.push_back({text.substr(start), number});
    return lines;
}

std::uint32_t utf16_length(std::string_view text) {
    std::uint32_t length = 0;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x80 || byte >= 0xC0) length += byte >= 0xF0 ? 2 : 1;
    }
    return length;
}

bool is_comment_line(std::string_view line) {
    return trim_python_space(line).starts_with('#');
}

/// A comment starts at a `#` that begins the line or follows white space, so `#egg=name` stays.
std::string_view without_comment(std::string_view line) {
    for (auto at = line.find('#'); at != std::string_view::npos; at = line.find('#', at + 1)) {
        const auto before = line.substr(0, at);
        const auto kept = trim_python_space(before);
        if (kept.empty() || kept.data() + kept.size() != before.data() + before.size())
            return before;
    }
    return line;
}

std::string expand_variables(std::string_view line, const Environment& environment) {
    std::string result;
    while (!line.empty()) {
        const auto start = line.find("${");
        result += line.substr(0, start);
        if (start == std::string_view::npos) break;
        line.remove_prefix(start);
        const auto end = line.find('}');
        const auto name =
            end == std::string_view::npos ? std::string_view() : line.substr(2, end - 2);
        const bool is_name = !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
            return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
        });
        const auto value = is_name ? environment.find_nonempty(name) : std::nullopt;
        result += value ? std::string_view(*value) : line.substr(0, 2);
        line.remove_prefix(value ? end + 1 : 2);
    }
    return result;
}

std::string_view strip_backslashes(std::string_view line) {
    while (line.starts_with('\\')) line.remove_prefix(1);
    while (line.ends_with('\\')) line.remove_suffix(1);
    return line;
}

}  // namespace

Result<std::string> decode_requirements(std::string_view bytes, std::string_view file) {
    if (bytes.starts_with("\xEF\xBB\xBF")) bytes.remove_prefix(3);
    if (bytes.starts_with("\xFF\xFE")) return from_utf16(bytes.substr(2), ByteOrder::Little);
    if (bytes.starts_with("\xFE\xFF")) return from_utf16(bytes.substr(2), ByteOrder::Big);
    if (!declares_latin_1(bytes)) {
        if (is_valid_utf8(bytes)) return std::string(bytes);
        return fail("resolve/invalid-requirements", "`{}` is not UTF-8 text", file)
            .hint("save the file as UTF-8");
    }
    std::string text;
    for (const char c : bytes) append_utf8(text, static_cast<unsigned char>(c));
    return text;
}

std::vector<LogicalLine> logical_lines(std::string_view text, const Environment& environment) {
    std::vector<LogicalLine> result;
    LogicalLine open;
    bool is_open = false;
    const auto finish = [&](LogicalLine line) {
        line.text = expand_variables(trim_python_space(without_comment(line.text)), environment);
        line.text = trim_python_space(line.text);
        if (!line.text.empty()) result.push_back(std::move(line));
    };
    for (const auto& [line, number] : physical_lines(text)) {
        const bool is_comment = is_comment_line(line);
        const bool continues = line.ends_with('\\') && !is_comment;
        if (!is_open) open = {{}, number, utf16_length(line)};
        // A comment line ends what is open, and needs a blank before it to be seen as one there.
        open.text += continues ? std::string(strip_backslashes(line))
                               : (is_comment ? " " : "") + std::string(line);
        is_open = continues;
        if (!is_open) finish(std::move(open));
    }
    if (is_open) finish(std::move(open));
    return result;
}

SplitLine split_options(std::string_view line) {
    SplitLine result;
    std::size_t at = 0;
    while (at < line.size()) {
        const bool starts_word = at == 0 || line[at - 1] == ' ' || line[at - 1] == '\t';
        if (starts_word && line[at] == '-') break;
        ++at;
    }
    result.requirement = trim(line.substr(0, at));
    result.options = trim(line.substr(at));
    return result;
}

}  // namespace pycontainer::resolve::internal
