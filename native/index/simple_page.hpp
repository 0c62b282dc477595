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
    std::string url;  ///< absolute; with the index's user information if it is at the same place,
                      ///< so for requests only
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
/// name or URL are left out. Errors: `index/invalid-page` for other content types, broken JSON and
/// versions of the API that are not 1.
Result<std::vector<IndexFile>> parse_simple_page(std::string_view content_type,
                                                 std::string_view body, const net::Url& page);

}  // namespace pycontainer::index
