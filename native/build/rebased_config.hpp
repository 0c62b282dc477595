#pragma once

// What an image's configuration becomes when the base below it is another one. Pure.
//
// What the image says otherwise than its old base was said on purpose and stays; everything else is
// the new base's. That is what a build on the new base would have made of the same settings.

#include "oci/image_config.hpp"

namespace pycontainer::build {

/// `image` was made on `old_base`, whose layers are its lowest: its diff ids begin with the base's.
/// The result has the new base's platform, layers, history and settings below the image's own. A
/// variable that extends the old base's value – `PATH` – extends the new one's. A base that would
/// run as root does not make an image do so that did not.
oci::ImageConfig rebased_config(const oci::ImageConfig& image, const oci::ImageConfig& old_base,
                                const oci::ImageConfig& new_base);

/// Whether the layers of `base` are the lowest ones of `image`.
bool is_built_on(const oci::ImageConfig& image, const oci::ImageConfig& base);

}  // namespace pycontainer::build
