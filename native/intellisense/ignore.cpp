#include "intellisense/ignore.hpp"

#include "base/strings.hpp"

#include <fmt/format.h>

#include <map>
#include <set>

namespace pycontainer::intellisense {
namespace {

constexpr std::string_view kMark = "pycontainer: ignore[";

/// The codes of a comment; empty for others.
std::set<std::string> codes_of(std::string_view comment) {
    const auto at = comment.find(kMark);
    if (at == std::string_view::npos) return {};
    const auto list = comment.substr(at + kMark.size());
    std::set<std::string> codes;
    for (const auto code : split(list.substr(0, list.find(']')), ','))
        if (const auto name = trim(code); !name.empty()) codes.emplace(name);
    return codes;
}

bool is_alone(const Source& source, const toml::Token& comment) {
    const auto line = source.text().rfind('\n', comment.begin);
    const auto from = line == std::string::npos ? 0 : line + 1;
    return trim(std::string_view(source.text()).substr(from, comment.begin - from)).empty();
}

}  // namespace

std::vector<Diagnostic> without_ignored(std::vector<Diagnostic> diagnostics, const Source& source) {
    std::map<std::uint32_t, std::set<std::string>> ignored;
    for (const auto& token : source.tree().tokens()) {
        if (token.kind != toml::TokenKind::Comment) continue;
        const auto text =
            std::string_view(source.text()).substr(token.begin, token.end - token.begin);
        const auto codes = codes_of(text);
        if (codes.empty()) continue;
        const auto line = source.lines().position_at(token.begin).line;
        ignored[is_alone(source, token) ? line + 1 : line].insert(codes.begin(), codes.end());
    }
    if (ignored.empty()) return diagnostics;
    std::erase_if(diagnostics, [&](const Diagnostic& diagnostic) {
        if (diagnostic.code.starts_with("toml/")) return false;
        const auto found = ignored.find(diagnostic.range.start.line);
        return found != ignored.end() && found->second.contains(diagnostic.code);
    });
    return diagnostics;
}

TextEdit ignore_edit(const Source& source, const Range& range, std::string_view code) {
    const auto& tree = source.tree();
    const auto begin = source.lines().offset_at({range.start.line, 0});
    const auto end = begin + source.lines().line(range.start.line).size();
    for (const auto& token : tree.tokens()) {
        if (token.kind != toml::TokenKind::Comment || token.begin < begin || token.end > end)
            continue;
        const auto close = source.text().find(']', token.begin);
        if (!codes_of(source.text().substr(token.begin, token.end - token.begin)).empty() &&
            close < token.end)
            return {close, close, fmt::format(", {}", code)};
        return {token.end, token.end, fmt::format(" # {}{}]", kMark, code)};
    }
    // A value of several lines has no room for a comment on its first one but above it.
    const bool is_long = range.end.line > range.start.line;
    if (is_long) return {begin, begin, fmt::format("# {}{}]\n", kMark, code)};
    return {end, end, fmt::format("  # {}{}]", kMark, code)};
}

}  // namespace pycontainer::intellisense
