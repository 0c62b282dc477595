#include "net/streamed_source.hpp"

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace pycontainer::net {
namespace {

constexpr std::size_t kMostWaiting = 1U << 20U;

/// One run of a producer: bytes go from its thread to the reader's.
class Run {
public:
    Run(const exec::Context& ctx, std::uint64_t size, const BodyProducer& produce)
        : size_(size),
          link_(ctx.stop_token(), [this] { stop_.request_stop(); }),
          thread_([this, ctx, &produce] { run(ctx.with_stop(stop_.get_token()), produce); }) {}
    Run(const Run&) = delete;
    Run& operator=(const Run&) = delete;
    ~Run() { stop_.request_stop(); }  // the thread is joined before anything that it uses goes

    /// The bytes after those that were taken before: at least one, except at the end.
    Result<std::size_t> take(std::span<std::byte> out) {
        if (taken_ == size_) return 0;
        if (at_ == current_.size()) PYC_TRY(refill());
        const auto count = std::min(out.size(), current_.size() - at_);
        if (taken_ + count == size_) PYC_TRY(await_success());
        std::memcpy(out.data(), current_.data() + at_, count);
        at_ += count;
        taken_ += count;
        return count;
    }
    std::uint64_t taken() const { return taken_; }

private:
    void run(const exec::Context& ctx, const BodyProducer& produce) {
        Result<void> result;
        try {
            result = produce(ctx, [this](Bytes bytes) { return give(bytes); });
        } catch (const std::exception& error) {
            result = fail("internal/unexpected", "an unexpected fault occurred: {}", error.what());
        }
        const std::lock_guard lock(mutex_);
        result_ = std::move(result);
        changed_.notify_all();
    }

    Result<void> give(Bytes bytes) {
        std::unique_lock lock(mutex_);
        given_ += bytes.size();
        if (given_ > size_) return wrong_length();
        if (!changed_.wait(lock, stop_.get_token(), [&] { return waiting_.size() < kMostWaiting; }))
            return cancelled();
        waiting_.insert(waiting_.end(), bytes.begin(), bytes.end());
        changed_.notify_all();
        return {};
    }

    Result<void> refill() {
        current_.clear();
        at_ = 0;
        std::unique_lock lock(mutex_);
        if (!changed_.wait(lock, stop_.get_token(), [&] { return !waiting_.empty() || result_; }))
            return cancelled();
        if (waiting_.empty()) return *result_ ? wrong_length() : fail(result_->error());
        std::swap(current_, waiting_);
        changed_.notify_all();
        return {};
    }

    Result<void> await_success() {
        std::unique_lock lock(mutex_);
        if (!changed_.wait(lock, stop_.get_token(), [&] { return result_.has_value(); }))
            return cancelled();
        return *result_;
    }

    Failure wrong_length() const {
        return fail("net/interrupted", "a body of {} bytes came with another length", size_)
            .hint("try again")
            .retryable();
    }

    // The reader's alone.
    std::vector<std::byte> current_;
    std::size_t at_ = 0;
    std::uint64_t taken_ = 0;

    const std::uint64_t size_;
    std::mutex mutex_;
    std::condition_variable_any changed_;
    std::vector<std::byte> waiting_;
    std::uint64_t given_ = 0;
    std::optional<Result<void>> result_;
    std::stop_source stop_;
    std::stop_callback<std::function<void()>> link_;
    std::jthread thread_;  // last: it is joined first
};

/// Runs the producer as often as the reads want it.
class Stream {
public:
    Stream(const exec::Context& ctx, std::uint64_t size, BodyProducer produce)
        : ctx_(ctx), size_(size), produce_(std::move(produce)) {}

    Result<std::size_t> read(std::uint64_t offset, std::span<std::byte> out) {
        if (offset >= size_ || out.empty()) return 0;
        if (run_ && run_->taken() > offset) run_.reset();
        if (!run_) run_ = std::make_unique<Run>(ctx_, size_, produce_);
        while (run_->taken() < offset) {  // what the receiver has already
            const auto wanted = std::min<std::uint64_t>(out.size(), offset - run_->taken());
            PYC_TRY(run_->take(out.first(static_cast<std::size_t>(wanted))));
        }
        return run_->take(out);
    }

private:
    exec::Context ctx_;
    std::uint64_t size_;
    BodyProducer produce_;
    std::unique_ptr<Run> run_;
};

}  // namespace

BodySource streamed_source(const exec::Context& ctx, std::uint64_t size, BodyProducer produce) {
    const auto stream = std::make_shared<Stream>(ctx, size, std::move(produce));
    return {size, [stream](std::uint64_t offset, std::span<std::byte> out) {
                return stream->read(offset, out);
            }};
}

}  // namespace pycontainer::net
