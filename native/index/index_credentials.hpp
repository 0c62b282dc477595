#pragma once

// Who the user is to a package index: found where uv and pip keep it, by address, at the moment of
// the request. Addresses of files therefore never carry a password, and none gets into a lock, a
// record or a message.

#include "base/environment.hpp"
#include "base/result.hpp"
#include "base/synchronized.hpp"
#include "exec/context.hpp"
#include "index/index_options.hpp"
#include "net/url.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace pycontainer::index {

/// Never printed but for its `source`: `UV_INDEX_ACME_PASSWORD`, `/home/me/.netrc`, `keyring`.
struct IndexCredential {
    std::string username;
    std::string password;
    std::string source;
};

/// Thread-safe; borrows the environment.
class IndexCredentials {
public:
    IndexCredentials(const IndexOptions& options, const Environment& environment);

    /// What belongs to an address, the first of: the user information in it; that of the index it
    /// is under, else of one with the same scheme, host and port, or its variables
    /// (`UV_INDEX_<NAME>_USERNAME` and `…_PASSWORD`, `POETRY_HTTP_BASIC_<NAME>_…`), or what
    /// `poetry config` and `pdm config` have written for its name; the entry of its host in
    /// `NETRC`, `~/.netrc` or `~/_netrc`.
    std::optional<IndexCredential> find(const net::Url& url) const;

    /// What the `keyring` command says of the address, then of its host, for the user that the
    /// index's URL names, if it names one. Asked once an address and user. Nothing when it is not
    /// switched on (`IndexOptions::use_keyring`), not installed or does not know. Errors:
    /// `cancelled`.
    Result<std::optional<IndexCredential>> ask_keyring(const exec::Context& ctx,
                                                       const net::Url& url) const;

    /// Takes the user information of a place that is not configured for everything beside it: an
    /// index that a lock or a requirements file names.
    void learn(const IndexLocation& place) const;
    /// Whether anything was learned, which the next run does not know without asking again.
    bool has_learned() const;

    /// The index that the address is under or shares its origin with, if any.
    std::optional<IndexLocation> index_of(const net::Url& url) const;
    /// Where was looked for it, for a message, as a hint of what to do.
    std::string advice_for(const net::Url& url) const;

private:
    struct Known {
        IndexLocation location;
        net::Url url;
        std::string username;  ///< empty: none is known
        std::string password;
        std::string source;
        bool has_password = false;
    };
    std::optional<Known> known_at(const net::Url& url) const;
    static std::string username_at(const net::Url& url, const std::optional<Known>& known);
    static std::string keyring_key(const net::Url& url, const std::optional<Known>& known);
    /// What it has said before: it is asked after all others were refused, so it goes first.
    std::optional<IndexCredential> keyring_answer(const net::Url& url,
                                                  const std::optional<Known>& known) const;
    std::optional<IndexCredential> from_netrc(const net::Url& url,
                                              const std::string& username) const;

    const Environment* environment_;
    bool use_keyring_;
    std::size_t configured_ = 0;
    mutable Synchronized<std::vector<Known>> known_;
    mutable Synchronized<std::map<std::string, std::optional<IndexCredential>>> keyring_answers_;
};

}  // namespace pycontainer::index
