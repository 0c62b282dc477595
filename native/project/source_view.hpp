#pragma once

// The project's files as detection sees them: what the scan kept, read from disk when asked for.
// Never more than the image will hold.

#include "project/source_tree.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace pycontainer::project {

/// Borrows the tree. Paths are relative, with `/`.
class SourceView {
public:
    SourceView(std::filesystem::path root, const SourceTree& tree)
        : root_(std::move(root)), tree_(&tree) {}

    const SourceTree& tree() const { return *tree_; }
    bool has_file(std::string_view path) const { return tree_->find(path) != nullptr; }
    bool has_directory(std::string_view path) const;
    /// `name.py`, or a directory `name` with Python in it, below `root`; the root is empty or ends
    /// without `/`.
    bool has_module(std::string_view root, std::string_view name) const;
    /// The text of a kept regular file of up to 2 MiB; nothing otherwise.
    std::optional<std::string> read(std::string_view path) const;

private:
    std::filesystem::path root_;
    const SourceTree* tree_;
};

/// `a/b` of `a` and `b`; `b` when `a` is empty.
std::string join_path(std::string_view directory, std::string_view name);
/// `a` of `a/b`, empty for a path without `/`.
std::string_view parent_path(std::string_view path);
std::string_view file_name(std::string_view path);

}  // namespace pycontainer::project
