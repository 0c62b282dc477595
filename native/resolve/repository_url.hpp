#pragma once

// How requirements and locks write a Git repository:
// `git+https://host/path@revision#subdirectory=x`, and in uv.lock
// `https://host/path?rev=main&subdirectory=x#<commit>`.

#include "base/result.hpp"
#include "resolve/artifact.hpp"

#include <string_view>

namespace pycontainer::resolve {

/// Errors: `resolve/unsupported-source` for other systems than Git, addresses that are none, and
/// revisions that are no whole commit: a branch is another thing tomorrow.
Result<Repository> repository_at(std::string_view url);

/// The same for what is not locked yet: the revision may be a branch, a tag or nothing, and then
/// the commit is empty.
Result<Repository> repository_named_by(std::string_view url);
Result<Repository> make_unlocked_repository(std::string_view url, std::string requested_revision,
                                            std::string subdirectory);

/// Of what a lock says in parts; `git@host:path` is ssh. Errors: as above.
Result<Repository> make_repository(std::string_view url, std::string_view commit,
                                   std::string requested_revision, std::string subdirectory);

/// The normalized name of `…#egg=name`; empty: none.
std::string egg_name(std::string_view url);

/// 40 or 64 hexadecimal digits.
bool is_commit(std::string_view text);

}  // namespace pycontainer::resolve
