#pragma once

// What a Git repository says about the sources, read without the git program: commit, origin, exact
// tag. Nothing about a dirty tree.
//
// Formats: gitrepository-layout(5), gitformat-index's neighbours packed-refs and loose objects,
// git-config(1). SHA-1 and SHA-256 repositories.

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace pycontainer::project {

/// Where Git keeps things for a directory.
struct GitLocation {
    std::filesystem::path worktree;  ///< the directory that holds `.git`
    std::filesystem::path git;       ///< HEAD is here (differs from `common` in a linked worktree)
    std::filesystem::path common;    ///< refs, packed-refs, config and objects are here
};

/// The repository that `directory` belongs to: its own or that of a parent. Nothing when there is
/// none.
std::optional<GitLocation> find_git(const std::filesystem::path& directory);

struct VcsFacts {
    std::string revision;    ///< the commit, 40 or 64 hexadecimal digits
    std::string source_url;  ///< of the remote `origin`: https, no user information; empty when
                             ///< there is none
    std::string exact_tag;   ///< a tag on this very commit; the one with the highest version when
                             ///< there are several; may be empty
};

/// Nothing when there is no repository or no commit yet; files that cannot be read or understood
/// count as absent.
std::optional<VcsFacts> read_git(const std::filesystem::path& directory);

/// `git@github.com:acme/api.git` and `ssh://git@…` become `https://github.com/acme/api`; user
/// information, `.git`, query and fragment go. Empty for local paths and other schemes.
std::string public_url(std::string_view remote);

}  // namespace pycontainer::project
