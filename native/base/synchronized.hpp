#pragma once

#include <mutex>
#include <utility>

namespace pycontainer {

/// A value that can be reached only under its lock: `cache.with([](auto& value) { … })`.
/// Thread-safe.
template <typename T>
class Synchronized {
public:
    Synchronized() = default;
    explicit Synchronized(T value) : value_(std::move(value)) {}

    template <typename Function>
    decltype(auto) with(Function&& function) {
        const std::lock_guard lock(mutex_);
        return std::forward<Function>(function)(value_);
    }
    template <typename Function>
    decltype(auto) with(Function&& function) const {
        const std::lock_guard lock(mutex_);
        return std::forward<Function>(function)(static_cast<const T&>(value_));
    }

private:
    mutable std::mutex mutex_;
    T value_{};
};

}  // namespace pycontainer
