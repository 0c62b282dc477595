#pragma once

// The metadata of a wheel without the wheel: the index's `.metadata` file (PEP 658, PEP 714), else
// the end of the wheel by range requests, else all of it where a server gives no ranges.

#include "base/result.hpp"
#include "exec/context.hpp"
#include "index/simple_page.hpp"
#include "net/http_client.hpp"
#include "packaging/core_metadata.hpp"
#include "store/store.hpp"

namespace pycontainer::index {

/// Thread-safe; borrows the client and the store, in which it keeps what it has read: a file of an
/// index never changes.
class CoreMetadataClient {
public:
    CoreMetadataClient(net::HttpClient& http, store::Store& store) : http_(&http), store_(&store) {}

    /// The name and version are those that the file's name states.
    ///
    /// Errors: `index/metadata-mismatch` (another name, version or hash than the index states),
    /// `index/unauthorized`, `index/unavailable`, `wheel/…` (no ZIP archive, or no METADATA in it),
    /// `packaging/invalid-metadata`, `packaging/invalid-wheel-name`, `net/…`, `file/…`,
    /// `cancelled`.
    Result<packaging::CoreMetadata> fetch(const exec::Context& ctx, const IndexFile& wheel) const;

    /// The hash of a wheel for which its index states none: it is fetched into the store. Errors:
    /// `index/unauthorized`, `index/unavailable`, `net/…`, `file/…`, `cancelled`.
    Result<Digest> fetch_digest(const exec::Context& ctx, const IndexFile& wheel) const;

private:
    Result<std::string> fetch_text(const exec::Context& ctx, const IndexFile& wheel) const;
    Result<std::string> fetch_beside(const exec::Context& ctx, const IndexFile& wheel) const;

    net::HttpClient* http_;
    store::Store* store_;
};

}  // namespace pycontainer::index
