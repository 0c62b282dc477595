#pragma once

// Package indexes asked for the files of a project (PEP 503, PEP 691), and flat places looked
// through. For dependencies whose lock has no URLs.

#include "base/result.hpp"
#include "base/synchronized.hpp"
#include "exec/context.hpp"
#include "index/index_credentials.hpp"
#include "index/index_options.hpp"
#include "index/page_cache.hpp"
#include "index/simple_page.hpp"
#include "net/http_client.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pycontainer::index {

/// All files of a project, of every version, and the index that has them.
struct IndexPage {
    std::string index_url;  ///< without user information; empty: only flat places have it
    std::vector<IndexFile> files;
};

/// Thread-safe. Remembers every page for as long as it lives; borrows the HTTP client and the
/// cache, which remembers them for longer.
class IndexClient {
public:
    /// `credentials` get to know the places, for what else lies there.
    IndexClient(net::HttpClient& http, IndexOptions options, PageCache* cache = nullptr,
                const IndexCredentials* credentials = nullptr);

    const IndexOptions& options() const { return options_; }
    net::HttpClient& http() const { return *http_; }
    /// The same HTTP client with other indexes.
    std::unique_ptr<IndexClient> with(const IndexArguments& arguments) const;
    std::unique_ptr<IndexClient> with_options(IndexOptions options) const;

    /// All files of the project, of every version: those of the flat places, then those of the
    /// first index that has it, each file name once. The name is normalized here. Files that are of
    /// another project are left out.
    ///
    /// Errors: `index/not-found` (no index has it), `index/unauthorized`, `index/unavailable`
    /// (another status), `index/invalid-page`, `index/none` (there is no index to ask),
    /// `index/unknown-index` (it is pinned to an index that is not configured), `file/…`, `net/…`,
    /// `cancelled`.
    Result<std::vector<IndexFile>> files(const exec::Context& ctx, std::string_view name);
    /// The same without a copy, and from which index it is.
    Result<std::shared_ptr<const IndexPage>> page(const exec::Context& ctx, std::string_view name);

private:
    using Files = std::shared_ptr<const std::vector<IndexFile>>;
    using Page = std::shared_ptr<const IndexPage>;

    Result<Page> look_for(const exec::Context& ctx, const std::string& name);
    Result<std::vector<IndexFile>> find_local(const exec::Context& ctx, const std::string& name);
    using MaybeFiles = std::optional<std::vector<IndexFile>>;
    /// Nothing when this index does not have the project.
    Result<MaybeFiles> ask(const exec::Context& ctx, const IndexLocation& index,
                           const std::string& name);
    /// Nothing when the page is not there. `project` is empty for flat pages.
    Result<MaybeFiles> fetch(const exec::Context& ctx, const IndexLocation& index,
                             const net::Url& url, std::string_view project);
    Result<Files> read_flat(const exec::Context& ctx, const IndexLocation& index);

    net::HttpClient* http_;
    IndexOptions options_;
    PageCache* cache_;                     // may be null
    const IndexCredentials* credentials_;  // may be null
    Synchronized<std::map<std::string, Page>> pages_;
    Synchronized<std::map<std::string, Files>> flats_;  // by URL
};

}  // namespace pycontainer::index
