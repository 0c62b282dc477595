#pragma once

// The files of a project as a build backend finds them: in a directory of this machine, or taken
// out of an archive. A value; contents on disk are read when asked for.
//
// What never belongs in an image (project/exclusions.hpp: version control, virtual environments,
// caches, secrets) is not in the tree of a directory. Symbolic links to files of the tree are
// files; others are left out.

#include "base/digest.hpp"
#include "base/result.hpp"
#include "exec/context.hpp"
#include "project/source_tree.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace pycontainer::sources {

/// The bytes, or where they are on this machine.
using Content = std::variant<std::string, std::filesystem::path>;

struct TreeFile {
    std::string path;  ///< relative, `/` between components
    bool executable = false;
    Content content;
};

/// Reads a content of up to `limit` bytes. Errors: `file/…`.
Result<std::string> read_content(const Content& content, std::uint64_t limit = 64U << 20U);

class Tree {
public:
    Tree() = default;
    /// Of several files with one path the last one counts.
    explicit Tree(std::vector<TreeFile> files);

    /// Errors: `file/…`, `project/too-many-files`, `cancelled`.
    static Result<Tree> read_directory(const exec::Context& ctx,
                                       const std::filesystem::path& directory);

    /// How a directory is scanned for it: all files, whatever the ignore files say, since which of
    /// those count is the backend's affair.
    static project::ScanRequest scan_of(const std::filesystem::path& directory);
    /// The tree of a directory that was scanned already.
    static Tree of_scan(const std::filesystem::path& directory, const project::SourceTree& scanned);

    /// Sorted by path, bytewise.
    std::span<const TreeFile> files() const { return files_; }
    /// Those in `directory` and below; an empty name or `.` is the root.
    std::span<const TreeFile> below(std::string_view directory) const;
    const TreeFile* find(std::string_view path) const;
    bool has_file(std::string_view path) const { return find(path) != nullptr; }
    bool has_directory(std::string_view path) const { return !below(path).empty(); }
    /// Names of the directories right in `directory`, sorted.
    std::vector<std::string> directories_in(std::string_view directory) const;
    /// The text of a file of up to 16 MiB; nothing when there is none.
    std::optional<std::string> read(std::string_view path) const;
    /// The tree of a directory in it, with paths relative to that.
    Tree subtree(std::string_view directory) const;

    /// The same with one more file, or another one in its place.
    Tree with(TreeFile file) const;

    /// Where it is on this machine; empty for an archive.
    const std::filesystem::path& directory() const { return directory_; }

private:
    std::vector<TreeFile> files_;
    std::filesystem::path directory_;
};

/// Of the paths, modes and contents of all files. Errors: `file/…`, `cancelled`.
Result<Digest> digest_of(const exec::Context& ctx, const Tree& tree);

/// `a/./b/../c/` is `a/c`, `.` is empty. Nothing for absolute paths and those that leave the
/// directory.
std::optional<std::string> normalize_path(std::string_view path);

}  // namespace pycontainer::sources
