#include "base/file.hpp"

#include <atomic>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace pycontainer {
namespace {

constexpr std::size_t kPiece = 1U << 20U;

/// Random: containers that share a directory have processes of the same id, and a killed one leaves
/// its files.
std::string unique_suffix() {
    std::uint64_t random = 0;
    static std::atomic<std::uint64_t> counter{0};
    if (::getrandom(&random, sizeof random, 0) != sizeof random)
        random = (static_cast<std::uint64_t>(::getpid()) << 32U) + counter.fetch_add(1);
    return fmt::format(".tmp-{:016x}", random);
}

Result<FileDescriptor> create_exclusively(const std::filesystem::path& path) {
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0) return file_error("create", path, errno);
    return FileDescriptor(fd);
}

}  // namespace

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
    if (this != &other) {
        if (value_ >= 0) ::close(value_);
        value_ = std::exchange(other.value_, -1);
    }
    return *this;
}

FileDescriptor::~FileDescriptor() {
    if (value_ >= 0) ::close(value_);
}

Failure file_error(std::string_view verb, const std::filesystem::path& path, int error_number) {
    const auto reason = std::generic_category().message(error_number);
    if (error_number == ENOSPC || error_number == EDQUOT)
        return fail("file/disk-full", "no space is left to {} `{}`", verb, path.string())
            .hint(
                "free some space (`pycontainer cache prune --max-size 1G` is a start), or set "
                "another place with --output, --cache-dir or XDG_CACHE_HOME");
    if (error_number == ENOENT && verb != "create" && verb != "write")
        return fail("file/not-found", "`{}` does not exist", path.string());
    const bool writing =
        verb == "create" || verb == "write" || verb == "rename" || verb == "remove";
    return fail(writing ? "file/not-writable" : "file/not-readable", "cannot {} `{}`: {}", verb,
                path.string(), reason)
        .hint("check that the path is right and that you may {} it", writing ? "write" : "read");
}

Result<FileDescriptor> open_for_reading(const std::filesystem::path& path) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return file_error("read", path, errno);
    return FileDescriptor(fd);
}

Result<std::uint64_t> file_size(const FileDescriptor& file, const std::filesystem::path& path) {
    struct stat info {};
    if (::fstat(file.value(), &info) != 0) return file_error("read", path, errno);
    return static_cast<std::uint64_t>(info.st_size);
}

Result<std::string> read_file(const std::filesystem::path& path, std::uint64_t limit) {
    PYC_TRY_ASSIGN(const auto file, open_for_reading(path));
    struct stat info {};
    if (::fstat(file.value(), &info) != 0) return file_error("read", path, errno);
    if (S_ISDIR(info.st_mode)) return file_error("read", path, EISDIR);
    std::string content;
    content.resize(static_cast<std::size_t>(
                       std::min<std::uint64_t>(static_cast<std::uint64_t>(info.st_size), limit)) +
                   1);
    std::size_t used = 0;
    for (;;) {
        const auto count = ::read(file.value(), content.data() + used, content.size() - used);
        if (count < 0) {
            if (errno == EINTR) continue;
            return file_error("read", path, errno);
        }
        if (count == 0) break;
        used += static_cast<std::size_t>(count);
        if (used > limit)
            return fail("file/too-large", "`{}` is larger than {} bytes", path.string(), limit);
        if (used == content.size()) content.resize(content.size() * 2);
    }
    content.resize(used);
    return content;
}

Result<void> stream_file(const std::filesystem::path& path, const ByteSink& sink) {
    PYC_TRY_ASSIGN(const auto file, open_for_reading(path));
    std::vector<std::byte> buffer(kPiece);
    for (;;) {
        const auto count = ::read(file.value(), buffer.data(), buffer.size());
        if (count < 0) {
            if (errno == EINTR) continue;
            return file_error("read", path, errno);
        }
        if (count == 0) return {};
        PYC_TRY(sink(Bytes(buffer.data(), static_cast<std::size_t>(count))));
    }
}

