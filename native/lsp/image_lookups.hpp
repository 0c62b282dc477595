#pragma once

// Questions that wait for a registry, so that no other question waits for them. At most `kAtOnce`
// registries are asked at a time, and each thing once, however many wait for it.

#include "base/environment.hpp"
#include "base/json.hpp"
#include "base/result.hpp"
#include "exec/context.hpp"
#include "intellisense/image_catalog.hpp"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <set>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

namespace pycontainer::lsp {

/// Thread-safe. Threads begin with the first look-up.
class ImageLookups {
public:
    using Want = intellisense::ImageWant;
    using LookUp = std::function<Result<void>(const exec::Context&, const Want&)>;
    /// Told of every look-up that ended, on the thread that made it.
    using Ended = std::function<void(const Want&, const Result<void>&)>;

    static constexpr unsigned kAtOnce = 2;

    ImageLookups(const Environment& environment, LookUp look_up, Ended ended);
    ImageLookups(const ImageLookups&) = delete;
    ImageLookups& operator=(const ImageLookups&) = delete;
    /// Stops what is running. Who waits is not answered any more.
    ~ImageLookups();

    /// Leaves of `wants` what may be asked now: what has failed a moment ago is left alone, and a
    /// registry that limits its callers for longer.
    std::vector<Want> promising(std::vector<Want> wants) const;
    /// Calls `ready`, on another thread unless nothing is wanted, once all of `wants` ended, or
    /// after `patience`; then they go on by themselves.
    void wait(const Json& id, const std::vector<Want>& wants, std::chrono::milliseconds patience,
              std::function<void()> ready);
    /// True: somebody with this id was waiting and is not any more, and what nobody else waits for
    /// is stopped.
    bool cancel(const Json& id);

private:
    using Clock = std::chrono::steady_clock;
    struct Job {
        std::stop_source stop;
        bool is_running = false;
        bool took_too_long = false;
        Clock::time_point deadline;
    };
    struct Waiter {
        Json id;
        std::set<Want> open;
        Clock::time_point deadline;
        std::function<void()> ready;
    };

    void start_threads();
    void work(const std::stop_token& stop);
    void watch_clock(const std::stop_token& stop);
    void end(const Want& want, const Result<void>& result);
    /// The waiters for which `is_ready` holds, taken out of the list.
    template <typename Predicate>
    std::list<Waiter> take(Predicate is_ready);

    const Environment* environment_;
    LookUp look_up_;
    Ended ended_;
    mutable std::mutex mutex_;
    std::condition_variable_any changed_;
    std::deque<Want> queue_;
    std::map<Want, Job> jobs_;
    std::list<Waiter> waiters_;
    unsigned changes_ = 0;                              ///< of the three above, for the clock
    std::map<std::string, Clock::time_point> resting_;  ///< not to be asked before then
    std::vector<std::jthread> threads_;
};

}  // namespace pycontainer::lsp
