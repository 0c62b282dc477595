#pragma once

// Which paths of a tree a list of patterns means: the two ways that build backends read them.

#include "project/glob.hpp"
#include "project/ignore_rules.hpp"
#include "sources/tree.hpp"

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace pycontainer::sources {

/// Patterns as in gitignore(5), for whole paths: one that fits a directory fits all below it, and
/// the last that fits decides.
class PathPatterns {
public:
    PathPatterns() = default;
    explicit PathPatterns(const std::vector<std::string>& patterns) { add(patterns); }
    void add(const std::vector<std::string>& patterns);
    /// The lines of an ignore file.
    void add_file(std::string_view text);

    bool matches(std::string_view path) const;
    bool empty() const { return patterns_.empty(); }

private:
    std::vector<project::GitIgnore> patterns_;  ///< one pattern each
};

/// Whether a wildcard fits names that begin with a dot.
enum class Hidden : std::uint8_t { No, Yes };

/// A pattern of Python's `glob`, which is of whole components: `**` as one spans any number of
/// them.
class PathGlob {
public:
    explicit PathGlob(std::string_view pattern, Hidden hidden = Hidden::No);
    bool matches(std::string_view path) const;
    /// Of the path or a directory that it is in.
    bool matches_parent(std::string_view path) const;

private:
    struct Component {
        project::Glob glob;
        bool is_deep = false;  ///< `**`
        bool takes_hidden = false;
    };
    std::vector<Component> components_;
};

/// The files of a tree that fit, in order.
std::vector<const TreeFile*> glob_files(const Tree& tree, std::string_view pattern,
                                        Hidden hidden = Hidden::No);
/// The same, and for a directory that fits all files below it.
std::vector<const TreeFile*> glob_deep(const Tree& tree, std::string_view pattern,
                                       Hidden hidden = Hidden::No);
/// Files and directories that fit, as paths.
std::set<std::string> glob_paths(const Tree& tree, std::string_view pattern,
                                 Hidden hidden = Hidden::No);
/// Python's `fnmatch`: `*` spans anything.
bool fnmatches(std::string_view pattern, std::string_view text);

/// What Git would leave out of `tree`: the rules of all its `.gitignore` files and, for a directory
/// of a repository, of those above it.
class VcsIgnored {
public:
    explicit VcsIgnored(const Tree& tree);
    bool is_ignored(std::string_view path) const;

private:
    struct Rules {
        std::string directory;  ///< of the file, in the tree
        std::string above;      ///< or the way from the file's directory to the tree, with a `/`
        project::GitIgnore ignore;
    };
    void add_parents(const std::filesystem::path& directory);
    bool has_verdict(std::string_view path, project::EntryKind kind) const;
    std::vector<Rules> rules_;  ///< sorted by directory: parents first
};

}  // namespace pycontainer::sources
