#pragma once

// Files of all projects in one place: what `--find-links` and uv's flat indexes name.

#include "base/result.hpp"
#include "exec/context.hpp"
#include "index/simple_page.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace pycontainer::index {

/// The normalized name of the project that a wheel or source distribution is of; empty for other
/// files.
std::string project_of(std::string_view filename);

/// The distributions that lie in `directory` itself, by name, as `file:` URLs and without hashes.
/// Errors: `file/not-found`, `file/not-readable`.
Result<std::vector<IndexFile>> list_directory(const std::filesystem::path& directory);

/// Adds the SHA-256 and the size of a file on this machine. Errors: `file/…`, `cancelled`.
Result<void> hash_local_file(const exec::Context& ctx, IndexFile& file);

/// The path of a `file:` URL.
std::filesystem::path local_path_of(const net::Url& url);

}  // namespace pycontainer::index
