#pragma once

// Names in a registry, page by page: the tags of a repository, the repositories of a registry (OCI
// distribution specification 1.1, "Listing Tags"; distribution project, "Listing Repositories").

#include "base/result.hpp"
#include "net/http_client.hpp"

#include <optional>
#include <string>
#include <vector>

namespace pycontainer::registry {

struct NamePage {
    std::vector<std::string> names;  ///< without those that are no names
    std::optional<net::Url> next;    ///< nothing: it was the last
    std::string etag;                ///< empty where the registry has none
    bool is_unchanged = false;       ///< it is still the page of the `etag` that was given
};

/// Which page: the first, or the one that `NamePage::next` named.
struct NamePageRequest {
    std::optional<net::Url> next{};
    std::string etag{};
};

enum class NameKind { Tags, Repositories };

/// Reads an answer with status 200 or 304. Errors: `registry/invalid-response` for what is no list
/// of names, and for a next page at another host.
Result<NamePage> read_name_page(NameKind kind, const std::string& registry,
                                const net::HttpResponse& response);

}  // namespace pycontainer::registry
