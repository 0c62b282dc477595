#pragma once

// What refers to a manifest: SBOMs, signatures, other artifacts. (OCI distribution specification
// 1.1, "Listing Referrers" and "Pushing Manifests with Subject".)
//
// Registries with the referrers API keep the list themselves. In others it is an index under a tag
// made of the subject's digest, which every writer has to maintain. Two writers at once may
// overwrite each other there, and most registries give no means against it. Ours are: conditions
// (`If-Match`), where the registry knows them; no time lost between reading the list and writing
// it; and looking again after writing, also once a moment later, when a writer that had read
// before has written too. Whoever finds its own entry missing adds it again.

#include "oci/descriptor.hpp"
#include "registry/registry_client.hpp"
#include "registry/transport.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pycontainer::registry {

/// Borrows everything; one thread at a time.
class Referrers {
public:
    Referrers(const exec::Context& ctx, Transport& transport, const oci::Reference& repository,
              const RegistryOptions& options)
        : ctx_(&ctx), transport_(&transport), repository_(&repository), options_(&options) {}

    Result<std::vector<oci::Descriptor>> list(const Digest& subject);
    Result<ReferrerListing> add(const oci::Descriptor& referrer, std::string_view bytes,
                                const Digest& subject);

private:
    /// The list under the tag, as it was read.
    struct TagList {
        Json index;  ///< null: there is none
        std::optional<std::string> etag;
        std::chrono::steady_clock::time_point asked_at;
    };

    /// Nothing: the registry does not have the API.
    Result<std::optional<std::vector<oci::Descriptor>>> ask_api(const Digest& subject);
    Result<TagList> read_tag(const Digest& subject);
    /// False: somebody else has written in between.
    Result<bool> write_tag(const Digest& subject, TagList list, const oci::Descriptor& referrer);
    Result<void> maintain_tag(const Digest& subject, const oci::Descriptor& referrer);
    Result<bool> is_listed_by_api(const Digest& subject, const Digest& referrer);

    const exec::Context* ctx_;
    Transport* transport_;
    const oci::Reference* repository_;
    const RegistryOptions* options_;
};

}  // namespace pycontainer::registry
