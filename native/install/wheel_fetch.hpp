#pragma once

// Gets a wheel's bytes into the store: from its URL or from this machine, hash and size checked
// while they stream.

#include "exec/context.hpp"
#include "net/http_client.hpp"
#include "resolve/wheel_choice.hpp"
#include "store/store.hpp"

namespace pycontainer::install {

struct FetchedWheel {
    Digest digest;
    std::uint64_t size = 0;
};

/// Afterwards the wheel is a blob of the store. Unverified bytes never become one. Thread-safe.
///
/// Errors: `install/wrong-hash`, `install/wrong-size`, `install/download-failed`,
/// `install/no-source`, `file/…`, `net/…`, `cancelled`.
Result<FetchedWheel> fetch_wheel(const exec::Context& ctx, const resolve::SelectedWheel& wheel,
                                 net::HttpClient& http, store::Store& store);

}  // namespace pycontainer::install
