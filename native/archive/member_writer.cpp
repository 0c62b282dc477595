#include "archive/member_writer.hpp"

#include "archive/deflate.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace pycontainer::archive {
namespace {

constexpr std::size_t kChunk = 1U << 20U;

struct Chunk {
    std::string content;
    std::string member;
    bool done = false;
};

/// Threads that turn chunks into members, in any order. The owner keeps the chunks alive.
class ChunkPool {
public:
    explicit ChunkPool(unsigned threads) {
        for (unsigned i = 0; i < threads; ++i)
            threads_.emplace_back([this](const std::stop_token& stop) { run(stop); });
    }
    void submit(Chunk& chunk) {
        {
            const std::lock_guard lock(mutex_);
            waiting_.push_back(&chunk);
        }
        changed_.notify_all();
    }
    void wait(const Chunk& chunk) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return chunk.done; });
    }

private:
    void run(const std::stop_token& stop) {
        Deflater deflater;
        std::unique_lock lock(mutex_);
        while (changed_.wait(lock, stop, [&] { return !waiting_.empty(); })) {
            Chunk& chunk = *waiting_.front();
            waiting_.pop_front();
            lock.unlock();
            chunk.member = deflater.gzip_member(as_bytes(chunk.content));
            chunk.content = {};
            lock.lock();
            chunk.done = true;
            changed_.notify_all();
        }
    }

    std::mutex mutex_;
    std::condition_variable_any changed_;
    std::deque<Chunk*> waiting_;
    std::vector<std::jthread> threads_;  // last: joined before the rest is destroyed
};

}  // namespace

struct MemberWriter::State {
    State(ByteSink sink, Compression kind, unsigned count)
        : out(std::move(sink)), compression(kind), threads(count == 0 ? 1 : count) {}

    ByteSink out;
    Compression compression;
    unsigned threads;
    std::string buffer;
    Sha256 out_hash;
    Sha256 tar_hash;
    std::uint64_t size = 0;
    std::uint64_t tar_size = 0;
    Deflater deflater;
    std::deque<Chunk> chunks;         // in order; addresses stay
    std::unique_ptr<ChunkPool> pool;  // after `chunks`: it stops first

    Result<void> emit(Bytes bytes) {
        out_hash.update(bytes);
        size += bytes.size();
        return out(bytes);
    }

    Result<void> emit_first() {
        auto& chunk = chunks.front();
        if (pool)
            pool->wait(chunk);
        else
            chunk.member = deflater.gzip_member(as_bytes(chunk.content));
        PYC_TRY(emit(as_bytes(chunk.member)));
        chunks.pop_front();
        return {};
    }

    Result<void> drain() {
        while (!chunks.empty()) PYC_TRY(emit_first());
        return {};
    }

    Result<void> end_chunk() {
        if (buffer.empty()) return {};
        if (compression == Compression::None) {
            PYC_TRY(emit(as_bytes(buffer)));
            buffer.clear();
            return {};
        }
        if (threads == 1) {  // the buffer keeps its memory
            PYC_TRY(emit(as_bytes(deflater.gzip_member(as_bytes(buffer)))));
            buffer.clear();
            return {};
        }
        chunks.emplace_back();
        chunks.back().content = std::exchange(buffer, {});
        if (pool) {
            pool->submit(chunks.back());
        } else if (chunks.size() > 1) {  // a small layer starts no thread
            pool = std::make_unique<ChunkPool>(threads);
            for (auto& chunk : chunks) pool->submit(chunk);
        }
        while (chunks.size() > 2 * static_cast<std::size_t>(threads)) PYC_TRY(emit_first());
        return {};
    }
};

MemberWriter::MemberWriter(ByteSink out, Compression compression, unsigned threads)
    : state_(std::make_unique<State>(std::move(out), compression, threads)) {}
MemberWriter::~MemberWriter() = default;
MemberWriter::MemberWriter(MemberWriter&&) noexcept = default;
MemberWriter& MemberWriter::operator=(MemberWriter&&) noexcept = default;

Result<void> MemberWriter::write(Bytes tar) {
    add_content(tar);
    return write_counted(tar);
}

Result<void> MemberWriter::write_counted(Bytes tar) {
    auto& buffer = state_->buffer;
    while (!tar.empty()) {
        const auto count = std::min(tar.size(), kChunk - buffer.size());
        buffer.append(as_text(tar.first(count)));
        tar = tar.subspan(count);
        if (buffer.size() == kChunk) PYC_TRY(state_->end_chunk());
    }
    return {};
}

Result<void> MemberWriter::flush() {
    PYC_TRY(state_->end_chunk());
    return state_->drain();
}

Result<void> MemberWriter::write_raw(Bytes members) {
    PYC_ASSERT(state_->compression == Compression::Gzip);
    PYC_TRY(flush());
    return state_->emit(members);
}

void MemberWriter::add_content(Bytes tar) {
    state_->tar_hash.update(tar);
    state_->tar_size += tar.size();
}

Result<MemberWriter::Totals> MemberWriter::finish() {
    PYC_TRY(flush());
    return Totals{state_->out_hash.finish(), state_->tar_hash.finish(), state_->size,
                  state_->tar_size};
}

std::uint64_t MemberWriter::size() const {
    return state_->size;
}
std::uint64_t MemberWriter::tar_size() const {
    return state_->tar_size;
}

}  // namespace pycontainer::archive
