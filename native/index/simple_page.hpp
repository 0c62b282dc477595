#pragma once

// One page of a package index: the files of a project, from JSON (PEP 691) or HTML (PEP 503).

#include "base/digest.hpp"
#include "base/result.hpp"
#include "net/url.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pycontainer::index {

struct IndexFile {
    std::string filename;
    std::string url;  ///< absolute, without user information; `file:` for one on this machine
    std::string requires_python;  ///< empty: not said
    std::optional<Digest> sha256;
    std::map<std::string, std::string> hashes;  ///< every algorithm's, lower-case hexadecimal
    std::optional<std::uint64_t> size;
    bool has_core_metadata = false;  ///< at the URL with `.metadata` after it (PEP 658)
    std::optional<Digest> core_metadata_sha256;
    bool yanked = false;
    std::string yanked_reason;
};

/// `content_type` is the response's header, `page` its URL after redirects. Files without a usable
/// name or URL are left out; only a page on this machine (`file:`) names files of this machine.
/// Errors: `index/invalid-page` for other content types, broken JSON, versions of the API that are
/// not 1, a page that says it is of another project than `project` (normalized; empty: any), and a
/// page to log in on.
Result<std::vector<IndexFile>> parse_simple_page(std::string_view content_type,
                                                 std::string_view body, const net::Url& page,
                                                 std::string_view project = {});

}  // namespace pycontainer::index
