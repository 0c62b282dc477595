#pragma once

// Content digests of source files without reading them again: a file whose path, size, times and
// inode are those of the last time has the content of the last time – as Git's index, but entries
// that could have changed within one time step are not kept at all.

#include "base/digest.hpp"
#include "base/result.hpp"
#include "exec/context.hpp"
#include "project/source_tree.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pycontainer::project {

/// Lives in one file that the caller names, one per project. One thread at a time.
class StatIndex {
public:
    /// Nanoseconds since 1970; tests have their own clock.
    using Clock = std::int64_t (*)();
    explicit StatIndex(Clock now = system_time) : now_(now) {}
    static std::int64_t system_time();

    /// A file that is missing, from another version or damaged is an empty index: it is only a
    /// cache.
    static StatIndex load(const std::filesystem::path& file, Clock now = system_time);
    /// Reads only the head of the file: the digest of the tree with this fingerprint, if that was
    /// the last one saved.
    static std::optional<Digest> load_tree_digest(const std::filesystem::path& file,
                                                  const Digest& stat_fingerprint);
    /// Replaces the file. Errors: `file/…`.
    Result<void> save(const std::filesystem::path& file) const;

    /// The content digest of every file of the tree, in its order (a link's is that of its text).
    /// Reads what is not known, up to `ctx.concurrency()` files at a time, and forgets files that
    /// are gone.
    ///
    /// Errors: `file/…`, `project/file-changed` when a file is not what the scan saw, `cancelled`.
    Result<std::vector<Digest>> digests(const exec::Context& ctx, const std::filesystem::path& root,
                                        const SourceTree& tree);

    /// Digest of what the image gets of the tree: paths, modes, links and contents, nothing of the
    /// machine. Calls `digests`.
    Result<Digest> digest_tree(const exec::Context& ctx, const std::filesystem::path& root,
                               const SourceTree& tree);

    /// How many files `digests` read, the last time.
    std::size_t read_count() const { return read_count_; }

private:
    struct Entry {
        std::uint64_t size = 0;
        std::int64_t mtime_ns = 0;
        std::int64_t ctime_ns = 0;
        std::uint64_t inode = 0;
        Digest digest;
    };
    bool parse(std::string_view bytes);

    Clock now_;
    std::map<std::string, Entry, std::less<>> entries_;
    Digest fingerprint_;  ///< of the tree whose digest is `tree_digest_`; both empty when unsettled
    Digest tree_digest_;
    std::size_t read_count_ = 0;
};

/// The digest `StatIndex::digest_tree` gives, from known content digests in the order of
/// `tree.files`.
Digest tree_digest(const SourceTree& tree, const std::vector<Digest>& digests);

}  // namespace pycontainer::project
