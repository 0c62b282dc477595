#pragma once

// The content-addressed store that all projects share: blobs by digest and small JSON records by
// (kind, key).
//
// Several processes may use it at once: everything is written beside its place and renamed onto it,
// nothing is changed in place. Only verified bytes get a name. Blobs need no fsync: a torn one has
// the wrong size or digest and is dropped when it is read.

#include "base/digest.hpp"
#include "base/environment.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "base/result.hpp"

#include <filesystem>
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
    explicit Store(std::filesystem::path root, Records records = Records::Use)
        : root_(std::move(root)), records_(records) {}

    /// `$XDG_CACHE_HOME/pycontainer`, else `~/.cache/pycontainer`. Errors: `store/no-home` when
    /// neither is set.
    static Result<std::filesystem::path> default_root(const Environment& environment);

    const std::filesystem::path& root() const { return root_; }

    std::filesystem::path blob_path(const Digest& digest) const;
    /// True when the blob is there with `size` bytes.
    bool has_blob(const Digest& digest, std::uint64_t size) const;
    /// True when the blob is there, whatever its size.
    bool has_blob(const Digest& digest) const;

    /// A new file in the store; `commit_blob` names it once its content is known to be right.
    Result<AtomicFile> new_blob();
    Result<void> commit_blob(AtomicFile file, const Digest& digest);
    Result<Digest> put_blob(std::string_view content);
    /// The whole blob, its digest checked; a damaged one is removed. Errors: `file/not-found`,
    /// `store/damaged`.
    Result<std::string> read_blob(const Digest& digest, std::uint64_t limit) const;

    /// What was remembered under (kind, key), or nothing. A damaged record is nothing.
    std::optional<Json> find_record(std::string_view kind, const Digest& key) const;
    Result<void> put_record(std::string_view kind, const Digest& key, const Json& value);
    /// Removes what builds that were killed left half-written more than a day ago.
    void sweep() const;
    std::filesystem::path record_path(std::string_view kind, const Digest& key) const;

private:
    std::filesystem::path root_;
    Records records_;
};

}  // namespace pycontainer::store
