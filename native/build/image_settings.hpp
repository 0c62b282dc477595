#pragma once

// What the images say about themselves and how they start, decided from the plan's facts. Pure.

#include "build/plan.hpp"

namespace pycontainer::build {

/// A number: `65532:65532`, the user of images whose base runs as root.
extern const std::string_view kDefaultUser;

/// Environment, user, ports, entrypoint, labels and annotations of one platform's image. `now` is
/// for `reproducible = false`, in seconds since the epoch.
ImageSettings settle_settings(const BuildPlan& plan, const PlatformPlan& platform,
                              std::int64_t now);

/// Warns of ports that the image's user may not open.
void warn_of_privileged_ports(const ImageSettings& settings, BuildPlan& plan);

/// The configured tags with the registry's repository where they name none; without tags
/// `NAME:latest`. Errors: `reference/…`.
Result<std::vector<oci::Reference>> settle_tags(const BuildPlan& plan);

}  // namespace pycontainer::build
