#include "store/store.hpp"

#include "base/strings.hpp"
#include "base/synchronized.hpp"
#include "store/internal/layout.hpp"

#include <atomic>
#include <mutex>
#include <sys/stat.h>
#include <unistd.h>
#include <unordered_map>

namespace pycontainer::store {
namespace {

constexpr std::uint64_t kMaxRecord = 64ULL << 20U;
constexpr std::size_t kHexSize = 64;
/// How long a check of a digest is believed: disks err, if rarely.
constexpr Time kCheckAge = std::chrono::nanoseconds(std::chrono::hours(7 * 24)).count();
/// A blob may be replaced by another process while its digest is being checked.
constexpr int kAttempts = 5;

std::optional<struct stat> status_of(const std::filesystem::path& path) {
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return std::nullopt;
    return info;
}

std::uint64_t size_of(const struct stat& info) {
    return static_cast<std::uint64_t>(info.st_size);
}

/// What tells a file from another one, and from itself with other bytes.
struct Identity {
    std::uint64_t inode = 0;
    std::uint64_t size = 0;
    Time modified = 0;

    friend bool operator==(const Identity&, const Identity&) = default;
};

Identity identity_of(const struct stat& info) {
    return {static_cast<std::uint64_t>(info.st_ino), size_of(info), modified_at(info)};
}

/// What the kernel calls this run of the machine; empty where it does not say.
std::string boot_id() {
    const auto text = read_file("/proc/sys/kernel/random/boot_id", 100);
    return text ? std::string(trim(*text)) : std::string();
}

/// The file's digest; nothing when it cannot be read to its end. Errors: `cancelled`.
Result<std::optional<Digest>> digest_of(const exec::Context& ctx,
                                        const std::filesystem::path& path) {
    Sha256 hash;
    auto read = stream_file(path, [&](Bytes bytes) -> Result<void> {
        PYC_TRY(ctx.check());
        hash.update(bytes);
        return {};
    });
    if (!read && read.error().is_cancelled()) return fail(std::move(read).error());
    if (!read) return std::nullopt;
    return hash.finish();
}

}  // namespace

struct Store::State {
    Synchronized<std::unordered_map<Digest, Identity>> checked;
    std::atomic<std::uint64_t> added{0};
    /// Read once, and only where blobs are used.
    const std::string& boot() {
        std::call_once(boot_once_, [this] { boot_ = boot_id(); });
        return boot_;
    }

private:
    std::once_flag boot_once_;
    std::string boot_;
};

Store::Store(std::filesystem::path root, Records records)
    : root_(std::move(root)), records_(records), state_(std::make_unique<State>()) {}
Store::~Store() = default;
Store::Store(Store&&) noexcept = default;
Store& Store::operator=(Store&&) noexcept = default;

Result<std::filesystem::path> Store::find_root(const Environment& environment,
                                               const std::optional<std::filesystem::path>& named) {
    if (named) return *named;
    if (const auto directory = environment.find_nonempty("PYCONTAINER_CACHE_DIR"))
        return std::filesystem::path(*directory);
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
    return store::blob_path(root_, digest);
}

std::filesystem::path Store::record_path(std::string_view kind, const Digest& key) const {
    return store::record_path(root_, kind, key);
}

bool Store::has_blob(const Digest& digest, std::uint64_t size) const {
    const auto info = status_of(blob_path(digest));
    return info && size_of(*info) == size;
}

bool Store::has_blob(const Digest& digest) const {
    return status_of(blob_path(digest)).has_value();
}

Result<std::optional<std::uint64_t>> Store::find_blob(
    const exec::Context& ctx, const Digest& digest,
    std::optional<std::uint64_t> expected_size) const {
    const auto path = blob_path(digest);
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
        auto info = status_of(path);
        if (info && needs_touch(*info, now())) {
            PYC_TRY_ASSIGN(const auto gate, Gate::enter(ctx, root_, Gate::Mode::Shared));
            touch(path);
            info = status_of(path);
        }
        if (!info || (expected_size && size_of(*info) != *expected_size)) return std::nullopt;
        if (was_checked(digest, *info)) return size_of(*info);
        PYC_TRY_ASSIGN(const auto found, digest_of(ctx, path));
        const auto after = status_of(path);
        if (!after) return std::nullopt;
        if (identity_of(*info) != identity_of(*after)) continue;
        if (found == digest) {
            note_checked(digest, *after);
            return size_of(*after);
        }
        ::unlink(path.c_str());
        ctx.warn("store/damaged",
                 fmt::format("the cached blob `{}` was damaged and has been removed",
                             digest.to_string()),
                 "it is made or fetched again; if this happens often, check the disk");
        return std::nullopt;
    }
    return std::nullopt;
}

