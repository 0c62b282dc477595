#pragma once

// Source trees out of archives: sdists (packaging specifications, "Source distribution format"),
// and what `git archive` writes. Kept in memory; nothing is extracted.
//
// Archives are hostile: names that leave the tree, devices, too many files and too many bytes are
// errors; links count only if they lead to a file of the tree.

#include "base/result.hpp"
#include "exec/context.hpp"
#include "sources/tree.hpp"

#include <filesystem>
#include <string>

namespace pycontainer::sources {

struct ArchiveLimits {
    std::uint64_t files = 100'000;
    std::uint64_t total_size = 1ULL << 30U;
};

/// An sdist: a tar, usually with gzip, or by its name a ZIP archive, with one directory at the top. Errors:
/// `sources/bad-archive`, `cancelled`, `file/…`; they call the archive `name`.
Result<Tree> read_sdist(const exec::Context& ctx, const std::filesystem::path& file,
                        const std::string& name, const ArchiveLimits& limits = {});
/// The same without a directory at the top.
Result<Tree> read_tree_archive(const exec::Context& ctx, const std::filesystem::path& file,
                               const std::string& name, const ArchiveLimits& limits = {});

}  // namespace pycontainer::sources
