#pragma once

// Files of the machine: whole reads with a limit, streamed writes that appear at once or not at
// all.
//
// Paths in messages are shown as given. Errors: `file/not-found`, `file/not-readable`,
// `file/not-writable`, `file/too-large`, `file/disk-full`; each names the path and the system's
// reason.

#include "base/digest.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace pycontainer {

/// Takes bytes as they come; an error stops whoever produces them.
using ByteSink = std::function<Result<void>(Bytes)>;

/// An open file descriptor that closes itself.
class FileDescriptor {
public:
    FileDescriptor() = default;
    explicit FileDescriptor(int value) : value_(value) {}
    FileDescriptor(FileDescriptor&& other) noexcept : value_(std::exchange(other.value_, -1)) {}
    FileDescriptor& operator=(FileDescriptor&& other) noexcept;
    ~FileDescriptor();

    int value() const { return value_; }
    bool is_open() const { return value_ >= 0; }
    int release() { return std::exchange(value_, -1); }

private:
    int value_ = -1;
};

/// A `file/…` error for `path` from the system's error number; the verb is what was tried ("read",
/// "create").
Failure file_error(std::string_view verb, const std::filesystem::path& path, int error_number);

Result<FileDescriptor> open_for_reading(const std::filesystem::path& path);
/// Reads the whole file. Errors: as above; `file/too-large` above `limit` bytes.
Result<std::string> read_file(const std::filesystem::path& path,
                              std::uint64_t limit = 64ULL << 20U);
/// Gives the bytes of the file to `sink` in pieces of up to 1 MiB, memory bounded.
Result<void> stream_file(const std::filesystem::path& path, const ByteSink& sink);
/// Reads exactly `out.size()` bytes at `offset`. Errors: `file/not-readable`, also when the file is
/// shorter.
Result<void> read_at(const FileDescriptor& file, const std::filesystem::path& path,
                     std::uint64_t offset, std::span<std::byte> out);
Result<std::uint64_t> file_size(const FileDescriptor& file, const std::filesystem::path& path);

enum class Durability {
    Cached,
    Synced
};  // Synced: fsync before the rename, for what the user asked for

/// A file that is written beside its destination and renamed onto it by `commit`; dropped by the
/// destructor otherwise.
class AtomicFile {
public:
    /// Creates missing parent directories.
    static Result<AtomicFile> create(const std::filesystem::path& destination);
    /// A file in `directory` that gets its name at `commit_as`.
    static Result<AtomicFile> create_in(const std::filesystem::path& directory);
    AtomicFile(AtomicFile&&) noexcept = default;
    AtomicFile& operator=(AtomicFile&&) noexcept;
    ~AtomicFile();

    Result<void> write(Bytes bytes);
    Result<void> write(std::string_view text) { return write(as_bytes(text)); }
    Result<void> commit(Durability durability = Durability::Cached) {
        return commit_as(destination_, durability);
    }
    Result<void> commit_as(const std::filesystem::path& destination,
                           Durability durability = Durability::Cached);
    const std::filesystem::path& temporary_path() const { return temporary_; }
    const FileDescriptor& descriptor() const { return file_; }
    std::uint64_t size() const { return size_; }

private:
    AtomicFile() = default;
    void discard() noexcept;
    FileDescriptor file_;
    std::filesystem::path temporary_;
    std::filesystem::path destination_;
    std::uint64_t size_ = 0;
};

Result<void> write_file(const std::filesystem::path& path, std::string_view content,
                        Durability durability = Durability::Cached);
Result<void> make_directories(const std::filesystem::path& path);

/// A directory that is removed with all that is in it, unless released.
class TemporaryDirectory {
public:
    /// A new directory `<parent>/<prefix>XXXXXX`; parents are created.
    static Result<TemporaryDirectory> create(const std::filesystem::path& parent,
                                             std::string_view prefix);
    TemporaryDirectory(TemporaryDirectory&& other) noexcept
        : path_(std::exchange(other.path_, {})) {}
    TemporaryDirectory& operator=(TemporaryDirectory&& other) noexcept;
    ~TemporaryDirectory();
    const std::filesystem::path& path() const { return path_; }
    std::filesystem::path release() { return std::exchange(path_, {}); }

private:
    explicit TemporaryDirectory(std::filesystem::path path) : path_(std::move(path)) {}
    std::filesystem::path path_;
};

}  // namespace pycontainer
