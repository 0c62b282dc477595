#pragma once

// The requests beyond LSP, `pycontainer/…`: what an editor's buttons and views ask for. Each is one
// call of the service; the server runs it on a thread of its own, with progress.

#include "base/json.hpp"
#include "exec/context.hpp"
#include "service/service.hpp"

#include <functional>
#include <optional>
#include <string>

namespace pycontainer::lsp {

/// A request that was read and is ready to run.
struct CustomRequest {
    std::string title;  ///< of its progress
    std::function<Result<Json>(const exec::Context&)> work;
};

/// What the server was started not to do.
struct Limits {
    bool no_exec = false;
    bool no_network = false;
};

/// Why a request of ours is refused; nothing when it is not, and for methods that are none of ours.
std::optional<std::string> refusal_of(const std::string& method, const Limits& limits);

/// Nothing: `method` is none of ours. Borrows the service. Without a network builds and plans are
/// made offline, whatever the parameters say. Errors: `request/invalid`, and those of what is
/// parsed from the parameters.
std::optional<Result<CustomRequest>> read_custom_request(const service::Service& service,
                                                         const std::string& method, Json params,
                                                         const Limits& limits = {});

}  // namespace pycontainer::lsp
