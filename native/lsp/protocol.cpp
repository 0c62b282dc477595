#include "lsp/protocol.hpp"

#include <limits>

namespace pycontainer::lsp {
namespace {

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

Json to_lsp(const Range& range) {
    return {{"start", place(range.start)}, {"end", place(range.end)}};
}

Json to_lsp(const Diagnostic& diagnostic) {
    auto message = diagnostic.message;
    if (!diagnostic.hint.empty()) message += "\n" + diagnostic.hint;
    return {{"range", to_lsp(diagnostic.range)},
            {"severity", static_cast<int>(diagnostic.severity)},
            {"code", diagnostic.code},
            {"source", "pycontainer"},
            {"message", message}};
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

std::optional<Position> position_of(const Json& json) {
    const auto line = unsigned_member(json, "line");
    const auto character = unsigned_member(json, "character");
    constexpr std::uint64_t kMax = std::numeric_limits<std::uint32_t>::max();
    if (!line || !character || *line > kMax || *character > kMax) return std::nullopt;
    return Position{static_cast<std::uint32_t>(*line), static_cast<std::uint32_t>(*character)};
}

}  // namespace pycontainer::lsp
