#include "store/lease.hpp"

#include <atomic>
#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace pycontainer::store {
namespace {

constexpr const char* kGate = "lock";
constexpr const char* kLeases = "leases";
constexpr std::chrono::milliseconds kPoll{1};
constexpr int kNames = 10'000;

std::int64_t nanoseconds(const timespec& time) {
    return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

/// Nothing can be changed here, or nothing locked: by nobody, as far as we can tell.
bool is_fixed(int error_number) {
    return error_number == EROFS || error_number == EACCES || error_number == EPERM ||
           error_number == ENOLCK || error_number == EOPNOTSUPP || error_number == ENOSYS;
}

/// The descriptor, or the system's error number.
tl::expected<FileDescriptor, int> open_file(const std::filesystem::path& path, int flags) {
    const int fd = ::open(path.c_str(), flags | O_CLOEXEC, 0644);
    if (fd < 0) return tl::unexpected<int>(errno);
    return FileDescriptor(fd);
}

/// 0: locked; EWOULDBLOCK: somebody else has it.
int try_lock(const FileDescriptor& file, int operation) {
    for (;;) {
        if (::flock(file.value(), operation | LOCK_NB) == 0) return 0;
        if (errno != EINTR) return errno;
    }
}

}  // namespace

Time now() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

Time used_at(const struct stat& info) {
    return nanoseconds(info.st_atim);
}

Time modified_at(const struct stat& info) {
    return nanoseconds(info.st_mtim);
}

bool needs_touch(const struct stat& info, Time at) {
    constexpr Time kInterval = std::chrono::nanoseconds(kTouchInterval).count();
    const auto used = used_at(info);
    return used < at - kInterval || used > at + kInterval;
}

void touch(const std::filesystem::path& path) {
    const timespec times[2] = {{0, UTIME_NOW}, {0, UTIME_OMIT}};
    ::utimensat(AT_FDCWD, path.c_str(), times, 0);
}

Result<Gate> Gate::enter(const exec::Context& ctx, const std::filesystem::path& root, Mode mode) {
    const auto path = root / kGate;
    auto file = open_file(path, O_RDWR | O_CREAT);
    if (!file && file.error() == ENOENT) {
        PYC_TRY(make_directories(root));
        file = open_file(path, O_RDWR | O_CREAT);
    }
    // Who cannot lock shares freely: nobody who cannot lock either can exclude anyone.
    const bool shares = mode == Mode::Shared;
    if (!file && shares && is_fixed(file.error())) return Gate(FileDescriptor());
    if (!file) return file_error("create", path, file.error());
    const int operation = mode == Mode::Exclusive ? LOCK_EX : LOCK_SH;
    for (;;) {
        const int error = try_lock(*file, operation);
        if (error == 0) return Gate(std::move(*file));
        if (shares && is_fixed(error)) return Gate(FileDescriptor());
        if (error != EWOULDBLOCK) return file_error("lock", path, error);
        PYC_TRY(ctx.wait(kPoll));
    }
}

Result<Lease> Lease::take(const exec::Context& ctx, const std::filesystem::path& root) {
    static std::atomic<unsigned> counter{0};
    const auto directory = root / kLeases;
    std::error_code error;
    std::filesystem::create_directories(directory, error);
    if (error && is_fixed(error.value())) return Lease();
    if (error) return file_error("create", directory, error.value());
    PYC_TRY_ASSIGN(const auto gate, Gate::enter(ctx, root, Gate::Mode::Shared));
    // A name may be taken: by a build that was killed, or by a process of another container that
    // knows itself by the same id.
    for (int i = 0; i < kNames; ++i) {
        Lease lease;
        lease.path_ = directory / fmt::format("{}-{}", ::getpid(), counter.fetch_add(1));
        auto file = open_file(lease.path_, O_RDWR | O_CREAT | O_EXCL);
        if (!file && file.error() == EEXIST) continue;
        if (!file && is_fixed(file.error())) return Lease();
        if (!file) return file_error("create", lease.path_, file.error());
        lease.file_ = std::move(*file);
        const int locked = try_lock(lease.file_, LOCK_EX);
        if (locked == 0) return lease;
        if (is_fixed(locked)) return Lease();
        return file_error("lock", lease.path_, locked);
    }
    return file_error("create", directory, EEXIST);
}

Lease& Lease::operator=(Lease&& other) noexcept {
    if (this != &other) {
        release();
        file_ = std::move(other.file_);
        path_ = std::exchange(other.path_, {});
    }
    return *this;
}

void Lease::release() noexcept {
    if (!file_.is_open()) return;
    ::unlink(path_.c_str());
    file_ = FileDescriptor();
}

Leases look_at_leases(const Gate&, const std::filesystem::path& root) {
    Leases leases;
    std::error_code error;
    for (std::filesystem::directory_iterator entry(root / kLeases, error), end;
         !error && entry != end; entry.increment(error)) {
        const auto file = open_file(entry->path(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
        if (!file) continue;  // released just now
        struct stat info {};
        if (::fstat(file->value(), &info) != 0 || !S_ISREG(info.st_mode)) continue;
        if (try_lock(*file, LOCK_EX) == 0) {
            // Either dead, or released just now and gone already.
            leases.found_dead |= ::unlink(entry->path().c_str()) == 0;
            continue;
        }
        const auto name = entry->path().filename().string();
        leases.holders.push_back(name.substr(0, name.find('-')));
        constexpr Time kEarlier = std::chrono::nanoseconds(kTouchInterval).count();
        leases.needed_since = std::min(leases.needed_since, modified_at(info) - kEarlier);
    }
    return leases;
}

}  // namespace pycontainer::store
