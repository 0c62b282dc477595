#include "project/stat_index.hpp"

#include "base/file.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <span>
#include <sys/stat.h>
#include <unistd.h>

namespace pycontainer::project {
namespace {

// The file: a head of magic, fingerprint and digest of the tree, digest of these two, digest of
// what follows; then per file: length of the path (4 bytes, little-endian as all numbers), path,
// size, mtime, ctime, inode (8 each), digest (32).
constexpr std::string_view kMagic = "pycontainer stat index 1\n";
constexpr std::size_t kDigestSize = 32;
constexpr std::size_t kHeadSize = kMagic.size() + 4 * kDigestSize;
constexpr std::size_t kFixedSize = 4 * 8 + kDigestSize;
constexpr std::uint64_t kMaxFile = 512ULL << 20U;
constexpr std::size_t kFewFiles = 8;
constexpr std::size_t kBuffer = 256U << 10U;

void append_number(std::string& text, std::uint64_t value, unsigned bytes) {
    for (unsigned i = 0; i < bytes; ++i) text += static_cast<char>((value >> (8 * i)) & 0xFFU);
}

std::uint64_t number_at(std::string_view text, std::size_t at, unsigned bytes) {
    std::uint64_t value = 0;
    for (unsigned i = bytes; i-- > 0;)
        value = (value << 8U) | static_cast<unsigned char>(text[at + i]);
    return value;
}

Digest digest_at(std::string_view text, std::size_t at) {
    std::array<std::byte, kDigestSize> raw{};
    std::memcpy(raw.data(), text.data() + at, raw.size());
    return Digest::from_raw(raw);
}

struct Head {
    Digest fingerprint;
    Digest tree;
    Digest body;
};

std::optional<Head> parse_head(std::string_view bytes) {
    if (bytes.size() < kHeadSize || !bytes.starts_with(kMagic)) return std::nullopt;
    const auto at = [](std::size_t index) { return kMagic.size() + index * kDigestSize; };
    if (digest_at(bytes, at(2)) != Digest::of(bytes.substr(at(0), 2 * kDigestSize)))
        return std::nullopt;
    return Head{digest_at(bytes, at(0)), digest_at(bytes, at(1)), digest_at(bytes, at(3))};
}

std::int64_t nanoseconds(const timespec& time) {
    return static_cast<std::int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

bool is_same(const struct stat& info, const SourceFile& file) {
    return S_ISREG(info.st_mode) && static_cast<std::uint64_t>(info.st_size) == file.size &&
           nanoseconds(info.st_mtim) == file.mtime_ns &&
           nanoseconds(info.st_ctim) == file.ctime_ns &&
           static_cast<std::uint64_t>(info.st_ino) == file.inode;
}

Failure changed(const SourceFile& file) {
    return fail("project/file-changed", "`{}` changed while it was being read", file.path)
        .hint("build again once nothing writes to the project");
}

/// The file must be what the scan saw, before and after it is read; links on the way are not
/// followed by the last component.
Result<Digest> hash_file(const std::filesystem::path& root, const SourceFile& file) {
    const auto path = root / file.path;
    const FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    if (!fd.is_open()) {
        if (errno == ENOENT || errno == ELOOP) return changed(file);
        return file_error("read", path, errno);
    }
    struct stat info {};
    if (::fstat(fd.value(), &info) != 0) return file_error("read", path, errno);
    if (!is_same(info, file)) return changed(file);
    Sha256 hasher;
    std::vector<std::byte> buffer(
        static_cast<std::size_t>(std::min<std::uint64_t>(file.size + 1, kBuffer)));
    for (;;) {
        const auto count = ::read(fd.value(), buffer.data(), buffer.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return file_error("read", path, errno);
        if (count == 0) break;
        hasher.update(Bytes(buffer.data(), static_cast<std::size_t>(count)));
    }
    if (::fstat(fd.value(), &info) != 0) return file_error("read", path, errno);
    if (!is_same(info, file)) return changed(file);
    return hasher.finish();
}

/// Not changed within the same time step as it was read in: what is said about trees holds for one
/// file, too.
bool is_settled(const SourceFile& file, std::int64_t now) {
    SourceTree one;
    one.newest_change_ns = std::max(file.mtime_ns, file.ctime_ns);
    return one.is_settled(now);
}

}  // namespace

std::int64_t StatIndex::system_time() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

StatIndex StatIndex::load(const std::filesystem::path& file, Clock now) {
    StatIndex index(now);
    const auto bytes = read_file(file, kMaxFile);
    if (!bytes || !index.parse(*bytes)) return StatIndex(now);
    return index;
}

bool StatIndex::parse(std::string_view bytes) {
    const auto head = parse_head(bytes);
    if (!head) return false;
    const auto body = bytes.substr(kHeadSize);
    if (head->body != Digest::of(body)) return false;
    fingerprint_ = head->fingerprint;
    tree_digest_ = head->tree;
    for (std::size_t at = 0; at < body.size();) {
        if (body.size() - at < 4) return false;
        const auto length = static_cast<std::size_t>(number_at(body, at, 4));
        at += 4;
        if (body.size() - at < kFixedSize || body.size() - at - kFixedSize < length) return false;
        std::string path(body.substr(at, length));
        at += length;
        Entry entry;
        entry.size = number_at(body, at, 8);
        entry.mtime_ns = static_cast<std::int64_t>(number_at(body, at + 8, 8));
        entry.ctime_ns = static_cast<std::int64_t>(number_at(body, at + 16, 8));
        entry.inode = number_at(body, at + 24, 8);
        entry.digest = digest_at(body, at + 32);
        at += kFixedSize;
        entries_.emplace_hint(entries_.end(), std::move(path), entry);
    }
    return true;
}

std::optional<Digest> StatIndex::load_tree_digest(const std::filesystem::path& file,
                                                  const Digest& stat_fingerprint) {
    const auto fd = open_for_reading(file);
    std::string bytes(kHeadSize, '\0');
    if (!fd || !read_at(*fd, file, 0, std::as_writable_bytes(std::span(bytes))))
        return std::nullopt;
    const auto head = parse_head(bytes);
    if (!head || head->tree.empty() || head->fingerprint != stat_fingerprint) return std::nullopt;
    return head->tree;
}

Result<void> StatIndex::save(const std::filesystem::path& file) const {
    std::string body;
    for (const auto& [path, entry] : entries_) {
        append_number(body, path.size(), 4);
        body += path;
        append_number(body, entry.size, 8);
        append_number(body, static_cast<std::uint64_t>(entry.mtime_ns), 8);
        append_number(body, static_cast<std::uint64_t>(entry.ctime_ns), 8);
        append_number(body, entry.inode, 8);
        body += as_text(entry.digest.raw());
    }
    std::string tree;
    for (const auto& digest : {fingerprint_, tree_digest_}) tree += as_text(digest.raw());
    std::string text(kMagic);
    text += tree;
    for (const auto& digest : {Digest::of(tree), Digest::of(body)}) text += as_text(digest.raw());
    return write_file(file, text + body);
}

Result<std::vector<Digest>> StatIndex::digests(const exec::Context& ctx,
                                               const std::filesystem::path& root,
                                               const SourceTree& tree) {
    std::vector<Digest> result(tree.files.size());
    std::vector<std::size_t> unknown;
    std::map<std::string, Entry, std::less<>> kept;
    auto old = entries_.begin();  // both are sorted: walk them side by side
    for (std::size_t i = 0; i < tree.files.size(); ++i) {
        const auto& file = tree.files[i];
        if (file.is_symlink) {
            result[i] = Digest::of(file.link);
            continue;
        }
        while (old != entries_.end() && old->first < file.path) ++old;
        const bool known = old != entries_.end() && old->first == file.path &&
                           old->second.size == file.size && old->second.mtime_ns == file.mtime_ns &&
                           old->second.ctime_ns == file.ctime_ns && old->second.inode == file.inode;
        if (!known) {
            unknown.push_back(i);
            continue;
        }
        result[i] = old->second.digest;
        kept.insert(kept.end(), entries_.extract(old++));
    }
    entries_ = std::move(kept);
    fingerprint_ = tree_digest_ = Digest();
    read_count_ = unknown.size();

    const auto started =
        now_();  // before any file is read: what changes from now on has a later time
    const auto hash_unknown = [&](const exec::Context& task, std::size_t i) -> Result<void> {
        PYC_TRY(task.check());
        PYC_TRY_ASSIGN(result[unknown[i]], hash_file(root, tree.files[unknown[i]]));
        return {};
    };
    PYC_TRY(exec::parallel_for(ctx, unknown.size(),
                               unknown.size() < kFewFiles ? 1 : ctx.concurrency(), hash_unknown));
    for (const auto i : unknown) {
        const auto& file = tree.files[i];
        if (is_settled(file, started))
            entries_.insert_or_assign(
                file.path, Entry{file.size, file.mtime_ns, file.ctime_ns, file.inode, result[i]});
    }
    if (tree.is_settled(started)) {
        fingerprint_ = tree.stat_fingerprint;
        tree_digest_ = tree_digest(tree, result);
    }
    return result;
}

Result<Digest> StatIndex::digest_tree(const exec::Context& ctx, const std::filesystem::path& root,
                                      const SourceTree& tree) {
    if (!tree_digest_.empty() && fingerprint_ == tree.stat_fingerprint) {
        read_count_ = 0;
        return tree_digest_;
    }
    PYC_TRY_ASSIGN(const auto contents, digests(ctx, root, tree));
    return tree_digest(tree, contents);
}

Digest tree_digest(const SourceTree& tree, const std::vector<Digest>& digests) {
    PYC_ASSERT(tree.files.size() == digests.size());
    std::string text;
    text.reserve(tree.files.size() * 96);
    for (std::size_t i = 0; i < digests.size(); ++i) {
        const auto& file = tree.files[i];
        append_number(text, file.path.size(), 4);
        text += file.path;
        text += file.is_symlink ? 'l' : file.executable ? 'x' : 'f';
        text += as_text(digests[i].raw());
    }
    return Digest::of(text);
}

}  // namespace pycontainer::project
