#pragma once

// Which paths the project's own files want left out: `.gitignore`, `.dockerignore`, and the lists
// of the configuration.
//
// Pure: texts in, verdicts out. The walk over the files is source_tree.hpp.

#include "project/glob.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pycontainer::project {

enum class EntryKind { Directory, Other };

/// The rules of one file of gitignore(5) syntax, for the directory it lies in. Also what `[build]
/// include` and `exclude` are written in.
class GitIgnore {
public:
    GitIgnore() = default;
    /// `name` is for evidence, such as `api/.gitignore`.
    GitIgnore(std::string_view text, std::string name);
    /// One pattern an element, no comments.
    GitIgnore(const std::vector<std::string>& patterns, std::string name);

    /// What the last rule that fits says: true for ignored, false for `!` rules, nothing when none
    /// fits. `path` is relative to the directory of the file. Parents are the caller's affair: git
    /// never looks into an ignored directory.
    std::optional<bool> verdict(std::string_view path, EntryKind kind) const;
    /// Could a rule name something below `directory`?
    bool may_match_below(std::string_view directory) const;
    bool empty() const { return rules_.empty(); }
    const std::string& name() const { return name_; }

private:
    struct Rule {
        Glob glob;
        bool negated = false;
        bool directories_only = false;
        bool whole_path = false;  ///< has a slash: fits the path, otherwise the last component
    };
    void add(std::string_view pattern);

    std::vector<Rule> rules_;
    std::string name_;
};

/// The rules of a `.dockerignore`, as moby/patternmatcher applies them: a rule that fits a
/// directory fits all below it, later rules win, and a `!` rule brings back files from inside an
/// ignored directory.
class DockerIgnore {
public:
    /// Which rules fit a directory; its children need it.
    using Fits = std::vector<char>;

    DockerIgnore() = default;
    explicit DockerIgnore(std::string_view text);

    /// The rules that fit `path`, given those that fit its parent (empty for the root).
    Fits fits(std::string_view path, const Fits& parent) const;
    bool is_ignored(const Fits& fits) const;
    /// Could a `!` rule bring back something below the ignored `directory`?
    bool may_bring_back_below(std::string_view directory) const;
    bool empty() const { return rules_.empty(); }

private:
    struct Rule {
        Glob glob;
        bool negated = false;
    };
    std::vector<Rule> rules_;
};

}  // namespace pycontainer::project
