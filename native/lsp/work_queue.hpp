#pragma once

// Work for one thread, in its order: what the reading thread hands over so that it can go on
// reading.

#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>

namespace pycontainer::lsp {

/// Thread-safe. What is thrown ends one work only. The destructor drops what has not begun and
/// waits for what has.
class WorkQueue {
public:
    using Work = std::function<void()>;

    WorkQueue() : thread_([this](const std::stop_token& stop) { run(stop); }) {}
    WorkQueue(const WorkQueue&) = delete;
    WorkQueue& operator=(const WorkQueue&) = delete;
    ~WorkQueue() {
        thread_.request_stop();
        changed_.notify_all();
    }

    void add(Work work) {
        {
            const std::lock_guard lock(mutex_);
            waiting_.push_back(std::move(work));
        }
        changed_.notify_one();
    }

private:
    void run(const std::stop_token& stop) {
        while (!stop.stop_requested()) {
            Work work;
            {
                std::unique_lock lock(mutex_);
                changed_.wait(lock, stop, [this] { return !waiting_.empty(); });
                if (stop.stop_requested()) return;
                work = std::move(waiting_.front());
                waiting_.pop_front();
            }
            try {
                work();
            } catch (const std::exception&) {
                // What answers somebody tells its own faults; the next work is not to suffer.
            }
        }
    }

    std::mutex mutex_;
    std::condition_variable_any changed_;
    std::deque<Work> waiting_;
    std::jthread thread_;
};

}  // namespace pycontainer::lsp
