#pragma once

// Other places for the wheels of a lock than the addresses in it: behind a
// mirror, without a network, after the server has moved
// (docs/decisions/0008-mirrors-and-locks.md).

#include "base/result.hpp"
#include "exec/context.hpp"
#include "index/index_client.hpp"
#include "resolve/wheel_choice.hpp"

#include <optional>
#include <string>

namespace pycontainer::resolve {

/// Thread-safe; borrows the clients. The one for locks has none of the
/// project's own indexes.
class WheelPlaces {
public:
    WheelPlaces(index::IndexClient& client, index::IndexClient& for_locks)
        : client_(client), for_locks_(for_locks) {}

    /// Where the wheel is to be taken from instead of the lock's address: with
    /// `--no-index` one of the flat places; when the lock names the built-in
    /// index and another one is configured in its place, that one. Nothing: the
    /// lock's address it is.
    ///
    /// Errors: `index/none` when `--no-index` is given and no place has it;
    /// `index/…`, `net/…`.
    Result<std::optional<std::string>> instead(const exec::Context& ctx,
                                               const SelectedWheel& wheel) const;
    /// Where it is besides the lock's address, by name and hash; nothing when no
    /// index says. What the lock took from another index than the built-in one is
    /// looked for at that index only.
    Result<std::optional<std::string>> otherwise(const exec::Context& ctx,
                                                 const SelectedWheel& wheel) const;

private:
    index::IndexClient& client_;
    index::IndexClient& for_locks_;
};

}  // namespace pycontainer::resolve
