#pragma once

// Bringing one blob into a repository: look, mount, else upload. (OCI distribution specification
// 1.1, "Pushing blobs".)
//
// An upload is one stream at first. After a failure it goes on where the registry says it has come
// to; where that is nowhere, it starts anew, in chunks if streams keep breaking or are too large
// for a proxy.

#include "oci/descriptor.hpp"
#include "registry/registry_client.hpp"
#include "registry/transport.hpp"

#include <chrono>
#include <cstdint>
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
    Result<bool> is_present(const oci::Descriptor& blob);
    /// True: mounted. The registry may have started an upload instead.
    Result<bool> mount(const Digest& digest);
    Result<void> start();
    Result<void> take_location(const net::HttpResponse& response);
    /// How much of the upload the registry has kept; nothing when it has forgotten it.
    Result<std::optional<std::uint64_t>> ask_progress();
    /// One try, from `offset_` on.
    Result<void> upload(const oci::Descriptor& blob, const BlobOpener& open,
                        const SentCallback& on_sent);
    Result<void> send_whole(const oci::Descriptor& blob, net::BodySource source);
    Result<void> send_chunks(const oci::Descriptor& blob, const net::BodySource& source);
    Result<void> check_upload(const oci::Descriptor& blob, const net::HttpResponse& response);
    /// After a failed try that may be repeated: where the next one begins. How many bytes the
    /// failed one has brought; 1 where it taught that smaller pieces may pass.
    Result<std::uint64_t> prepare_next(const oci::Descriptor& blob);
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
    std::uint64_t offset_ = 0;          ///< what the registry has of it
    std::uint64_t began_ = 0;           ///< where the last try began
    std::uint64_t chunk_size_ = 0;      ///< 0: all at once
    std::uint64_t least_chunk_ = 0;     ///< what the registry asks for
    unsigned fruitless_ = 0;            ///< tries in a row that brought nothing
    int status_ = 0;                    ///< of the last answer to an upload; 0: there was none
    std::optional<std::chrono::milliseconds> retry_after_;
};

}  // namespace pycontainer::registry
