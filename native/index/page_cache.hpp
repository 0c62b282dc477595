#pragma once

// Pages of indexes, kept from one run to the next as long as their server says, and asked for
// again by their validators after that (RFC 9111, RFC 9110 section 13).

#include "index/simple_page.hpp"
#include "net/http_client.hpp"
#include "net/url.hpp"
#include "store/store.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace pycontainer::index {

/// Thread-safe; borrows the store. Nothing that it keeps holds credentials.
class PageCache {
public:
    struct Page {
        std::int64_t fetched = 0;  ///< seconds since 1970
        std::int64_t max_age = 0;  ///< seconds
        std::string etag, last_modified;
        std::string url;    ///< after redirects, without user information
        std::string files;  ///< as `pack_files` has them
    };

    /// `now` in seconds since 1970.
    PageCache(store::Store& store, std::function<std::int64_t()> now)
        : store_(&store), now_(std::move(now)) {}

    /// User information in `url` does not count.
    std::optional<Page> find(const net::Url& url) const;
    bool is_fresh(const Page& page) const;
    /// Keeps the page unless the response's `Cache-Control` forbids it or a file's address has a
    /// query, which may be a secret. A failure to write is of no consequence.
    void put(const net::Url& url, const net::HttpResponse& response,
             const std::vector<IndexFile>& files);
    /// The server has said that the page is as it was.
    void renew(const net::Url& url, Page page, const net::Headers& headers);

private:
    void write(const net::Url& url, const Page& page);

    store::Store* store_;
    std::function<std::int64_t()> now_;
};

/// One text for all files, user information left out; nothing when it cannot hold them.
std::optional<std::string> pack_files(const std::vector<IndexFile>& files);
/// A text that `pack_files` has not made gives what can be read of it.
std::vector<IndexFile> unpack_files(std::string_view text);

}  // namespace pycontainer::index
