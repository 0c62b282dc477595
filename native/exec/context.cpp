#include "exec/context.hpp"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <optional>
#include <thread>

namespace pycontainer::exec {
namespace {

std::uint64_t next_id() {
    static std::atomic<std::uint64_t> counter{0};
    return counter.fetch_add(1) + 1;
}

Result<void> run_guarded(const Context& ctx, std::size_t index,
                         const std::function<Result<void>(const Context&, std::size_t)>& task) {
    try {
        PYC_TRY(ctx.check());
        return task(ctx, index);
    } catch (const std::exception& error) {
        return fail("internal/unexpected", "an unexpected fault occurred: {}", error.what())
            .hint("this is a bug in pycontainer; please report it with the output of --verbose");
    }
}

}  // namespace

Result<void> Context::check() const {
    if (stop_.stop_requested()) return cancelled();
    return {};
}

Result<void> Context::wait(std::chrono::milliseconds duration) const {
    std::mutex mutex;
    std::condition_variable_any condition;
    std::unique_lock lock(mutex);
    condition.wait_for(lock, stop_, duration, [] { return false; });
    return check();
}

void Context::log(std::string message) const {
    Event event;
    event.kind = EventKind::Log;
    event.message = std::move(message);
    events_->emit(event);
}

void Context::warn(std::string_view code, std::string message, std::string hint) const {
    Event event;
    event.kind = EventKind::Warning;
    event.code = code;
    event.message = std::move(message);
    event.hint = std::move(hint);
    events_->emit(event);
}

Context Context::with_stop(std::stop_token stop) const {
    Context other = *this;
    other.stop_ = std::move(stop);
    return other;
}

Activity::Activity(const Context& ctx, std::string name, std::uint64_t total, std::uint64_t parent)
    : events_(&ctx.events()), id_(next_id()), total_(total) {
    Event event;
    event.kind = EventKind::ActivityStarted;
    event.id = id_;
    event.parent = parent;
    event.name = std::move(name);
    event.total = total;
    events_->emit(event);
}

Activity::~Activity() {
    finish("done");
}

void Activity::advance(std::uint64_t amount) {
    const auto done = done_.fetch_add(amount) + amount;
    const auto step = total_ == 0 ? std::uint64_t{65536} : std::max<std::uint64_t>(total_ / 100, 1);
    auto reported = reported_.load();
    if (done < reported + step && done != total_) return;
    if (!reported_.compare_exchange_strong(reported, done)) return;
    Event event;
    event.kind = EventKind::ActivityProgress;
    event.id = id_;
    event.done = done;
    event.total = total_;
    events_->emit(event);
}

void Activity::retreat(std::uint64_t amount) {
    done_.fetch_sub(amount);
    reported_.store(0);
}

void Activity::finish(std::string_view outcome) {
    if (!outcome_.empty()) return;
    outcome_ = outcome;
    Event event;
    event.kind = EventKind::ActivityFinished;
    event.id = id_;
    event.done = done_.load();
    event.total = total_;
    event.outcome = outcome_;
    events_->emit(event);
}

Result<void> parallel_for(const Context& ctx, std::size_t count, unsigned limit,
                          const std::function<Result<void>(const Context&, std::size_t)>& task) {
    if (limit <= 1 || count <= 1) {
        for (std::size_t i = 0; i < count; ++i) PYC_TRY(run_guarded(ctx, i, task));
        return {};
    }
    std::stop_source stop;
    const std::stop_callback forward(ctx.stop_token(), [&] { stop.request_stop(); });
    const Context inner = ctx.with_stop(stop.get_token());
    std::atomic<std::size_t> next{0};
    std::mutex mutex;
    std::optional<Error> first;
    const auto work = [&] {
        for (std::size_t i = next.fetch_add(1); i < count; i = next.fetch_add(1)) {
            auto result = run_guarded(inner, i, task);
            if (result) continue;
            const std::lock_guard lock(mutex);
            if (!first)
                first = std::move(result).error();  // later ones are mostly our own cancellation
            stop.request_stop();
            return;
        }
    };
    {
        std::vector<std::jthread> threads;
        for (std::size_t i = 0; i < std::min<std::size_t>(limit, count); ++i)
            threads.emplace_back(work);
    }
    if (first) return fail(std::move(*first));
    return ctx.check();
}

}  // namespace pycontainer::exec
