#include "registry/blob_push.hpp"

#include "base/strings.hpp"

namespace pycontainer::registry {
namespace {

constexpr std::chrono::milliseconds kCancelTimeout{500};

/// Reports what is read of `source`; `on_sent` has to outlive it.
net::BodySource observed(net::BodySource source, const SentCallback& on_sent) {
    if (!on_sent) return source;
    on_sent(0);
    source.read = [read = std::move(source.read), &on_sent](
                      std::uint64_t offset, std::span<std::byte> out) -> Result<std::size_t> {
        PYC_TRY_ASSIGN(const auto count, read(offset, out));
        on_sent(offset + count);
        return count;
    };
    return source;
}

}  // namespace

BlobPush::BlobPush(const exec::Context& ctx, Transport& transport, const oci::Reference& repository,
                   const std::optional<std::string>& mount_from, const RegistryOptions& options)
    : ctx_(&ctx),
      transport_(&transport),
      repository_(&repository),
      options_(&options),
      scope_{repository.repository(), Access::Push, {}} {
    if (mount_from && *mount_from != repository.repository()) scope_.mount_from = mount_from;
}

Result<BlobOutcome> BlobPush::push(const oci::Descriptor& blob, const BlobOpener& open,
                                   const SentCallback& on_sent) {
    PYC_TRY_ASSIGN(const bool present, is_present(blob.digest));
    if (present) return BlobOutcome::Present;
    if (scope_.mount_from) {
        PYC_TRY_ASSIGN(const bool mounted, mount(blob.digest));
        if (mounted) return BlobOutcome::Mounted;
    }
    auto delay = options_->first_delay;
    for (unsigned attempt = 1;; ++attempt, delay *= 2) {
        auto uploaded = upload(blob, open, on_sent);
        if (uploaded) return BlobOutcome::Uploaded;
        cancel();
        auto& error = uploaded.error();
        if (!error.retryable || attempt >= options_->upload_tries)
            return fail(std::move(error))
                .while_("pushing the blob `{}` to `{}`", blob.digest.to_string(),
                        repository_->name());
        ctx_->log(fmt::format("pushing `{}` again in {} ms: {}", blob.digest.to_string(),
                              delay.count(), error.message));
        PYC_TRY(ctx_->wait(delay));
    }
}

Result<void> BlobPush::check_access() {
    PYC_TRY(start());
    cancel();
    return {};
}

Result<bool> BlobPush::is_present(const Digest& digest) {
    net::HttpRequest request;
    request.method = "HEAD";
    PYC_TRY_ASSIGN(request.url,
                   transport_->address(*ctx_, *repository_, "blobs/" + digest.to_string()));
    PYC_TRY_ASSIGN(const auto response, send(std::move(request)));
    if (response.status == 404) return false;
    PYC_TRY(
        transport_->expect(*ctx_, operation(Subject::Blob, digest.to_string()), response, {200}));
    return true;
}

Result<bool> BlobPush::mount(const Digest& digest) {
    net::HttpRequest request;
    request.method = "POST";
    request.repeat_post = true;  // an upload that was started twice is only empty
    PYC_TRY_ASSIGN(const auto url, transport_->address(*ctx_, *repository_, "blobs/uploads/"));
    request.url = url.with_query_parameter("mount", digest.to_string())
                      .with_query_parameter("from", *scope_.mount_from);
    PYC_TRY_ASSIGN(const auto response, send(std::move(request)));
    // "Mounting a blob from another repository": 202 is an upload that was started instead. Any
    // other answer is not worth an error: an upload will tell.
    if (response.status == 202) PYC_TRY(take_location(response));
    return response.status == 201;
}

Result<void> BlobPush::start() {
    net::HttpRequest request;
    request.method = "POST";
    request.repeat_post = true;  // an upload that was started twice is only empty
    PYC_TRY_ASSIGN(request.url, transport_->address(*ctx_, *repository_, "blobs/uploads/"));
    PYC_TRY_ASSIGN(const auto response, send(std::move(request)));
    PYC_TRY(transport_->expect(*ctx_, operation(Subject::Upload), response, {202}));
    return take_location(response);
}

Result<void> BlobPush::take_location(const net::HttpResponse& response) {
    PYC_TRY_ASSIGN(const auto base, transport_->base(*ctx_, repository_->registry()));
    const auto text = response.headers.find("Location");
    const auto location = response.url.resolve(text.value_or(""));
    if (!text || !location)
        return fail("registry/invalid-response",
                    "`{}` accepted an upload without saying where to send it",
                    repository_->registry())
            .hint("this has to be repaired in the registry, or in a proxy before it");
    auto url = location->without_fragment().without_userinfo();
    // A registry behind a proxy that ends TLS often does not know it: its own address is meant.
    if (base.is_https() && !url.is_https() && url.host() == base.host()) {
        PYC_TRY_ASSIGN(
            url, base.resolve(url.query().empty() ? url.path() : url.path() + "?" + url.query()));
    }
    if (base.is_https() && !url.is_https())
        return fail("registry/invalid-response",
                    "`{}` wants an upload to be sent to `{}`, which is not secure",
                    repository_->registry(), url.redacted())
            .hint("this has to be repaired in the registry, or in a proxy before it");
    location_ = std::move(url);
    return {};
}

Result<void> BlobPush::upload(const oci::Descriptor& blob, const BlobOpener& open,
                              const SentCallback& on_sent) {
    if (!location_) PYC_TRY(start());
    PYC_TRY_ASSIGN(auto source, open());
    if (source.size != blob.size)
        return digest_mismatch(fmt::format("the blob `{}` to be pushed", blob.digest.to_string()),
                               fmt::format("{} bytes", blob.size), std::to_string(source.size));
    // "Single POST then PUT": the chunked form breaks on some registries.
    net::HttpRequest request;
    request.method = "PUT";
    request.url = location_->with_query_parameter("digest", blob.digest.to_string());
    request.headers = {{"Content-Type", "application/octet-stream"}};
    request.body_source = observed(std::move(source), on_sent);
    request.may_repeat = false;  // what the registry has of this upload is unknown after a failure
    PYC_TRY_ASSIGN(const auto response, send(std::move(request)));
    PYC_TRY(check_upload(blob, response));
    location_.reset();
    return {};
}

Result<void> BlobPush::check_upload(const oci::Descriptor& blob,
                                    const net::HttpResponse& response) {
    if (response.status == 401 || response.status == 403)
        return transport_->expect(*ctx_, operation(Subject::Upload), response, {});
    if (response.is_success()) {
        const auto stored = announced_digest(response.headers);
        if (!stored || *stored == blob.digest) return {};
        return digest_mismatch(
            fmt::format("the blob `{}` in the registry", blob.digest.to_string()), "that digest",
            stored->to_string());
    }
    PYC_TRY_ASSIGN(const auto credential, transport_->credential(*ctx_, *repository_));
    const auto said = registry_message(response, credential);
    const bool may_pass = response.status == 404 || response.status == 408 ||
                          response.status == 429 ||
                          response.status >= 500;  // 404: it forgot the upload
    return fail("registry/upload-failed",
                "`{}` did not take the blob `{}` ({}): HTTP status {}{}{}", repository_->registry(),
                blob.digest.to_string(), format_size(blob.size), response.status,
                said.empty() ? "" : ", ", said)
        .hint("{}", response.status == 413
                        ? "a proxy before the registry limits the size of requests"
                        : "try again; if it stays, the registry's own log says more")
        .retryable(may_pass);
}

void BlobPush::cancel() {
    if (!location_) return;
    net::HttpRequest request;
    request.method = "DELETE";
    request.url = std::move(*location_);
    request.timeout = kCancelTimeout;
    location_.reset();
    // The registry is told after a stop, too. What it does not delete now (docker-registry only
    // what has got no bytes) it drops by itself.
    transport_->send_briefly(ctx_->with_stop(std::stop_token()), repository_->registry(),
                             std::move(request), scope_);
}

}  // namespace pycontainer::registry
