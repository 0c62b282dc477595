#pragma once

// How people name an image that exists: a reference in a registry, a layout, an archive.

#include <string>
#include <string_view>

namespace pycontainer::build {

/// `text` with the prefix that says what it is, where it is the path of a layout or an archive:
/// `dist/image` is `oci:dist/image`. A reference stays as it is.
std::string with_prefix(const std::string& text);

/// Whether it begins with `oci:`, `oci-archive:` or `docker-archive:`.
bool is_on_this_machine(std::string_view name);

}  // namespace pycontainer::build
