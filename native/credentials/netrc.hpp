#pragma once

// The .netrc file of ftp(1), as curl and Python read it: who the user is to a host. No file access.

#include <optional>
#include <string>
#include <string_view>

namespace pycontainer::credentials {

struct NetrcLogin {
    std::string username;
    std::string password;
};

/// The first `machine` entry for `host` (a name, or `name:port`, which also finds the name alone)
/// with a login and a password. `default` is for nobody: it would give a password to every
/// registry that is ever named. Malformed text ends the search.
std::optional<NetrcLogin> find_in_netrc(std::string_view text, std::string_view host);

}  // namespace pycontainer::credentials
