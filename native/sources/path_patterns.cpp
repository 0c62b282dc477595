#include "sources/path_patterns.hpp"

#include "base/file.hpp"
#include "base/strings.hpp"
#include "project/source_view.hpp"
#include "project/vcs.hpp"

#include <algorithm>
#include <iterator>

namespace pycontainer::sources {
namespace {

using project::EntryKind;
using project::Glob;
using project::GlobDialect;

/// Calls `visit` with every parent directory of `path`, outermost first, until it says true.
template <typename Visit>
bool any_parent(std::string_view path, Visit&& visit) {
    for (auto slash = path.find('/'); slash != std::string_view::npos;
         slash = path.find('/', slash + 1))
        if (visit(path.substr(0, slash))) return true;
    return false;
}

}  // namespace

void PathPatterns::add(const std::vector<std::string>& patterns) {
    for (const auto& pattern : patterns)
        patterns_.emplace_back(std::vector<std::string>{pattern}, std::string());
}

void PathPatterns::add_file(std::string_view text) {
    for (const auto line : split_lines(text)) {
        project::GitIgnore rule(line, "");
        if (!rule.empty()) patterns_.push_back(std::move(rule));
    }
}

bool PathPatterns::matches(std::string_view path) const {
    for (auto each = patterns_.rbegin(); each != patterns_.rend(); ++each) {
        auto verdict = each->verdict(path, EntryKind::Other);
        if (!verdict)
            any_parent(path, [&](std::string_view parent) {
                verdict = each->verdict(parent, EntryKind::Directory);
                return verdict.has_value();
            });
        if (verdict) return *verdict;
    }
    return false;
}

PathGlob::PathGlob(std::string_view pattern, Hidden hidden) {
    for (const auto part : split(pattern, '/')) {
        if (part.empty() || part == ".") continue;
        components_.push_back({Glob(part, GlobDialect::Git), part == "**",
                               hidden == Hidden::Yes || part.starts_with('.')});
    }
}

bool PathGlob::matches(std::string_view path) const {
    // Which components of the pattern may come next, after each component of the path.
    std::vector<char> next(components_.size() + 1, 0);
    const auto skip_deep = [&](std::vector<char>& states) {
        for (std::size_t i = 0; i < components_.size(); ++i)
            if (states[i] != 0 && components_[i].is_deep) states[i + 1] = 1;
    };
    next.front() = 1;
    skip_deep(next);
    for (const auto part : split(path, '/')) {
        std::vector<char> after(next.size(), 0);
        for (std::size_t i = 0; i < components_.size(); ++i) {
            const auto& component = components_[i];
            if (next[i] == 0 || (part.starts_with('.') && !component.takes_hidden)) continue;
            if (component.is_deep)
                after[i] = 1;
            else if (component.glob.matches(part))
                after[i + 1] = 1;
        }
        skip_deep(after);
        next = std::move(after);
    }
    return next.back() != 0;
}

bool PathGlob::matches_parent(std::string_view path) const {
    return components_.empty() || matches(path) ||
           any_parent(path, [&](std::string_view parent) { return matches(parent); });
}

std::vector<const TreeFile*> glob_files(const Tree& tree, std::string_view pattern, Hidden hidden) {
    const PathGlob glob(pattern, hidden);
    std::vector<const TreeFile*> found;
    for (const auto& file : tree.files())
        if (glob.matches(file.path)) found.push_back(&file);
    return found;
}

std::vector<const TreeFile*> glob_deep(const Tree& tree, std::string_view pattern, Hidden hidden) {
    const PathGlob glob(pattern, hidden);
    std::vector<const TreeFile*> found;
    for (const auto& file : tree.files())
        if (glob.matches_parent(file.path)) found.push_back(&file);
    return found;
}

std::set<std::string> glob_paths(const Tree& tree, std::string_view pattern, Hidden hidden) {
    const PathGlob glob(pattern, hidden);
    std::set<std::string> found;
    for (const auto& file : tree.files()) {
        if (glob.matches(file.path)) found.insert(file.path);
        any_parent(file.path, [&](std::string_view parent) {
            if (glob.matches(parent)) found.emplace(parent);
            return false;
        });
    }
    return found;
}

bool fnmatches(std::string_view pattern, std::string_view text) {
    // Without slashes there is nothing that a star may not span.
    const auto flat = [](std::string_view part) {
        return replace_all(replace_all(std::string(part), "/", "\x01"), "**", "*");
    };
    return Glob(flat(pattern), GlobDialect::Git).matches(flat(text));
}

VcsIgnored::VcsIgnored(const Tree& tree) {
    if (!tree.directory().empty()) add_parents(tree.directory());
    std::vector<Rules> inner;
    for (const auto& file : tree.files()) {
        if (project::file_name(file.path) != ".gitignore") continue;
        const auto text = tree.read(file.path);
        if (!text) continue;
        inner.push_back({std::string(project::parent_path(file.path)), "",
                         project::GitIgnore(*text, file.path)});
    }
    std::sort(inner.begin(), inner.end(),
              [](const auto& a, const auto& b) { return a.directory < b.directory; });
    rules_.insert(rules_.end(), std::make_move_iterator(inner.begin()),
                  std::make_move_iterator(inner.end()));
}

void VcsIgnored::add_parents(const std::filesystem::path& directory) {
    const auto repository = project::find_git(directory);
    if (!repository) return;
    const auto tree = std::filesystem::absolute(directory).lexically_normal();
    for (auto parent = tree; parent != repository->worktree && parent.has_relative_path();) {
        parent = parent.parent_path();
        const auto text = read_file(parent / ".gitignore");
        if (!text) continue;
        rules_.insert(rules_.begin(), {"", tree.lexically_relative(parent).string() + "/",
                                       project::GitIgnore(*text, ".gitignore")});
    }
}

bool VcsIgnored::has_verdict(std::string_view path, EntryKind kind) const {
    for (auto rules = rules_.rbegin(); rules != rules_.rend(); ++rules) {
        if (!rules->directory.empty() && !path.starts_with(rules->directory + "/")) continue;
        const auto inner =
            rules->above +
            std::string(path.substr(rules->directory.empty() ? 0 : rules->directory.size() + 1));
        if (const auto verdict = rules->ignore.verdict(inner, kind)) return *verdict;
    }
    return false;
}

bool VcsIgnored::is_ignored(std::string_view path) const {
    return any_parent(path,
                      [&](std::string_view parent) {
                          return has_verdict(parent, EntryKind::Directory);
                      }) ||
           has_verdict(path, EntryKind::Other);
}

}  // namespace pycontainer::sources
