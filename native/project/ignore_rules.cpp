#include "project/ignore_rules.hpp"

#include "base/strings.hpp"

namespace pycontainer::project {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

std::string_view last_component(std::string_view path) {
    const auto slash = path.rfind('/');
    return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

/// gitignore(5): "Trailing spaces are ignored unless they are quoted with backslash".
std::string_view without_trailing_spaces(std::string_view line) {
    while (line.ends_with(' ')) {
        std::size_t backslashes = 0;
        while (backslashes + 1 < line.size() && line[line.size() - 2 - backslashes] == '\\')
            ++backslashes;
        if (backslashes % 2 == 1) break;
        line.remove_suffix(1);
    }
    return line;
}

/// Go's path.Clean for what users write: `./a//b/../c/` becomes `a/c`. Backslashes stay.
std::string clean_path(std::string_view path) {
    std::vector<std::string_view> parts;
    for (const auto part : split(path, '/')) {
        if (part.empty() || part == ".") continue;
        if (part == ".." && !parts.empty() && parts.back() != "..")
            parts.pop_back();
        else
            parts.push_back(part);
    }
    std::string result;
    for (const auto part : parts) {
        if (!result.empty()) result += '/';
        result += part;
    }
    return result;
}

}  // namespace

GitIgnore::GitIgnore(std::string_view text, std::string name) : name_(std::move(name)) {
    if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
    for (const auto line : split_lines(text)) {
        if (!line.starts_with('#')) add(without_trailing_spaces(line));
    }
}

GitIgnore::GitIgnore(const std::vector<std::string>& patterns, std::string name)
    : name_(std::move(name)) {
    for (const auto& pattern : patterns) add(pattern);
}

void GitIgnore::add(std::string_view pattern) {
    const bool negated = pattern.starts_with('!');
    if (negated) pattern.remove_prefix(1);
    const bool directories_only = pattern.ends_with('/');
    if (directories_only) pattern.remove_suffix(1);
    // A slash at the beginning or in the middle ties the pattern to the directory of the file.
    const bool whole_path = pattern.find('/') != std::string_view::npos;
    if (pattern.starts_with('/')) pattern.remove_prefix(1);
    if (pattern.empty()) return;
    rules_.push_back({Glob(pattern, GlobDialect::Git), negated, directories_only, whole_path});
}

std::optional<bool> GitIgnore::verdict(std::string_view path, EntryKind kind) const {
    const auto name = last_component(path);
    for (auto rule = rules_.rbegin(); rule != rules_.rend(); ++rule) {
        if (rule->directories_only && kind != EntryKind::Directory) continue;
        if (rule->glob.matches(rule->whole_path ? path : name)) return !rule->negated;
    }
    return std::nullopt;
}

bool GitIgnore::may_match_below(std::string_view directory) const {
    for (const auto& rule : rules_)
        if (!rule.negated && (!rule.whole_path || rule.glob.may_match_below(directory)))
            return true;
    return false;
}

DockerIgnore::DockerIgnore(std::string_view text) {
    if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
    for (auto line : split_lines(text)) {
        if (line.starts_with('#')) continue;  // before trimming, as Docker does: ` #a` names a file
        line = trim(line);
        const bool negated = line.starts_with('!');
        if (negated) line = trim(line.substr(1));
        if (line.empty()) continue;
        const auto pattern = clean_path(line);
        if (!pattern.empty())
            rules_.push_back(
                {Glob(pattern, GlobDialect::Docker), negated});  // `.` and `/` fit nothing
    }
}

DockerIgnore::Fits DockerIgnore::fits(std::string_view path, const Fits& parent) const {
    Fits result(rules_.size(), 0);
    for (std::size_t i = 0; i < rules_.size(); ++i)
        result[i] =
            static_cast<char>((!parent.empty() && parent[i] != 0) || rules_[i].glob.matches(path));
    return result;
}

bool DockerIgnore::is_ignored(const Fits& fits) const {
    for (auto i = rules_.size(); i-- > 0;)
        if (fits[i] != 0) return !rules_[i].negated;
    return false;
}

bool DockerIgnore::may_bring_back_below(std::string_view directory) const {
    for (const auto& rule : rules_)
        if (rule.negated && rule.glob.may_match_below(directory)) return true;
    return false;
}

}  // namespace pycontainer::project
