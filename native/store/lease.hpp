#pragma once

// Builds and evictions side by side, in any number of processes that share a store.
//
// A build holds a `Lease` from before it looks for its first blob until it needs none any more: a
// file of `leases/` that it keeps locked (flock), so that its death releases it, however it comes.
// Times of use are written at most hourly (`kTouchInterval`). Whoever evicts therefore leaves alone
// what was used since an hour before the oldest living lease began: all that its build has found is
// among it, whether or not it had to write a time.
//
// What is left to keep apart is looking and acting: that a build begins, or writes the time of a
// blob it has found, between an evictor's look at it and its removal. The `Gate` does: evictors
// hold it exclusively, for the milliseconds in which they look at the leases and move some entries
// away; builds share it, for the microseconds in which they begin or write a time. Deleting takes
// place outside.

#include "base/file.hpp"
#include "exec/context.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <vector>

struct stat;

namespace pycontainer::store {

/// The time of use of an entry is its file's access time, and is not written again earlier.
constexpr std::chrono::hours kTouchInterval{1};

/// Nanoseconds since the epoch.
using Time = std::int64_t;

Time now();
/// When an entry was used last. Also moved by the kernel when somebody reads the file, which is use
/// as well.
Time used_at(const struct stat& info);
Time modified_at(const struct stat& info);
/// Whether the time of use has to be written. A time in the future is wrong and counts as old.
bool needs_touch(const struct stat& info, Time at);
/// Writes the time of use, and only that. What cannot be written stays as it is.
void touch(const std::filesystem::path& path);

/// Shared or exclusive presence at a store, ended by the destructor. One thread at a time.
class Gate {
public:
    enum class Mode { Shared, Exclusive };
    /// Waits until nobody who excludes this is inside; creates the store's directory. Errors:
    /// `cancelled`, `file/…`.
    static Result<Gate> enter(const exec::Context& ctx, const std::filesystem::path& root,
                              Mode mode);

private:
    explicit Gate(FileDescriptor file) : file_(std::move(file)) {}
    FileDescriptor file_;
};

/// Says that what its holder finds in the store must stay. Released by the destructor, and by the
/// end of the process.
class Lease {
public:
    /// One that holds nothing.
    Lease() = default;
    /// Where nobody can write – a read-only disk – there is nobody to evict either, and the lease
    /// holds nothing. Errors: `cancelled`, `file/…`.
    static Result<Lease> take(const exec::Context& ctx, const std::filesystem::path& root);
    Lease(Lease&&) noexcept = default;
    Lease& operator=(Lease&& other) noexcept;
    ~Lease() { release(); }

    bool is_held() const { return file_.is_open(); }
    void release() noexcept;

private:
    FileDescriptor file_;
    std::filesystem::path path_;
};

/// The leases of a store at one moment.
struct Leases {
    std::vector<std::string> holders;  ///< the ids of the processes, as they know them themselves
    /// What was used or written at this time or later may be needed by a holder.
    Time needed_since = std::numeric_limits<Time>::max();
    bool found_dead = false;  ///< some process has ended without releasing its lease
};

/// Looks at the leases and removes those of the dead. The gate has to be held exclusively.
Leases look_at_leases(const Gate& gate, const std::filesystem::path& root);

}  // namespace pycontainer::store
