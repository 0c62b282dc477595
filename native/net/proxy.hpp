#pragma once

// Which proxy a request goes through, by the environment variables that curl, Go and Python agree
// on.

#include "base/environment.hpp"
#include "net/url.hpp"

#include <string>

namespace pycontainer::net {

/// The proxy for `url` as the variable has it (it may hold credentials), or nothing for a direct
/// connection. `https_proxy`/`HTTPS_PROXY` or `http_proxy` (lower case only: in a CGI program the
/// client sets `HTTP_PROXY`), else `all_proxy`/ `ALL_PROXY`; not for the hosts, domains, addresses
/// and networks in `no_proxy`/`NO_PROXY`, and never for loopback hosts.
std::string proxy_for(const Environment& environment, const Url& url);

}  // namespace pycontainer::net
