#pragma once

// What is in the image of a layout, told for people: manifest, configuration, files by layer, size
// by package. Nothing is extracted, nothing is run. Not for building: that trusts digests, this
// trusts nothing and shows what there is.

#include "base/json.hpp"
#include "exec/context.hpp"
#include "image/layout.hpp"

namespace pycontainer::image {

/// How many files of one layer are listed by name; all are counted and weighed.
inline constexpr std::size_t kMaxListedFiles = 20'000;

/// `{format_version, layout, digest, references, images}`; an image has `platform`, `digest`,
/// `manifest` and `config` as they are, and `layers` bottom first. A layer has `digest`, `size`
/// (stored bytes), `created_by` of its history entry, `unpacked_size`, `file_count`, `files`
/// (`path`, `size`, and `link` of links) and `packages` (`name`, `version`, `size` of the unpacked
/// files that its RECORD lists, `files`), largest first.
///
/// Errors: `layout/invalid`, `oci/…`, `archive/…`, `cancelled`.
Result<Json> describe_layout(const exec::Context& ctx, const Layout& layout);

}  // namespace pycontainer::image
