#pragma once

// What a store holds, for people: sizes and counts by kind.

#include "base/json.hpp"
#include "exec/context.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>

namespace pycontainer::store {

/// `path`, `size`, `count`, `limit` (null: none), `oldest_use` (RFC 3339, null in an empty store)
/// and `kinds`: an array of `kind`, `size` and `count` for `layers`, `wheels`, `documents`,
/// `records` and what is `half-written`. A blob's kind is told by its first bytes; no time of use
/// changes. Errors: `cancelled`.
Result<Json> describe_cache(const exec::Context& ctx, const std::filesystem::path& root,
                            const std::optional<std::uint64_t>& limit);

}  // namespace pycontainer::store
