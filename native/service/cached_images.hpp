#pragma once

// What builds on this machine have found out about base images, for the editor. Nobody is asked.

#include "base/environment.hpp"
#include "intellisense/image_catalog.hpp"

#include <optional>
#include <string>

namespace pycontainer::service {

/// Reads the cache at every question: what is there can change. Thread-safe. Borrows.
class CachedImages final : public intellisense::ImageCatalog {
public:
    explicit CachedImages(const Environment& environment) : environment_(&environment) {}

    std::string describe(const std::string& reference) const override;
    std::optional<std::string> digest_of(const std::string& reference) const override;

private:
    const Environment* environment_;
};

}  // namespace pycontainer::service