Result<void> read_at(const FileDescriptor& file, const std::filesystem::path& path,
                     std::uint64_t offset, std::span<std::byte> out) {
    while (!out.empty()) {
        const auto count =
            ::pread(file.value(), out.data(), out.size(), static_cast<off_t>(offset));
        if (count < 0) {
            if (errno == EINTR) continue;
            return file_error("read", path, errno);
        }
        if (count == 0)
            return fail("file/not-readable", "`{}` is shorter than expected", path.string());
        out = out.subspan(static_cast<std::size_t>(count));
        offset += static_cast<std::uint64_t>(count);
    }
    return {};
}

Result<AtomicFile> AtomicFile::create(const std::filesystem::path& destination) {
    if (destination.has_parent_path()) PYC_TRY(make_directories(destination.parent_path()));
    AtomicFile result;
    result.destination_ = destination;
    auto temporary = destination;
    temporary += unique_suffix();
    PYC_TRY_ASSIGN(result.file_, create_exclusively(temporary));
    result.temporary_ = std::move(temporary);
    return result;
}

Result<AtomicFile> AtomicFile::create_in(const std::filesystem::path& directory) {
    return create(directory / "new");
}

AtomicFile& AtomicFile::operator=(AtomicFile&& other) noexcept {
    if (this != &other) {
        discard();
        file_ = std::move(other.file_);
        temporary_ = std::exchange(other.temporary_, {});
        destination_ = std::exchange(other.destination_, {});
        size_ = other.size_;
    }
    return *this;
}

AtomicFile::~AtomicFile() {
    discard();
}

void AtomicFile::discard() noexcept {
    if (file_.is_open() && !temporary_.empty()) ::unlink(temporary_.c_str());
    file_ = FileDescriptor();
}

Result<void> AtomicFile::write(Bytes bytes) {
    while (!bytes.empty()) {
        const auto count = ::write(file_.value(), bytes.data(), bytes.size());
        if (count < 0) {
            if (errno == EINTR) continue;
            return file_error("write", destination_, errno);
        }
        bytes = bytes.subspan(static_cast<std::size_t>(count));
        size_ += static_cast<std::uint64_t>(count);
    }
    return {};
}

Result<void> AtomicFile::commit_as(const std::filesystem::path& destination,
                                   Durability durability) {
    if (durability == Durability::Synced && ::fsync(file_.value()) != 0)
        return file_error("write", destination, errno);
    if (::rename(temporary_.c_str(), destination.c_str()) != 0)
        return file_error("create", destination, errno);
    file_ = FileDescriptor();
    temporary_.clear();
    return {};
}

Result<void> write_file(const std::filesystem::path& path, std::string_view content,
                        Durability durability) {
    PYC_TRY_ASSIGN(auto file, AtomicFile::create(path));
    PYC_TRY(file.write(content));
    return file.commit(durability);
}

Result<void> make_directories(const std::filesystem::path& path) {
    std::error_code error;
    std::filesystem::create_directories(path, error);
    if (error) return file_error("create", path, error.value());
    return {};
}

Result<TemporaryDirectory> TemporaryDirectory::create(const std::filesystem::path& parent,
                                                      std::string_view prefix) {
    PYC_TRY(make_directories(parent));
    std::string name = (parent / (std::string(prefix) + "XXXXXX")).string();
    if (::mkdtemp(name.data()) == nullptr) return file_error("create", parent / prefix, errno);
    return TemporaryDirectory(name);
}

TemporaryDirectory& TemporaryDirectory::operator=(TemporaryDirectory&& other) noexcept {
    std::swap(path_, other.path_);
    return *this;
}

TemporaryDirectory::~TemporaryDirectory() {
    std::error_code error;
    if (!path_.empty()) std::filesystem::remove_all(path_, error);
}

}  // namespace pycontainer
