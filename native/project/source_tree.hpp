#pragma once

// The project's own files that go into the image: one fast walk that knows what never belongs there
// (exclusions.hpp) and what the ignore files leave out. Contents are not read; `StatIndex`
// (stat_index.hpp) gives digests.

#include "base/digest.hpp"
#include "base/result.hpp"
#include "exec/context.hpp"
#include "project/warning.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace pycontainer::project {

/// A regular file or a symbolic link, with the stat data that tells whether it has changed.
struct SourceFile {
    std::string path;  ///< relative to the project, `/` between components; bytes as the file
                       ///< system has them
    bool executable = false;  ///< the owner's x bit
    bool is_symlink = false;
    std::string link;  ///< what a symbolic link says; stays inside the project
    std::uint64_t size = 0;
    std::int64_t mtime_ns = 0;
    std::int64_t ctime_ns = 0;
    std::uint64_t inode = 0;
};

/// The topmost path that was left out – a directory stands for all in it – and why: `.gitignore`,
/// "virtual environment", "secret" …
struct Ignored {
    std::string path;  ///< directories end with `/`
    std::string reason;
    friend bool operator==(const Ignored&, const Ignored&) = default;
};

struct SourceTree {
    std::vector<SourceFile> files;         ///< sorted by path, bytewise
    std::vector<std::string> directories;  ///< those with a file in or below them, sorted; empty
                                           ///< ones do not survive a checkout either
    std::vector<Ignored> ignored;          ///< sorted; at most 10,000
    std::vector<std::string> secrets;      ///< left out as secrets, sorted; also in `ignored`
    std::vector<std::string>
        hidden;  ///< hidden by `.gitignore` inside packages and static directories, sorted
    std::vector<Warning> warnings;
    std::string ignore_file;            ///< the evidence: `.dockerignore`, `.gitignore` or empty
    Digest stat_fingerprint;            ///< over path, mode and stat data of all files: equal means
                                        ///< unchanged, if settled
    std::int64_t newest_change_ns = 0;  ///< the latest mtime or ctime of a file

    /// The file with this path, or null.
    const SourceFile* find(std::string_view path) const;
    /// Were all changes over when the clock (nanoseconds since 1970) showed `now_ns`? Only then
    /// does the fingerprint prove anything later: a second change within the file system's time
    /// step would not show.
    bool is_settled(std::int64_t now_ns) const;
};

struct ScanRequest {
    std::filesystem::path directory;
    std::vector<std::string> include;  ///< patterns as in .gitignore; override the ignore files,
                                       ///< not what never belongs in an image
    std::vector<std::string> exclude;  ///< the same; override everything
    std::filesystem::path output_directory;  ///< left out when it lies in the project; relative
                                             ///< ones are relative to `directory`
};

/// Follows no link and changes nothing. `.dockerignore` decides if there is one, otherwise all
/// `.gitignore` files from the repository's root down and `.git/info/exclude`. Links out of the
/// project and special files are left out with a warning.
///
/// Errors: `file/…` when a directory that is not ignored cannot be read, `project/too-many-files`,
/// `cancelled`.
Result<SourceTree> scan_sources(const exec::Context& ctx, const ScanRequest& request);

}  // namespace pycontainer::project
