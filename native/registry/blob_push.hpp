#pragma once

// Bringing one blob into a repository: look, mount, else upload in one stream, whole again when it
// breaks. (OCI distribution specification 1.1, "Pushing blobs".)

#include "oci/descriptor.hpp"
#include "registry/registry_client.hpp"
#include "registry/transport.hpp"

#include <functional>
#include <optional>
#include <string>

namespace pycontainer::registry {

/// Borrows everything; one thread at a time.
class BlobPush {
public:
    BlobPush(const exec::Context& ctx, Transport& transport, const oci::Reference& repository,
             const std::optional<std::string>& mount_from, const RegistryOptions& options);

    Result<BlobOutcome> push(const oci::Descriptor& blob, const BlobOpener& open,
                             const SentCallback& on_sent);
    /// Starts an upload and cancels it.
    Result<void> check_access();

private:
    Result<bool> is_present(const Digest& digest);
    /// True: mounted. The registry may have started an upload instead.
    Result<bool> mount(const Digest& digest);
    Result<void> start();
    Result<void> take_location(const net::HttpResponse& response);
    Result<void> upload(const oci::Descriptor& blob, const BlobOpener& open,
                        const SentCallback& on_sent);
    Result<void> check_upload(const oci::Descriptor& blob, const net::HttpResponse& response);
    void cancel();

    Result<net::HttpResponse> send(net::HttpRequest request) {
        return transport_->send(*ctx_, repository_->registry(), std::move(request), scope_);
    }
    Operation operation(Subject subject, std::string name = {}) const {
        return {repository_->registry(), scope_, subject, std::move(name)};
    }

    const exec::Context* ctx_;
    Transport* transport_;
    const oci::Reference* repository_;
    const RegistryOptions* options_;
    Scope scope_;
    std::optional<net::Url> location_;  ///< of the upload that is under way
};

}  // namespace pycontainer::registry
