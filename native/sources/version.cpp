#include "sources/version.hpp"

#include "base/strings.hpp"
#include "project/metadata.hpp"
#include "project/python_source.hpp"
#include "project/vcs.hpp"

namespace pycontainer::sources {

VersionHints hints_of(const std::filesystem::path& directory) {
    const auto facts = project::read_git(directory);
    return {.known = {}, .exact_tag = facts ? facts->exact_tag : std::string()};
}

std::optional<std::string> literal_in(const Tree& tree, const std::string& path,
                                      std::string_view name) {
    const auto text = tree.read(path);
    if (!text) return std::nullopt;
    for (const auto& assignment : project::read_python(*text).assignments)
        if (assignment.name == name && assignment.literal) return assignment.literal;
    // Written by setuptools-scm: `__version__ = version = "1.2"`.
    for (const auto line : split_lines(*text)) {
        const auto equals = line.rfind('=');
        if (equals == std::string_view::npos || line.empty() || line.front() == ' ') continue;
        const auto value = trim(line.substr(equals + 1));
        if (value.size() < 3 || (value.front() != '"' && value.front() != '\'') ||
            value.find(value.front(), 1) != value.size() - 1)
            continue;
        for (const auto target : split(line.substr(0, equals), '='))
            if (trim(target) == name) return std::string(value.substr(1, value.size() - 2));
    }
    return std::nullopt;
}

std::optional<std::string> version_line_in(const Tree& tree, const std::string& path) {
    const auto text = tree.read(path);
    if (!text) return std::nullopt;
    for (auto line : split_lines(*text)) {
        const auto lower = to_lower(line);
        std::size_t at = 0;
        for (const std::string_view name : {"__version__", "version"})
            if (lower.starts_with(name)) at = name.size();
        if (at == 0) continue;
        line.remove_prefix(at);
        auto rest = trim(line);
        // `: str` may stand between name and value.
        if (rest.starts_with(':')) rest = trim(rest.substr(std::min(rest.find('='), rest.size())));
        if (!rest.starts_with('=')) continue;
        rest = trim(rest.substr(1));
        if (rest.empty() || (rest.front() != '"' && rest.front() != '\'')) continue;
        const auto end = rest.find(rest.front(), 1);
        if (end == std::string_view::npos || end < 2) continue;
        auto version = rest.substr(1, end - 1);
        if (version.size() > 1 && (version.front() == 'v' || version.front() == 'V'))
            version.remove_prefix(1);
        return std::string(version);
    }
    return std::nullopt;
}

std::optional<std::string> version_from_vcs(const VersionHints& hints,
                                            std::string_view project_name) {
    if (!hints.known.empty()) return hints.known;
    return hints.exact_tag.empty() ? std::nullopt
                                   : project::version_of_tag(hints.exact_tag, project_name);
}

}  // namespace pycontainer::sources
