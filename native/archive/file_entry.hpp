#pragma once

// What goes into a layer: one path with its type, mode and content. A value; nothing of the machine
// that builds is in it unless the caller puts it there.

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace pycontainer::archive {

struct FileEntry {
    enum class Type { Directory, File, Symlink };

    std::string path{};  ///< relative to the root, `/` between components, none at either end
    Type type = Type::File;
    std::uint32_t mode = 0644;  ///< permission bits only
    std::int64_t mtime = 0;     ///< seconds since 1970
    std::string link{};         ///< a symlink's target, as it is written
    /// A file's content: the bytes, or where they are on this machine.
    std::variant<std::string, std::filesystem::path> source{};
    std::uint64_t size = 0;  ///< of a file on disk; that of given bytes is their own
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
};

FileEntry directory_entry(std::string path, std::int64_t mtime, std::uint32_t mode = 0755);
FileEntry text_entry(std::string path, std::string content, std::int64_t mtime,
                     std::uint32_t mode = 0644);
FileEntry symlink_entry(std::string path, std::string target, std::int64_t mtime);

/// True when a component of the path begins with `.wh.`: readers of a layer take that for the
/// removal of another file (image specification, "Whiteouts").
bool is_whiteout(std::string_view path);

/// The order of entries in a layer: by path, components compared as bytes, so that a directory
/// comes right before what is in it.
bool path_less(std::string_view left, std::string_view right);

/// The parents of `paths` that are not among them, sorted by `path_less`: `a/b/c` has `a` and
/// `a/b`.
std::vector<std::string> missing_parents(const std::vector<std::string>& paths);

}  // namespace pycontainer::archive
