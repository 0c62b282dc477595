#pragma once

// Which package indexes are asked, and in which order. No files of pip or uv are read: only
// variables and what a requirements file says.

#include "base/environment.hpp"

#include <optional>
#include <string>
#include <vector>

namespace pycontainer::index {

/// What a requirements file or flags say about indexes, as pip's options.
struct IndexArguments {
    std::optional<std::string> index_url;  ///< replaces every configured index
    std::vector<std::string> extra_index_urls;
    bool no_index = false;

    bool empty() const { return !index_url && extra_index_urls.empty() && !no_index; }
};

struct IndexOptions {
    /// Base URLs of the simple API; the first index that knows a name is the only one asked for it,
    /// so that nobody can publish a private name elsewhere. May hold user information: for requests
    /// only.
    std::vector<std::string> urls;

    /// Extra indexes (`UV_INDEX`, `UV_EXTRA_INDEX_URL`, `PIP_EXTRA_INDEX_URL`) come before the
    /// default one (`UV_DEFAULT_INDEX`, `UV_INDEX_URL`, `PIP_INDEX_URL`, else the built-in one).
    /// The arguments' index replaces them all, as pip has it.
    static IndexOptions from(const Environment& environment, const IndexArguments& arguments = {});
    /// These, changed by what a requirements file says.
    IndexOptions with(const IndexArguments& arguments) const;
};

}  // namespace pycontainer::index
