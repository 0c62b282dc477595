#pragma once

// A package index asked for the files of a project (PEP 503, PEP 691). For dependencies whose lock
// has no URLs.

#include "base/result.hpp"
#include "base/synchronized.hpp"
#include "exec/context.hpp"
#include "index/index_options.hpp"
#include "index/page_cache.hpp"
#include "index/simple_page.hpp"
#include "net/http_client.hpp"

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace pycontainer::index {

/// All files of a project, of every version, and the index that has them.
struct IndexPage {
    std::string index_url;  ///< without user information
    std::vector<IndexFile> files;
};

/// Thread-safe. Remembers every page for as long as it lives; borrows the HTTP client and the
/// cache, which remembers them for longer.
class IndexClient {
public:
    IndexClient(net::HttpClient& http, IndexOptions options, PageCache* cache = nullptr);

    const IndexOptions& options() const { return options_; }
    net::HttpClient& http() const { return *http_; }
    /// The same HTTP client with other indexes.
    std::unique_ptr<IndexClient> with(const IndexArguments& arguments) const;

    /// All files of the project, of every version, from the first index that has it; the name is
    /// normalized here.
    ///
    /// Errors: `index/not-found` (no index has it), `index/unauthorized`, `index/unavailable`
    /// (another status), `index/invalid-page`, `index/none` (there is no index to ask), `net/…`,
    /// `cancelled`.
    Result<std::vector<IndexFile>> files(const exec::Context& ctx, std::string_view name);
    /// The same without a copy, and from which index it is.
    Result<std::shared_ptr<const IndexPage>> page(const exec::Context& ctx, std::string_view name);

private:
    using Page = std::shared_ptr<const IndexPage>;
    /// Nothing when this index does not have the project.
    Result<Page> fetch(const exec::Context& ctx, const std::string& index_url,
                       const std::string& name);

    net::HttpClient* http_;
    IndexOptions options_;
    PageCache* cache_;  // may be null
    Synchronized<std::map<std::string, Page>> pages_;
};

}  // namespace pycontainer::index
