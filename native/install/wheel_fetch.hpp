#pragma once

// Gets a wheel's bytes into the store: from its URL or from this machine, hash and size checked
// while they stream.

#include "exec/context.hpp"
#include "net/http_client.hpp"
#include "resolve/wheel_choice.hpp"
#include "store/store.hpp"

#include <functional>
#include <optional>
#include <string>

namespace pycontainer::install {

/// Where wheels come from: the way there, and who knows other places than the lock.
struct WheelSource {
    enum class Asked {
        First,         ///< before the lock's own address is tried
        AfterFailure,  ///< when the file is not there, or its server cannot be reached
    };
    /// A URL to take the wheel from; nothing: it knows none.
    using FindPlace = std::function<Result<std::optional<std::string>>(
        const exec::Context& ctx, const resolve::SelectedWheel& wheel, Asked asked)>;

    WheelSource(net::HttpClient& client,
                FindPlace find = {})  // NOLINT(google-explicit-constructor)
        : http(&client), find_place(std::move(find)) {}

    net::HttpClient* http;
    FindPlace find_place;
};

struct FetchedWheel {
    Digest digest;
    std::uint64_t size = 0;
};

/// Afterwards the wheel is a blob of the store. Unverified bytes never become one. Thread-safe.
///
/// Another place than the lock's is only taken for a wheel whose hash the lock has.
///
/// Errors: `install/wrong-hash`, `install/wrong-size`, `install/download-failed`,
/// `install/no-source`, `file/…`, `net/…`, `cancelled`; those of the source.
Result<FetchedWheel> fetch_wheel(const exec::Context& ctx, const resolve::SelectedWheel& wheel,
                                 const WheelSource& source, store::Store& store);

}  // namespace pycontainer::install
