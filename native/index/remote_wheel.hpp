#pragma once

// One small member of a wheel that lies at a URL, fetched with as few bytes as the server allows.

#include "base/file.hpp"
#include "base/result.hpp"
#include "exec/context.hpp"
#include "index/simple_page.hpp"
#include "net/http_client.hpp"

#include <string>

namespace pycontainer::index {

/// The text of METADATA; that of a `file:` URL is read where it lies. The bytes that are fetched go
/// into `file` at their places, so that the archive is read – and checked – as one on disk. A wheel
/// that had to be fetched whole is held against its size and hash. Errors: `index/unavailable`,
/// `index/unauthorized`, `index/metadata-mismatch`, `wheel/…`, `net/…`, `file/…`, `cancelled`.
Result<std::string> fetch_metadata_member(const exec::Context& ctx, net::HttpClient& http,
                                          const IndexFile& wheel, AtomicFile file);

/// `index/unauthorized` or `index/unavailable` for a file's status.
Failure refused_file(const net::Url& url, int status);

}  // namespace pycontainer::index
