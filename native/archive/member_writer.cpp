#include "archive/member_writer.hpp"

#include "archive/deflate.hpp"
#include "archive/zstd.hpp"

#include <algorithm>
#include <array>
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

struct Name {
    Compression compression;
    std::string_view text;
};
constexpr std::array<Name, 4> kNames = {{{Compression::Gzip, "gzip"},
                                         {Compression::GzipSingle, "gzip-single"},
                                         {Compression::Zstd, "zstd"},
                                         {Compression::None, "none"}}};

/// Compresses chunks in one of the ways. One thread at a time.
class ChunkCompressor {
public:
    explicit ChunkCompressor(Compression compression) {
        if (compression == Compression::Gzip) members_.emplace();
        if (compression == Compression::GzipSingle) parts_.emplace();
        if (compression == Compression::Zstd) frames_.emplace();
    }
    std::string compress(Bytes content) {
        return members_ ? members_->gzip_member(content)
               : parts_ ? parts_->part(content)
                        : frames_->frame(content);
    }

private:
    std::optional<Deflater> members_;
    std::optional<PartDeflater> parts_;
    std::optional<ZstdCompressor> frames_;
};

struct Chunk {
    std::string content;
    std::string member;
    bool done = false;
};

/// Threads that turn chunks into members, in any order. The owner keeps the chunks alive.
class ChunkPool {
public:
    ChunkPool(unsigned threads, Compression compression) : compression_(compression) {
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
        ChunkCompressor compressor(compression_);
        std::unique_lock lock(mutex_);
        while (changed_.wait(lock, stop, [&] { return !waiting_.empty(); })) {
            Chunk& chunk = *waiting_.front();
            waiting_.pop_front();
            lock.unlock();
            chunk.member = compressor.compress(as_bytes(chunk.content));
            chunk.content = {};
            lock.lock();
            chunk.done = true;
            changed_.notify_all();
        }
    }

    Compression compression_;
    std::mutex mutex_;
    std::condition_variable_any changed_;
    std::deque<Chunk*> waiting_;
    std::vector<std::jthread> threads_;  // last: joined before the rest is destroyed
};

}  // namespace

struct MemberWriter::State {
    State(ByteSink sink, Compression kind, unsigned count)
        : out(std::move(sink)),
          compression(kind),
          threads(count == 0 ? 1 : count),
          compressor(kind) {}

    ByteSink out;
    Compression compression;
    unsigned threads;
    std::string buffer;
    Sha256 out_hash;
    Sha256 tar_hash;
    std::uint64_t size = 0;
    std::uint64_t tar_size = 0;
    bool started = false;     // of the one member
    std::uint32_t crc32 = 0;  // of what is in it
    std::uint64_t member_size = 0;
    ChunkCompressor compressor;
    std::deque<Chunk> chunks;         // in order; addresses stay
    std::unique_ptr<ChunkPool> pool;  // after `chunks`: it stops first

    Result<void> emit(Bytes bytes) {
        out_hash.update(bytes);
        size += bytes.size();
        return out(bytes);
    }

    Result<void> start_member() {
        if (std::exchange(started, true)) return {};
        return emit(as_bytes(gzip_header()));
    }

    Result<void> end_member() {
        if (compression != Compression::GzipSingle) return {};
        PYC_TRY(start_member());
        PYC_TRY(emit(as_bytes(deflate_end())));
        return emit(as_bytes(gzip_trailer(crc32, member_size)));
    }

    Result<void> emit_first() {
        auto& chunk = chunks.front();
        if (pool)
            pool->wait(chunk);
        else
            chunk.member = compressor.compress(as_bytes(chunk.content));
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
        if (compression == Compression::GzipSingle) {
            PYC_TRY(start_member());
            crc32 = archive::crc32(as_bytes(buffer), crc32);
            member_size += buffer.size();
        }
        if (threads == 1) {  // the buffer keeps its memory
            PYC_TRY(emit(as_bytes(compressor.compress(as_bytes(buffer)))));
            buffer.clear();
            return {};
        }
        chunks.emplace_back();
        chunks.back().content = std::exchange(buffer, {});
        if (pool) {
            pool->submit(chunks.back());
        } else if (chunks.size() > 1) {  // a small layer starts no thread
            pool = std::make_unique<ChunkPool>(threads, compression);
            for (auto& chunk : chunks) pool->submit(chunk);
        }
        while (chunks.size() > 2 * static_cast<std::size_t>(threads)) PYC_TRY(emit_first());
        return {};
    }
};

std::string_view to_string(Compression compression) {
    return std::find_if(kNames.begin(), kNames.end(),
                        [&](const Name& name) { return name.compression == compression; })
        ->text;
}

std::optional<Compression> compression_named(std::string_view name) {
    for (const auto& known : kNames)
        if (known.text == name) return known.compression;
    return std::nullopt;
}

std::string compression_key(Compression compression) {
    std::string key(to_string(compression));
    if (compression == Compression::GzipSingle) key.append(" ").append(part_deflater_version());
    if (compression == Compression::Zstd) key += " " + std::to_string(zstd_version());
    return key;
}

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
    PYC_TRY(state_->end_member());
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
