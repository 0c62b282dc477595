#pragma once

// A request's body that comes from elsewhere while it is being sent – a blob on its way from one
// registry to another – and is kept nowhere.

#include "exec/context.hpp"
#include "net/http_client.hpp"

#include <cstdint>
#include <functional>

namespace pycontainer::net {

/// Writes all bytes of a body into the sink, in order, and checks that they are the right ones. It
/// may be called again, for the same bytes.
using BodyProducer = std::function<Result<void>(const exec::Context&, const ByteSink&)>;

/// What `produce` writes, on a thread that begins with the first read and ends with the last copy
/// of the source; at most a few MiB wait between the two. Reads go forward, over gaps too; one at
/// an earlier offset makes it begin anew. The last byte is read only after `produce` has succeeded,
/// so that a request whose body turns out wrong never becomes complete. Reads fail as `produce`
/// does, with `net/interrupted` when it writes another number of bytes than `size`, and with
/// `cancelled`.
BodySource streamed_source(const exec::Context& ctx, std::uint64_t size, BodyProducer produce);

}  // namespace pycontainer::net
