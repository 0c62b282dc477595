#pragma once

// One text of an editor as all features see it: its tree, its lines, and which of its keys are
// ours. Made once a version, then only read.

#include "toml/line_index.hpp"
#include "toml/syntax_place.hpp"
#include "toml/syntax_tree.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace pycontainer::intellisense {

enum class FileKind { Configuration, Pyproject };

/// Immutable; thread-safe.
class Source {
public:
    /// The name decides what it is; nothing for files that are none of ours.
    static std::shared_ptr<const Source> make(const std::string& path, std::string text);
    static std::shared_ptr<const Source> make(const std::string& path, FileKind kind,
                                              std::string text);
    static std::optional<FileKind> kind_of(const std::string& path);

    const std::string& path() const { return path_; }
    FileKind kind() const { return kind_; }
    const toml::SyntaxTree& tree() const { return tree_; }
    const toml::LineIndex& lines() const { return lines_; }
    const std::string& text() const { return tree_.text(); }
    const std::vector<toml::WrittenKey>& keys() const { return keys_; }

    /// Where our tables begin: the root of pycontainer.toml, `tool.pycontainer`.
    const toml::KeyPath& prefix() const { return prefix_; }
    /// The path of a key of ours below the prefix, tables and keys with underscores; nothing for
    /// other tools' keys.
    std::optional<toml::KeyPath> own_path(const toml::KeyPath& path) const;
    /// The first key written with that own path, or null.
    const toml::WrittenKey* find(const toml::KeyPath& own) const;
    /// Is there anything of ours in the text?
    bool has_configuration() const;

    Range range_of(toml::NodeId id) const;
    Range range_of(std::size_t begin, std::size_t end) const { return lines_.range_of(begin, end); }

private:
    Source(std::string path, FileKind kind, std::string text);
    std::string path_;
    FileKind kind_;
    toml::SyntaxTree tree_;
    toml::LineIndex lines_;
    std::vector<toml::WrittenKey> keys_;
    toml::KeyPath prefix_;
};

/// A replacement of the bytes `begin` up to `end`.
struct TextEdit {
    std::size_t begin = 0;
    std::size_t end = 0;
    std::string text;
    friend bool operator==(const TextEdit&, const TextEdit&) = default;
};

/// A text with edits that do not overlap.
std::string apply_edits(std::string_view text, std::vector<TextEdit> edits);

/// `"text"`, as a TOML string of one line.
std::string toml_string(std::string_view text);

}  // namespace pycontainer::intellisense
