#pragma once

// How large the cache may grow, as people write it: `10G`, `512MiB`, `none`.

#include "base/environment.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace pycontainer::store {

/// 20 GB: room for the wheels and layers of several projects with a machine-learning stack (about
/// 6 GB each) or some fifty ordinary ones, on disks as developers and CI machines have them.
constexpr std::uint64_t kDefaultCacheSize = 20'000'000'000;

/// Bytes of `1234`, `10G`, `1.5 GB` (powers of 1000) or `10Gi`, `10GiB` (powers of 1024); K, M, G
/// and T in either case. Nothing when the text is no size, or one that is too large to count.
std::optional<std::uint64_t> parse_size(std::string_view text);

/// `PYCONTAINER_CACHE_SIZE`; nothing when it is `none`: no limit. Errors: `config/invalid-value`.
Result<std::optional<std::uint64_t>> cache_size_limit(const Environment& environment);

}  // namespace pycontainer::store
