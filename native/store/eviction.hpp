#pragma once

// What is in a store, and what leaves it: the least recently used entries when it has grown too
// large or they too old, and what killed builds left half-written.
//
// Blobs and records are entries alike. Nothing depends on them being together: a record whose blob
// is gone is a miss, and so is a blob without a record. Entries are moved aside while the gate is
// held, a few at a time, and deleted after it (store/lease.hpp).

#include "base/digest.hpp"
#include "exec/context.hpp"
#include "store/lease.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace pycontainer::store {

struct Entry {
    enum class Kind { Blob, Record };
    std::filesystem::path path;
    Kind kind = Kind::Blob;
    std::uint64_t size = 0;
    bool is_shared = false;  ///< its bytes are in an image as well (hard link)
    Time used = 0;
};

/// A store at a glance; others may change it meanwhile.
struct Inventory {
    std::vector<Entry> entries;                   ///< least recently used first
    std::vector<std::filesystem::path> leftover;  ///< half-written, by builds dead or alive
    std::uint64_t leftover_size = 0;
    std::uint64_t size = 0;  ///< of the entries
};

/// Nothing is opened, and no time of use changes. A store that is not there is empty.
Inventory take_inventory(const std::filesystem::path& root);

struct EvictionGoal {
    /// Entries used before this go.
    std::optional<Time> used_since{};
    /// When the entries have more bytes than this, the oldest go until `down_to` are left.
    std::optional<std::uint64_t> max_size{};
    std::uint64_t down_to = 0;

    static EvictionGoal size(std::uint64_t bytes) {
        return {.used_since = {}, .max_size = bytes, .down_to = bytes};
    }
};

struct EvictionReport {
    std::size_t removed = 0;
    std::uint64_t removed_size = 0;
    std::uint64_t shared_size = 0;  ///< of `removed_size`: on the disk still, in images
    std::size_t left = 0;
    std::uint64_t left_size = 0;
    /// Entries that should have gone and stay, since a running build may need them, or somebody has
    /// just used them.
    std::size_t needed = 0;
    std::vector<std::string> holders;  ///< processes of the builds that were running
};

/// Takes entries out until the goal is reached, and what dead builds left half-written. Errors:
/// `cancelled`, `file/…`.
Result<EvictionReport> evict(const exec::Context& ctx, const std::filesystem::path& root,
                             const EvictionGoal& goal);

/// Takes everything out. Errors: `store/in-use` when a build is running; `cancelled`, `file/…`.
Result<EvictionReport> clear(const exec::Context& ctx, const std::filesystem::path& root);

/// To be called after a build, good or bad, that has added `added` bytes and has released its
/// lease: removes what dead builds left, and evicts when the store may have passed `limit`, down to
/// nine tenths of it. The total is estimated: by the last inventory, at most a day old, and what
/// builds have added since. What does not succeed is left for the next build.
void tidy(const exec::Context& ctx, const std::filesystem::path& root, std::uint64_t added,
          const std::optional<std::uint64_t>& limit);

}  // namespace pycontainer::store
