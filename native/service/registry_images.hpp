#pragma once

// What is known of images in registries, for the editor: what builds on this machine and earlier
// look-ups have left in the cache, and the look-ups themselves, with the credentials, mirrors and
// settings of builds.

#include "base/environment.hpp"
#include "base/synchronized.hpp"
#include "build/session.hpp"
#include "exec/context.hpp"
#include "intellisense/image_catalog.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace pycontainer::service {

/// Reads the cache at every question: what is there can change. Thread-safe. Borrows.
class RegistryImages final : public intellisense::ImageCatalog {
public:
    /// With `run_programs` false no credential helper is started.
    RegistryImages(const Environment& environment, bool run_programs)
        : environment_(&environment), run_programs_(run_programs) {}

    std::optional<intellisense::ImageDetails> image(const std::string& reference) const override;
    std::optional<intellisense::NameList> tags(const std::string& repository) const override;
    std::optional<intellisense::NameList> repositories(const std::string& registry) const override;
    std::vector<std::string> registries() const override;
    bool is_missing(const std::string& reference) const override;
    bool is_fresh(const intellisense::ImageWant& want) const override;

    /// Asks the registry, tries once, and keeps what it says; of long lists page by page, so that
    /// the first of them are known before the last. What has not changed is not fetched again: an
    /// image's digest is asked for first, a list's with its ETag. Errors: `registry/…`, `net/…`,
    /// `credentials/…`, `oci/…`, `store/no-home`, `cancelled`.
    Result<void> look_up(const exec::Context& ctx, const intellisense::ImageWant& want);

private:
    Result<std::shared_ptr<build::Session>> session();

    const Environment* environment_;
    bool run_programs_;
    Synchronized<std::shared_ptr<build::Session>> session_;
};

}  // namespace pycontainer::service
