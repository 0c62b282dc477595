#pragma once

// A distribution as a wheel file (packaging specifications, "Binary distribution format"), so that
// it is installed as every other wheel is.
//
// The files are stored, not compressed: the bytes depend on the distribution alone, and the layer
// that is made of it compresses them anyway.

#include "base/file.hpp"
#include "base/result.hpp"
#include "exec/context.hpp"
#include "sources/distribution.hpp"

#include <string>

namespace pycontainer::sources {

/// `my_api-1.0-py3-none-any.whl`
std::string wheel_filename(const CoreMetadata& metadata);

/// Writes the wheel, RECORD included. Errors: `sources/too-large` beyond what a ZIP without
/// extensions holds (4 GiB, 65,534 files), `file/…`, `cancelled`, the sink's own.
Result<void> write_wheel(const exec::Context& ctx, const Distribution& distribution,
                         const ByteSink& out);

}  // namespace pycontainer::sources
