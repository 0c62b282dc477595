#include "lsp/image_lookups.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace pycontainer::lsp {
namespace {

constexpr std::chrono::seconds kLongest{30};
constexpr std::chrono::seconds kRestAfterFailure{60};
constexpr std::chrono::minutes kRestAfterLimit{10};

std::string registry_of(const ImageLookups::Want& want) {
    return want.name.substr(0, want.name.find('/'));
}

std::string key_of(const ImageLookups::Want& want) {
    return fmt::format("{} {}", static_cast<int>(want.kind), want.name);
}

}  // namespace

ImageLookups::ImageLookups(const Environment& environment, LookUp look_up, Ended ended)
    : environment_(&environment), look_up_(std::move(look_up)), ended_(std::move(ended)) {}

ImageLookups::~ImageLookups() {
    {
        const std::lock_guard lock(mutex_);
        for (auto& [want, job] : jobs_) job.stop.request_stop();
        queue_.clear();
        waiters_.clear();
        for (auto& thread : threads_) thread.request_stop();
    }
    changed_.notify_all();
    threads_.clear();  // joins
}

std::vector<ImageLookups::Want> ImageLookups::promising(std::vector<Want> wants) const {
    const std::lock_guard lock(mutex_);
    const auto now = Clock::now();
    const auto rests = [&](const std::string& key) {
        const auto found = resting_.find(key);
        return found != resting_.end() && now < found->second;
    };
    std::erase_if(
        wants, [&](const Want& want) { return rests(key_of(want)) || rests(registry_of(want)); });
    return wants;
}

void ImageLookups::wait(const Json& id, const std::vector<Want>& wants,
                        std::chrono::milliseconds patience, std::function<void()> ready) {
    if (wants.empty()) return ready();
    {
        const std::lock_guard lock(mutex_);
        start_threads();
        for (const auto& want : wants)
            if (jobs_.try_emplace(want).second) queue_.push_back(want);
        waiters_.push_back({id, std::set<Want>(wants.begin(), wants.end()), Clock::now() + patience,
                            std::move(ready)});
        ++changes_;
    }
    changed_.notify_all();
}

bool ImageLookups::cancel(const Json& id) {
    const std::lock_guard lock(mutex_);
    const auto waiter = std::find_if(waiters_.begin(), waiters_.end(),
                                     [&](const Waiter& one) { return one.id == id; });
    if (waiter == waiters_.end()) return false;
    const auto open = std::move(waiter->open);
    waiters_.erase(waiter);
    for (const auto& want : open) {
        const bool is_wanted =
            std::any_of(waiters_.begin(), waiters_.end(),
                        [&](const Waiter& other) { return other.open.contains(want); });
        const auto job = jobs_.find(want);
        if (is_wanted || job == jobs_.end()) continue;
        job->second.stop.request_stop();
        if (job->second.is_running) continue;
        std::erase(queue_, want);
        jobs_.erase(job);
    }
    return true;
}

void ImageLookups::start_threads() {
    if (!threads_.empty()) return;
    for (unsigned i = 0; i < kAtOnce; ++i)
        threads_.emplace_back([this](const std::stop_token& stop) { work(stop); });
    threads_.emplace_back([this](const std::stop_token& stop) { watch_clock(stop); });
}

void ImageLookups::work(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        Want want;
        std::stop_token job_stop;
        {
            std::unique_lock lock(mutex_);
            changed_.wait(lock, stop, [this] { return !queue_.empty(); });
            if (stop.stop_requested()) return;
            want = std::move(queue_.front());
            queue_.pop_front();
            auto& job = jobs_[want];
            job.is_running = true;
            job.deadline = Clock::now() + kLongest;
            job_stop = job.stop.get_token();
            ++changes_;
        }
        changed_.notify_all();  // the clock has a new deadline
        exec::NullEventSink events;
        const exec::Context ctx(job_stop, events, *environment_, 1);
        Result<void> result;
        try {
            result = look_up_(ctx, want);
        } catch (const std::exception& error) {
            result = fail("internal/unexpected", "an unexpected fault occurred: {}", error.what());
        }
        end(want, result);
    }
}

template <typename Predicate>
std::list<ImageLookups::Waiter> ImageLookups::take(Predicate is_ready) {
    std::list<Waiter> taken;
    for (auto waiter = waiters_.begin(); waiter != waiters_.end();) {
        const auto next = std::next(waiter);
        if (is_ready(*waiter)) taken.splice(taken.end(), waiters_, waiter);
        waiter = next;
    }
    return taken;
}

void ImageLookups::end(const Want& want, const Result<void>& result) {
    std::list<Waiter> ready;
    {
        const std::lock_guard lock(mutex_);
        const auto& job = jobs_[want];
        const bool was_cancelled = job.stop.stop_requested() && !job.took_too_long;
        jobs_.erase(want);
        ++changes_;
        const auto now = Clock::now();
        std::erase_if(resting_, [&](const auto& entry) { return entry.second <= now; });
        if (!result && !was_cancelled) {
            const bool is_limit = result.error().code == "registry/rate-limited";
            resting_[is_limit ? registry_of(want) : key_of(want)] =
                now +
                (is_limit ? Clock::duration(kRestAfterLimit) : Clock::duration(kRestAfterFailure));
        }
        // Who came after it had been stopped wants it done again.
        const bool is_wanted = was_cancelled && std::any_of(waiters_.begin(), waiters_.end(),
                                                            [&](const Waiter& waiter) {
                                                                return waiter.open.contains(want);
                                                            });
        if (is_wanted) {
            jobs_.try_emplace(want);
            queue_.push_back(want);
        } else {
            for (auto& waiter : waiters_) waiter.open.erase(want);
            ready = take([](const Waiter& waiter) { return waiter.open.empty(); });
        }
    }
    changed_.notify_all();
    ended_(want, result);
    for (auto& waiter : ready) waiter.ready();
}

void ImageLookups::watch_clock(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        std::list<Waiter> ready;
        {
            std::unique_lock lock(mutex_);
            const auto seen = changes_;
            auto next = Clock::time_point::max();
            for (const auto& waiter : waiters_) next = std::min(next, waiter.deadline);
            for (const auto& [want, job] : jobs_)
                if (job.is_running && !job.took_too_long) next = std::min(next, job.deadline);
            const auto has_changed = [&] { return changes_ != seen; };
            if (next == Clock::time_point::max())
                changed_.wait(lock, stop, has_changed);
            else
                changed_.wait_until(lock, stop, next, has_changed);
            const auto now = Clock::now();
            for (auto& [want, job] : jobs_) {
                if (!job.is_running || now < job.deadline) continue;
                job.took_too_long = true;
                job.stop.request_stop();
            }
            ready = take([&](const Waiter& waiter) { return now >= waiter.deadline; });
        }
        for (auto& waiter : ready) waiter.ready();
    }
}

}  // namespace pycontainer::lsp
