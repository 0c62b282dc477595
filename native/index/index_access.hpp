#pragma once

// The package indexes of one project: who is asked, as whom, and for what.

#include "index/authenticated_http_client.hpp"
#include "index/index_client.hpp"
#include "index/index_credentials.hpp"
#include "index/page_cache.hpp"

#include <cstdint>
#include <functional>

namespace pycontainer::index {

/// Thread-safe; borrows the HTTP client, the store and the environment.
class IndexAccess {
public:
    /// `now` in seconds since 1970.
    IndexAccess(net::HttpClient& http, store::Store& store, std::function<std::int64_t()> now,
                IndexOptions options, const Environment& environment)
        : credentials_(options, environment),
          http_(http, credentials_),
          pages_(store, std::move(now)),
          client_(http_, options, &pages_, &credentials_),
          for_locks_(http_, options.without_project_indexes(), &pages_, &credentials_) {}
    IndexAccess(const IndexAccess&) = delete;
    IndexAccess& operator=(const IndexAccess&) = delete;

    const IndexOptions& options() const { return client_.options(); }
    const IndexCredentials& credentials() const { return credentials_; }
    /// With the credentials of each address: for pages and for files.
    net::HttpClient& http() { return http_; }
    IndexClient& client() { return client_; }
    /// For what a lock says is on the default index: the project's own indexes are not asked.
    IndexClient& client_for_locks() { return for_locks_; }

private:
    IndexCredentials credentials_;
    AuthenticatedHttpClient http_;
    PageCache pages_;
    IndexClient client_;
    IndexClient for_locks_;
};

}  // namespace pycontainer::index
