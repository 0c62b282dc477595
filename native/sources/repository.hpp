#pragma once

// The tree of one commit of a Git repository, fetched with the machine's `git` once and kept in the
// store as a tar archive.
//
// Nothing of the repository is run or kept: no hooks, no submodules, no filters (LFS), no `.git`,
// and no credentials – those of the address are given to `git` in its environment and end with it.

#include "base/result.hpp"
#include "exec/context.hpp"
#include "store/store.hpp"

#include <string>

namespace pycontainer::sources {

struct RepositoryTree {
    Digest archive;         ///< a blob of the store: `read_tree_archive` reads it
    std::string exact_tag;  ///< a tag of this very commit; may be empty
};

/// `url` has one of the schemes https, http, ssh, git and file, and may hold user information;
/// `commit` is all of its hexadecimal digits.
///
/// Errors: `sources/no-git`, `sources/git-failed` (network, authentication; never with a secret),
/// `sources/commit-not-found`, `file/…`, `cancelled`.
Result<RepositoryTree> fetch_commit(const exec::Context& ctx, const std::string& url,
                                    const std::string& commit, store::Store& store);

/// The commit that a branch, a tag or HEAD (an empty revision) is at now, or that begins with these
/// digits; `refs/…` in full is taken as it is. Errors: `sources/no-git`, `sources/git-failed`,
/// `sources/commit-not-found`, `cancelled`.
Result<std::string> find_commit(const exec::Context& ctx, const std::string& url,
                                const std::string& revision);

/// The address without user information, for people and records.
std::string plain_repository_url(std::string_view url);

}  // namespace pycontainer::sources
