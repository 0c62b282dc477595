#pragma once

// uv on this machine, asked to lock a project that has no lock.

#include "base/result.hpp"
#include "exec/context.hpp"

#include <filesystem>
#include <string>

namespace pycontainer::resolve {

/// The text of the `uv.lock` that uv makes for a copy of `pyproject.toml`; nothing is written into
/// the project. Errors: `resolve/uv-failed` with what uv said, `file/…`, `process/…`, `cancelled`.
Result<std::string> lock_with_uv(const exec::Context& ctx, const std::filesystem::path& uv,
                                 const std::filesystem::path& project_directory);

}  // namespace pycontainer::resolve
