#pragma once

// The first parameter of everything that waits: how to be stopped, where events go, who runs tasks,
// which environment.

#include "base/environment.hpp"
#include "base/result.hpp"
#include "exec/events.hpp"

#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace pycontainer::exec {

/// Borrowed by everything below a request; outlives it. Thread-safe.
class Context {
public:
    Context(std::stop_token stop, EventSink& events, const Environment& environment,
            unsigned concurrency)
        : stop_(std::move(stop)),
          events_(&events),
          environment_(&environment),
          concurrency_(concurrency == 0 ? 1 : concurrency) {}

    const std::stop_token& stop_token() const { return stop_; }
    bool is_stopped() const { return stop_.stop_requested(); }
    /// `cancelled` once stop was requested: `PYC_TRY(ctx.check());` in every loop over entries or
    /// chunks.
    Result<void> check() const;
    /// Sleeps, but wakes at once when stopped. Errors: `cancelled`.
    Result<void> wait(std::chrono::milliseconds duration) const;

    EventSink& events() const { return *events_; }
    const Environment& environment() const { return *environment_; }
    /// CPU-bound tasks at a time; 1 runs everything on the calling thread.
    unsigned concurrency() const { return concurrency_; }

    void log(std::string message) const;
    void warn(std::string_view code, std::string message, std::string hint = {}) const;

    /// A context for tasks that stops when this one does or when `stop` is requested.
    Context with_stop(std::stop_token stop) const;

private:
    std::stop_token stop_;
    EventSink* events_;
    const Environment* environment_;
    unsigned concurrency_;
};

/// A piece of work that is shown: started now, finished by the destructor. One thread at a time,
/// except `advance`.
class Activity {
public:
    Activity(const Context& ctx, std::string name, std::uint64_t total = 0,
             std::uint64_t parent = 0);
    Activity(const Activity&) = delete;
    Activity& operator=(const Activity&) = delete;
    ~Activity();

    std::uint64_t id() const { return id_; }
    void set_total(std::uint64_t total) { total_ = total; }
    /// Thread-safe. Emits at most once per 1 % of the total, or every 64 KiB when there is none.
    void advance(std::uint64_t amount);
    /// Work that has to be done again (a retried download).
    void retreat(std::uint64_t amount);
    void finish(std::string_view outcome);

private:
    EventSink* events_;
    std::uint64_t id_;
    std::atomic<std::uint64_t> done_{0};
    std::atomic<std::uint64_t> reported_{0};
    std::uint64_t total_;
    std::string outcome_;
};

/// Runs `task(0) … task(count-1)`, up to `limit` at a time, on threads of its own. The first error
/// stops the rest (their context is stopped) and is returned. With a limit of 1 the calling thread
/// does everything, in order. Exceptions become `internal/unexpected`.
Result<void> parallel_for(const Context& ctx, std::size_t count, unsigned limit,
                          const std::function<Result<void>(const Context&, std::size_t)>& task);

}  // namespace pycontainer::exec
