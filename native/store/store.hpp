#pragma once

// The content-addressed store that all projects share: blobs by digest and small JSON records by
// (kind, key).
//
// Several processes may use it at once: everything is written beside its place and renamed onto it,
// nothing is changed in place, and who uses what is found here holds a lease, so that nobody evicts
// it (store/lease.hpp, store/eviction.hpp). Only verified bytes get a name.
//
// Nothing is synced: after a power failure a file may be torn, and disks err. A record carries its
// own digest, checked whenever it is read. A blob's is checked when it is first used after this
// machine was started – what is torn is torn by then –, when its file is another than the one
// that was checked (inode, size, time of change of its content), and every week. What was checked
// is itself a record. The time of change of the inode does not count: it moves with every hard link
// into an image.

#include "base/digest.hpp"
#include "base/environment.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "base/result.hpp"
#include "exec/context.hpp"
#include "store/lease.hpp"

#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>

namespace pycontainer::store {

/// Thread-safe.
class Store {
public:
    /// Whether what earlier builds remembered is believed; `Ignore` is `--no-cache`. Blobs are used
    /// either way: they are verified.
    enum class Records { Use, Ignore };

    /// Nothing is created before the first write.
    explicit Store(std::filesystem::path root, Records records = Records::Use);
    ~Store();
    Store(Store&&) noexcept;
    Store& operator=(Store&&) noexcept;

    /// `named` (a flag), else `$PYCONTAINER_CACHE_DIR`, else `$XDG_CACHE_HOME/pycontainer`, else
    /// `~/.cache/pycontainer`. Errors: `store/no-home` when none of them is set.
    static Result<std::filesystem::path> find_root(
        const Environment& environment, const std::optional<std::filesystem::path>& named);

    const std::filesystem::path& root() const { return root_; }

    /// To be held from before the first blob is looked for until none is needed any more. Errors:
    /// `cancelled`, `file/…`.
    Result<Lease> lease(const exec::Context& ctx) const { return Lease::take(ctx, root_); }

    std::filesystem::path blob_path(const Digest& digest) const;
    /// True when the blob is there with `size` bytes. Says nothing about its content and keeps it
    /// from nobody: to use it, find it.
    bool has_blob(const Digest& digest, std::uint64_t size) const;
    /// True when the blob is there, whatever its size.
    bool has_blob(const Digest& digest) const;

    /// The size of a blob that is there, has `expected_size` if one is given, and whose bytes are
    /// right: its path can be read, linked and sent as long as the lease is held. A damaged one is
    /// removed, with a warning (`store/damaged`), and is nothing. Takes as long as reading the blob
    /// when its digest has to be checked. Errors: `cancelled`.
    Result<std::optional<std::uint64_t>> find_blob(
        const exec::Context& ctx, const Digest& digest,
        std::optional<std::uint64_t> expected_size = std::nullopt) const;

    /// A new file in the store; `commit_blob` names it once its content is known to be right.
    Result<AtomicFile> new_blob();
    Result<void> commit_blob(AtomicFile file, const Digest& digest);
    Result<Digest> put_blob(std::string_view content);
    /// The whole blob, its digest checked; a damaged one is removed. Errors: `file/not-found`,
    /// `store/damaged`.
    Result<std::string> read_blob(const Digest& digest, std::uint64_t limit) const;
    /// For bytes that are what their digest says and of no use all the same. Another build that
    /// wants them has to get them again.
    void remove_blob(const Digest& digest) const;

    /// What was remembered under (kind, key), or nothing. A damaged record is nothing.
    std::optional<Json> find_record(std::string_view kind, const Digest& key) const;
    Result<void> put_record(std::string_view kind, const Digest& key, const Json& value);
    std::filesystem::path record_path(std::string_view kind, const Digest& key) const;

    /// Bytes that were written here by this object.
    std::uint64_t added() const;

private:
    struct State;
    std::optional<Json> read_record(std::string_view kind, const Digest& key) const;
    Result<void> write_record(std::string_view kind, const Digest& key, const Json& value) const;
    bool was_checked(const Digest& digest, const struct stat& info) const;
    void note_checked(const Digest& digest, const struct stat& info) const;

    std::filesystem::path root_;
    Records records_;
    std::unique_ptr<State> state_;
};

}  // namespace pycontainer::store
