#include "lsp/protocol.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace pycontainer::lsp {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

Json place(const Position& position) {
    return {{"line", position.line}, {"character", position.character}};
}

}  // namespace

std::optional<std::string> path_of_uri(std::string_view uri) {
    constexpr std::string_view kScheme = "file://";
    if (!uri.starts_with(kScheme)) return std::nullopt;
    uri.remove_prefix(kScheme.size());
    const auto slash = uri.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    uri.remove_prefix(slash);  // an authority, if any, is this machine
    std::string path;
    for (std::size_t i = 0; i < uri.size(); ++i) {
        if (uri[i] != '%') {
            path += uri[i];
            continue;
        }
        if (i + 2 >= uri.size()) return std::nullopt;
        const int high = hex_digit(uri[i + 1]);
        const int low = hex_digit(uri[i + 2]);
        if (high < 0 || low < 0 || high + low == 0) return std::nullopt;
        path += static_cast<char>(high * 16 + low);
        i += 2;
    }
    return path;
}

std::string uri_of_path(std::string_view path) {
    std::string uri = "file://";
    for (const char c : path) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') ||
                           std::string_view("/-._~").find(c) != std::string_view::npos;
        if (plain)
            uri += c;
        else
            uri += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return uri;
}

Json to_lsp(const Range& range) {
    return {{"start", place(range.start)}, {"end", place(range.end)}};
}

Json to_lsp(const Diagnostic& diagnostic, const Columns& columns) {
    auto message = diagnostic.message;
    if (!diagnostic.hint.empty()) message += "\n" + diagnostic.hint;
    Json json{{"range", columns.range(diagnostic.range)},
              {"severity", static_cast<int>(diagnostic.severity)},
              {"code", diagnostic.code},
              {"source", "pycontainer"},
              {"message", message}};
    // DiagnosticTag: unnecessary, deprecated.
    if (diagnostic.code == "config/overridden" || diagnostic.code == "config/duplicate-value")
        json["tags"] = Json::array({1});
    if (diagnostic.code == "config/deprecated-key") json["tags"] = Json::array({2});
    for (const auto& related : diagnostic.related)
        json["relatedInformation"].push_back(
            {{"location", {{"uri", uri_of_path(related.file)}, {"range", to_lsp(related.range)}}},
             {"message", related.message}});
    for (const auto& fix : diagnostic.fixes)
        json["data"]["fixes"].push_back(
            {{"title", fix.title}, {"range", columns.range(fix.range)}, {"newText", fix.text}});
    return json;
}

Json to_error_data(const Error& error) {
    Json data{{"code", error.code}, {"message", error.message}, {"context", error.context}};
    if (!error.hint.empty()) data["hint"] = error.hint;
    if (!error.diagnostics.empty()) {
        data["diagnostics"] = Json::array();
        for (const auto& diagnostic : error.diagnostics) {
            Json item{{"file", diagnostic.file},
                      {"range", to_lsp(diagnostic.range)},
                      {"severity", to_string(diagnostic.severity)},
                      {"code", diagnostic.code},
                      {"message", diagnostic.message}};
            if (!diagnostic.hint.empty()) item["hint"] = diagnostic.hint;
            data["diagnostics"].push_back(std::move(item));
        }
    }
    return data;
}

PositionEncoding choose_encoding(const Json& client_capabilities) {
    const auto* general = member(client_capabilities, "general");
    const auto* wanted = general ? member(*general, "positionEncodings") : nullptr;
    if (wanted && wanted->is_array())
        for (const auto& name : *wanted)
            for (const auto encoding :
                 {PositionEncoding::Utf8, PositionEncoding::Utf16, PositionEncoding::Utf32})
                if (name == to_string(encoding)) return encoding;
    return PositionEncoding::Utf16;
}

std::string_view to_string(PositionEncoding encoding) {
    switch (encoding) {
        case PositionEncoding::Utf8: return "utf-8";
        case PositionEncoding::Utf16: return "utf-16";
        case PositionEncoding::Utf32: break;
    }
    return "utf-32";
}

std::uint32_t Columns::column(std::size_t offset) const {
    const auto position = lines_->position_at(offset);
    const auto mark = position.line == 0 ? mark_width() : 0;
    switch (encoding_) {
        case PositionEncoding::Utf8: {
            const auto start = lines_->offset_at({position.line, 0});
            const auto end = std::max(start, lines_->offset_at(position));
            return mark + static_cast<std::uint32_t>(end - start);
        }
        case PositionEncoding::Utf16: return mark + position.character;
        case PositionEncoding::Utf32: break;
    }
    return mark + lines_->code_points_at(offset);
}

std::uint32_t Columns::mark_width() const {
    if (!lines_->text().starts_with(kByteOrderMark)) return 0;
    return encoding_ == PositionEncoding::Utf8 ? kByteOrderMark.size() : 1;
}

Json Columns::position(const Position& position) const {
    return place({position.line, column(lines_->offset_at(position))});
}

Json Columns::range(const Range& range) const {
    return {{"start", position(range.start)}, {"end", position(range.end)}};
}

std::optional<std::size_t> Columns::offset(const Json& json) const {
    const auto line = unsigned_member(json, "line");
    const auto character = unsigned_member(json, "character");
    constexpr std::uint64_t kMax = std::numeric_limits<std::uint32_t>::max();
    if (!line || !character) return std::nullopt;
    const auto number = static_cast<std::uint32_t>(std::min(*line, kMax));
    auto wanted = static_cast<std::uint32_t>(std::min(*character, kMax));
    if (number == 0 && mark_width() > 0) {
        if (wanted < mark_width()) return 0;
        wanted -= mark_width();
    }
    if (encoding_ == PositionEncoding::Utf16) return lines_->offset_at({number, wanted});
    if (encoding_ == PositionEncoding::Utf32) return lines_->offset_of_code_point(number, wanted);
    if (number >= lines_->line_count()) return lines_->text().size();
    auto at =
        lines_->offset_at({number, 0}) + std::min<std::size_t>(wanted, lines_->line(number).size());
    // Never inside a character.
    while (at > 0 && at < lines_->text().size() &&
           (static_cast<unsigned char>(lines_->text()[at]) & 0xC0U) == 0x80U)
        --at;
    return at;
}

std::optional<std::pair<std::size_t, std::size_t>> byte_range(const toml::LineIndex& lines,
                                                              const Json& range,
                                                              PositionEncoding encoding) {
    const Columns columns(lines, encoding);
    const auto* start = member(range, "start");
    const auto* end = member(range, "end");
    const auto from = start ? columns.offset(*start) : std::nullopt;
    const auto to = end ? columns.offset(*end) : std::nullopt;
    if (!from || !to) return std::nullopt;
    return std::pair(std::min(*from, *to), std::max(*from, *to));
}

}  // namespace pycontainer::lsp
