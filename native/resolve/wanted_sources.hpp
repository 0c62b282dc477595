#pragma once

// Projects that are asked for by where their sources are: repositories, archives, and directories
// whose metadata are in another place than `[project]`. What they require is read from them, so
// that the resolver has it.

#include "exec/context.hpp"
#include "index/index_client.hpp"
#include "resolve/artifact.hpp"
#include "resolve/backend.hpp"
#include "solve/problem.hpp"
#include "store/store.hpp"

#include <filesystem>
#include <string>
#include <variant>
#include <vector>

namespace pycontainer::resolve {

/// A source distribution at a URL.
struct ArchiveAddress {
    std::string url;  ///< for requests only: may hold user information
};

struct WantedSource {
    std::string name;  ///< normalized; empty: the sources tell it
    /// Of a repository the commit may be empty: the revision that was asked for says which.
    std::variant<Repository, ArchiveAddress, std::filesystem::path> place;
    solve::WrittenRequirement written;  ///< where it is asked for
    bool is_top = false;  ///< the project itself asks, and `written` is not in the problem
};

/// What two who ask for a name must agree on, without user information.
std::string identity_of(const WantedSource& source);

/// The place that a requirement names after its `@`, or a line of a requirements file: nothing for
/// a wheel, which the resolver knows how to take. Errors: `resolve/unsupported-source`.
Result<std::optional<WantedSource>> source_at(const std::string& name, const std::string& url,
                                              const solve::WrittenRequirement& written);

/// Adds the sources to the problem as projects with one version, and what these ask for in the same
/// way. Errors: `resolve/unsupported-source` (two places for one name), those of
/// sources/distribution.hpp, sources/repository.hpp and `ask_backend` with the place of who asks,
/// `index/…`, `net/…`, `file/…`, `cancelled`.
Result<void> add_sources(const exec::Context& ctx, std::vector<WantedSource> sources,
                         index::IndexClient& client, store::Store& store,
                         const AskBackend& ask_backend, solve::Problem& problem);

}  // namespace pycontainer::resolve
