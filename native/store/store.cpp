#include "store/store.hpp"

#include <chrono>
#include <sys/stat.h>

namespace pycontainer::store {
namespace {

constexpr std::uint64_t kMaxRecord = 64ULL << 20U;

std::filesystem::path spread(const std::filesystem::path& directory, const Digest& digest) {
    const auto hex = digest.hex();
    return directory / hex.substr(0, 2) / hex;
}

}  // namespace

Result<std::filesystem::path> Store::default_root(const Environment& environment) {
    if (const auto cache = environment.find_nonempty("XDG_CACHE_HOME");
        cache && cache->front() == '/')
        return std::filesystem::path(*cache) / "pycontainer";
    if (const auto home = environment.find_nonempty("HOME"))
        return std::filesystem::path(*home) / ".cache" / "pycontainer";
    return fail("store/no-home",
                "there is no place for the cache: neither XDG_CACHE_HOME nor HOME is set")
        .hint("name a directory with --cache-dir");
}

std::filesystem::path Store::blob_path(const Digest& digest) const {
    return spread(root_ / "blobs" / "sha256", digest);
}

std::filesystem::path Store::record_path(std::string_view kind, const Digest& key) const {
    auto path = spread(root_ / "records" / kind, key);
    path += ".json";
    return path;
}

bool Store::has_blob(const Digest& digest, std::uint64_t size) const {
    struct stat info {};
    return ::stat(blob_path(digest).c_str(), &info) == 0 &&
           static_cast<std::uint64_t>(info.st_size) == size;
}

bool Store::has_blob(const Digest& digest) const {
    struct stat info {};
    return ::stat(blob_path(digest).c_str(), &info) == 0;
}

Result<AtomicFile> Store::new_blob() {
    return AtomicFile::create_in(root_ / "incoming");
}

Result<void> Store::commit_blob(AtomicFile file, const Digest& digest) {
    const auto path = blob_path(digest);
    PYC_TRY(make_directories(path.parent_path()));
    return file.commit_as(path);
}

Result<Digest> Store::put_blob(std::string_view content) {
    const auto digest = Digest::of(content);
    if (has_blob(digest, content.size())) return digest;
    PYC_TRY_ASSIGN(auto file, new_blob());
    PYC_TRY(file.write(content));
    PYC_TRY(commit_blob(std::move(file), digest));
    return digest;
}

Result<std::string> Store::read_blob(const Digest& digest, std::uint64_t limit) const {
    const auto path = blob_path(digest);
    PYC_TRY_ASSIGN(auto content, read_file(path, limit));
    if (Digest::of(content) == digest) return content;
    std::error_code error;
    std::filesystem::remove(path, error);
    return fail("store/damaged", "the cached blob `{}` was damaged and has been removed",
                digest.to_string())
        .hint("run the same command again")
        .retryable();
}

std::optional<Json> Store::find_record(std::string_view kind, const Digest& key) const {
    if (records_ == Records::Ignore) return std::nullopt;
    const auto content = read_file(record_path(kind, key), kMaxRecord);
    if (!content) return std::nullopt;
    auto json = parse_json(*content, "a cache record");
    if (!json) return std::nullopt;
    return std::move(*json);
}

void Store::sweep() const {
    std::error_code error;
    const auto limit = std::filesystem::file_time_type::clock::now() - std::chrono::hours(24);
    for (std::filesystem::directory_iterator entry(root_ / "incoming", error), end;
         !error && entry != end; entry.increment(error)) {
        std::error_code ignored;
        if (entry->last_write_time(ignored) < limit && !ignored)
            std::filesystem::remove(entry->path(), ignored);
    }
}

Result<void> Store::put_record(std::string_view kind, const Digest& key, const Json& value) {
    return write_file(record_path(kind, key), dump_json(value));
}

}  // namespace pycontainer::store
