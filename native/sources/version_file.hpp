#pragma once

// The file with the repository's version that setuptools-scm – and hatch-vcs and flit-scm, which
// use it – writes into the sources before the wheel is built. An sdist has it already.

#include "base/result.hpp"
#include "sources/backend.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace pycontainer::sources {

/// Nothing where none is asked for, or the sources are those of an sdist. Errors:
/// `sources/needs-build` for a template that only Python can fill in.
Result<std::optional<TreeFile>> version_file(const Project& project, const CoreMetadata& metadata);

/// A template in the syntax of Python's `str.format`, of which `{version}` and `{version_tuple}`
/// are known, with `!r` or `!s`; nothing for others.
std::optional<std::string> fill_version_template(std::string_view format, std::string_view version);

}  // namespace pycontainer::sources