bool Store::was_checked(const Digest& digest, const struct stat& info) const {
    const auto identity = identity_of(info);
    const bool known = state_->checked.with([&](const auto& checked) {
        const auto found = checked.find(digest);
        return found != checked.end() && found->second == identity;
    });
    if (known) return true;
    const auto record = read_record(kCheckedRecord, digest);
    if (!record || state_->boot().empty()) return false;
    const auto number = [&](std::string_view key) {
        return unsigned_member(*record, key).value_or(0);
    };
    const auto age = now() - static_cast<Time>(number("at"));
    if (string_member(*record, "boot") != state_->boot() || age < 0 || age > kCheckAge ||
        Identity{number("inode"), number("size"), static_cast<Time>(number("modified"))} !=
            identity)
        return false;
    state_->checked.with([&](auto& checked) { checked.insert_or_assign(digest, identity); });
    return true;
}

void Store::note_checked(const Digest& digest, const struct stat& info) const {
    const auto identity = identity_of(info);
    state_->checked.with([&](auto& checked) { checked.insert_or_assign(digest, identity); });
    if (state_->boot().empty()) return;
    ignore(write_record(
        kCheckedRecord, digest,
        {{"boot", state_->boot()},
         {"inode", identity.inode},
         {"size", identity.size},
         {"modified", static_cast<std::uint64_t>(identity.modified)},
         {"at", static_cast<std::uint64_t>(now())}}));  // without it, it is checked again
}

Result<AtomicFile> Store::new_blob() {
    return AtomicFile::create_in(root_ / kIncoming);
}

Result<void> Store::commit_blob(AtomicFile file, const Digest& digest) {
    const auto path = blob_path(digest);
    struct stat info {};
    const bool known = ::fstat(file.descriptor().value(), &info) == 0;
    PYC_TRY(make_directories(path.parent_path()));
    PYC_TRY(file.commit_as(path));
    state_->added += file.size();
    // The digest is of the bytes that were written.
    if (known) note_checked(digest, info);
    return {};
}

Result<Digest> Store::put_blob(std::string_view content) {
    const auto digest = Digest::of(content);
    if (const auto info = status_of(blob_path(digest)); info && size_of(*info) == content.size()) {
        if (needs_touch(*info, now())) touch(blob_path(digest));
        return digest;
    }
    PYC_TRY_ASSIGN(auto file, new_blob());
    PYC_TRY(file.write(content));
    PYC_TRY(commit_blob(std::move(file), digest));
    return digest;
}

Result<std::string> Store::read_blob(const Digest& digest, std::uint64_t limit) const {
    const auto path = blob_path(digest);
    const auto info = status_of(path);
    PYC_TRY_ASSIGN(auto content, read_file(path, limit));
    if (Digest::of(content) == digest) {
        if (info && needs_touch(*info, now())) touch(path);
        return content;
    }
    std::error_code error;
    std::filesystem::remove(path, error);
    return fail("store/damaged", "the cached blob `{}` was damaged and has been removed",
                digest.to_string())
        .hint("run the same command again")
        .retryable();
}

void Store::remove_blob(const Digest& digest) const {
    std::error_code ignored;  // what stays is evicted one day
    std::filesystem::remove(blob_path(digest), ignored);
}

std::optional<Json> Store::find_record(std::string_view kind, const Digest& key) const {
    if (records_ == Records::Ignore) return std::nullopt;
    return read_record(kind, key);
}

std::optional<Json> Store::read_record(std::string_view kind, const Digest& key) const {
    const auto path = record_path(kind, key);
    const auto info = status_of(path);
    if (!info) return std::nullopt;
    const auto content = read_file(path, kMaxRecord);
    if (!content || content->size() <= kHexSize || (*content)[kHexSize] != '\n')
        return std::nullopt;
    const auto text = std::string_view(*content).substr(kHexSize + 1);
    if (Digest::of(text).hex() != std::string_view(*content).substr(0, kHexSize))
        return std::nullopt;
    auto json = parse_json(text, "a cache record");
    if (!json) return std::nullopt;
    if (needs_touch(*info, now())) touch(path);
    return std::move(*json);
}

Result<void> Store::put_record(std::string_view kind, const Digest& key, const Json& value) {
    return write_record(kind, key, value);
}

Result<void> Store::write_record(std::string_view kind, const Digest& key,
                                 const Json& value) const {
    const auto path = record_path(kind, key);
    const auto text = dump_json(value);
    PYC_TRY_ASSIGN(auto file, AtomicFile::create_in(root_ / kIncoming));
    PYC_TRY(file.write(Digest::of(text).hex() + "\n" + text));
    PYC_TRY(make_directories(path.parent_path()));
    PYC_TRY(file.commit_as(path));
    state_->added += file.size();
    return {};
}

std::uint64_t Store::added() const {
    return state_->added;
}

}  // namespace pycontainer::store
