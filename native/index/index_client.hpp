#pragma once

// A package index asked for the files of a project (PEP 503, PEP 691). For dependencies whose lock
// has no URLs.

#include "base/result.hpp"
#include "base/synchronized.hpp"
#include "exec/context.hpp"
#include "index/index_options.hpp"
#include "index/simple_page.hpp"
#include "net/http_client.hpp"

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace pycontainer::index {

/// Thread-safe. Remembers every page for as long as it lives; borrows the HTTP client.
class IndexClient {
public:
    IndexClient(net::HttpClient& http, IndexOptions options);

    const IndexOptions& options() const { return options_; }
    /// The same HTTP client with other indexes.
    std::unique_ptr<IndexClient> with(const IndexArguments& arguments) const;

    /// All files of the project, of every version, from the first index that has it; the name is
    /// normalized here.
    ///
    /// Errors: `index/not-found` (no index has it), `index/unauthorized`, `index/unavailable`
    /// (another status), `index/invalid-page`, `index/none` (there is no index to ask), `net/…`,
    /// `cancelled`.
    Result<std::vector<IndexFile>> files(const exec::Context& ctx, std::string_view name);

private:
    using Files = std::shared_ptr<const std::vector<IndexFile>>;
    /// Nothing when this index does not have the project.
    Result<Files> fetch(const exec::Context& ctx, const std::string& index_url,
                        const std::string& name);

    net::HttpClient* http_;
    IndexOptions options_;
    Synchronized<std::map<std::string, Files>> pages_;
};

}  // namespace pycontainer::index
