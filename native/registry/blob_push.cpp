#include "registry/blob_push.hpp"

#include "base/strings.hpp"
#include "net/retrying_http_client.hpp"

#include <algorithm>
#include <charconv>

namespace pycontainer::registry {
namespace {

constexpr std::chrono::milliseconds kCancelTimeout{500};
constexpr std::uint64_t kFirstChunk = 16ULL << 20U;
constexpr std::uint64_t kSmallestChunk = 64ULL << 10U;
constexpr std::uint64_t kWorthATry = 1ULL << 20U;  // a try that brought as much does not count
constexpr unsigned kMostTries = 200;               // of those that brought less
constexpr std::chrono::milliseconds kLongestDelay{30'000};

/// Reports what is read of `source`; `on_sent` has to outlive it.
net::BodySource observed(net::BodySource source, const SentCallback& on_sent) {
    if (!on_sent) return source;
    source.read = [read = std::move(source.read), &on_sent](
                      std::uint64_t offset, std::span<std::byte> out) -> Result<std::size_t> {
        PYC_TRY_ASSIGN(const auto count, read(offset, out));
        on_sent(offset + count);
        return count;
    };
    return source;
}

net::BodySource part_of(const net::BodySource& source, std::uint64_t offset, std::uint64_t size) {
    return {size, [&source, offset](std::uint64_t at, std::span<std::byte> out) {
                return source.read(offset + at, out);
            }};
}

/// `0-99`, with or without a unit: 100 bytes. `0-0` is what registries say of an empty upload.
std::optional<std::uint64_t> bytes_in_range(const net::Headers& headers) {
    const auto text = headers.find("Range").value_or("");
    const auto dash = text.find('-');
    std::uint64_t last = 0;
    if (dash == std::string::npos) return std::nullopt;
    const auto [end, error] =
        std::from_chars(text.data() + dash + 1, text.data() + text.size(), last);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return last == 0 ? 0 : last + 1;
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
    PYC_TRY_ASSIGN(const bool present, is_present(blob));
    if (present) return BlobOutcome::Present;
    if (scope_.mount_from) {
        PYC_TRY_ASSIGN(const bool mounted, mount(blob.digest));
        if (mounted) return BlobOutcome::Mounted;
    }
    auto delay = options_->first_delay;
    for (unsigned tries = 1;;) {
        auto uploaded = upload(blob, open, on_sent);
        if (uploaded) return BlobOutcome::Uploaded;
        auto& error = uploaded.error();
        if (error.retryable && tries < kMostTries) {
            const auto brought = prepare_next(blob);
            if (!brought && brought.error().is_cancelled()) {
                cancel();
                return fail(brought.error());
            }
            const auto bytes = brought.value_or(0);
            if (bytes < kWorthATry) ++tries;
            fruitless_ = bytes > 0 ? 0 : fruitless_ + 1;
            if (fruitless_ == 0) delay = options_->first_delay;
        }
        if (!error.retryable || tries >= kMostTries || fruitless_ >= options_->upload_tries) {
            cancel();
            return fail(std::move(error));
        }
        const auto wanted = std::min(retry_after_.value_or(delay), kLongestDelay);
        ctx_->log(fmt::format("pushing `{}` again from byte {} in {} ms: {}",
                              blob.digest.to_string(), offset_, wanted.count(), error.message));
        if (auto waited = ctx_->wait(wanted); !waited) {
            cancel();
            return fail(std::move(waited).error());
        }
        delay = std::min(delay * 2, kLongestDelay);
        // The upload may have been complete, and only its answer have been lost.
        if (!location_) {
            PYC_TRY_ASSIGN(const bool arrived, is_present(blob));
            if (arrived) return BlobOutcome::Uploaded;
        }
    }
}

Result<void> BlobPush::check_access() {
    PYC_TRY(start());
    cancel();
    return {};
}

Result<bool> BlobPush::is_present(const oci::Descriptor& blob) {
    net::HttpRequest request;
    request.method = "HEAD";
    PYC_TRY_ASSIGN(request.url,
                   transport_->address(*ctx_, *repository_, "blobs/" + blob.digest.to_string()));
    request.timeout = kDocumentTimeout;
    const auto asked = request.url;
    PYC_TRY_ASSIGN(const auto response, send(std::move(request)));
    // What does not know HEAD will say in the upload what is wrong; so will it where HEAD leads to
    // a storage host whose signature is good for GET alone.
    if (response.status == 404 || response.status == 405 || response.status == 400) return false;
    if (response.status != 200 && !response.url.has_same_origin(asked)) return false;
    PYC_TRY(transport_->expect(*ctx_, operation(Subject::Blob, blob.digest.to_string()), response,
                               {200}));
    const auto length = response.headers.find("Content-Length");  // a torn one is sent again
    return !length || *length == std::to_string(blob.size);
}

Result<bool> BlobPush::mount(const Digest& digest) {
    net::HttpRequest request;
    request.method = "POST";
    request.repeat_post = true;  // an upload that was started twice is only empty
    PYC_TRY_ASSIGN(const auto url, transport_->address(*ctx_, *repository_, "blobs/uploads/"));
    request.url = url.with_query_parameter("mount", digest.to_string())
                      .with_query_parameter("from", *scope_.mount_from);
    request.timeout = kDocumentTimeout;
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
    request.timeout = kDocumentTimeout;
    PYC_TRY_ASSIGN(request.url, transport_->address(*ctx_, *repository_, "blobs/uploads/"));
    PYC_TRY_ASSIGN(const auto response, send(std::move(request)));
    if (response.is_success() && response.status != 202)
        return fail("registry/invalid-response",
                    "`{}` answered the start of an upload with HTTP status {} instead of 202",
                    repository_->registry(), response.status)
            .hint("check the address; a login page or a proxy may have answered for the registry");
    auto started = transport_->expect(*ctx_, operation(Subject::Upload), response, {202});
    if (!started) return fail(std::move(started).error()).retryable(false);  // it was repeated
    offset_ = 0;
    least_chunk_ = 0;
    if (const auto least = response.headers.find("OCI-Chunk-Min-Length"))
        std::from_chars(least->data(), least->data() + least->size(), least_chunk_);
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
    if (!url.is_https() && (base.is_https() || url.scheme() != "http"))
        return fail("registry/invalid-response",
                    "`{}` wants an upload to be sent to `{}`, which is not {}",
                    repository_->registry(), url.redacted(), base.is_https() ? "secure" : "HTTP")
            .hint("this has to be repaired in the registry, or in a proxy before it");
    location_ = std::move(url);
    return {};
}

Result<void> BlobPush::upload(const oci::Descriptor& blob, const BlobOpener& open,
                              const SentCallback& on_sent) {
    status_ = 0;
    retry_after_.reset();
    if (!location_) PYC_TRY(start());
    began_ = offset_;
    PYC_TRY_ASSIGN(auto source, open());
    if (source.size != blob.size)
        return digest_mismatch(fmt::format("the blob `{}` to be pushed", blob.digest.to_string()),
                               fmt::format("{} bytes", blob.size), std::to_string(source.size));
    if (on_sent) on_sent(offset_);
    source = observed(std::move(source), on_sent);
    const bool whole = offset_ == 0 && (chunk_size_ == 0 || chunk_size_ >= blob.size);
    if (whole)
        PYC_TRY(send_whole(blob, std::move(source)));
    else
        PYC_TRY(send_chunks(blob, source));
    location_.reset();
    return {};
}

Result<void> BlobPush::send_whole(const oci::Descriptor& blob, net::BodySource source) {
    net::HttpRequest request;
    request.method = "PUT";
    request.url = location_->with_query_parameter("digest", blob.digest.to_string());
    request.headers = {{"Content-Type", "application/octet-stream"}};
    request.body_source = std::move(source);
    request.may_repeat = false;  // what the registry has of this upload is unknown after a failure
    PYC_TRY_ASSIGN(const auto response, send(std::move(request)));
    return check_upload(blob, response);
}

/// "Pushing a blob in chunks": each begins where the registry says the last one has ended.
Result<void> BlobPush::send_chunks(const oci::Descriptor& blob, const net::BodySource& source) {
    while (offset_ < blob.size) {
        const auto wanted = chunk_size_ == 0 ? blob.size : std::max(chunk_size_, least_chunk_);
        const auto size = std::min(wanted, blob.size - offset_);
        net::HttpRequest request;
        request.method = "PATCH";
        request.url = *location_;
        request.headers = {{"Content-Type", "application/octet-stream"},
                           {"Content-Range", fmt::format("{}-{}", offset_, offset_ + size - 1)}};
        request.body_source = part_of(source, offset_, size);
        request.may_repeat = false;
        PYC_TRY_ASSIGN(const auto response, send(std::move(request)));
        if (!response.is_success()) return check_upload(blob, response);
        const auto kept = bytes_in_range(response.headers).value_or(offset_ + size);
        if (kept <= offset_ || kept > offset_ + size)
            return fail("registry/invalid-response",
                        "`{}` was sent bytes {} to {} of an upload and says that it has {}",
                        repository_->registry(), offset_, offset_ + size, kept)
                .hint("this has to be repaired in the registry, or in a proxy before it")
                .retryable();
        offset_ = kept;
        fruitless_ = 0;
        if (response.headers.find("Location")) PYC_TRY(take_location(response));
    }
    net::HttpRequest request;
    request.method = "PUT";
    request.url = location_->with_query_parameter("digest", blob.digest.to_string());
    request.headers = {{"Content-Type", "application/octet-stream"}};
    request.body_source = net::text_source({});  // the registry has to put the chunks together
    request.may_repeat = false;
    PYC_TRY_ASSIGN(const auto response, send(std::move(request)));
    return check_upload(blob, response);
}

Result<std::optional<std::uint64_t>> BlobPush::ask_progress() {
    net::HttpRequest request;
    request.url = *location_;
    request.body_limit = 1U << 20U;
    request.timeout = kDocumentTimeout;
    PYC_TRY_ASSIGN(const auto response, send(std::move(request)));
    const auto kept = bytes_in_range(response.headers);
    if (!response.is_success() || !kept) return std::nullopt;
    if (response.headers.find("Location")) PYC_TRY(take_location(response));
    return kept;
}

Result<std::uint64_t> BlobPush::prepare_next(const oci::Descriptor& blob) {
    // A proxy's limit (413), or one that ends long requests in its own way.
    const bool too_large = status_ == 413;
    if (too_large || (status_ == 0 && fruitless_ >= 1))
        chunk_size_ =
            std::max(kSmallestChunk,
                     chunk_size_ == 0 ? std::min(kFirstChunk, blob.size / 2) : chunk_size_ / 2);
    if (location_ && status_ != 404 && status_ != 400) {
        PYC_TRY_ASSIGN(const auto kept, ask_progress());
        if (kept && *kept > 0 && *kept <= blob.size) {
            offset_ = *kept;
            return offset_ > began_ ? offset_ - began_ : 0;
        }
    }
    cancel();
    offset_ = 0;
    return too_large && chunk_size_ > kSmallestChunk ? 1 : 0;
}

Result<void> BlobPush::check_upload(const oci::Descriptor& blob,
                                    const net::HttpResponse& response) {
    status_ = response.status;
    retry_after_ = net::retry_after(response.headers);
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
    // 404: it forgot the upload; 413: smaller pieces may pass; 416: it has less than it said.
    // 400: what has arrived is not what was sent, perhaps because of a line in between.
    const bool is_other_content = said.find("DIGEST_INVALID") != std::string::npos;
    const bool may_pass = is_other_content || response.status == 404 || response.status == 408 ||
                          (response.status == 413 && blob.size > kSmallestChunk) ||
                          response.status == 416 || response.status == 429 ||
                          response.status >= 500;
    return fail("registry/upload-failed",
                "`{}` did not take the blob `{}` ({}): HTTP status {}{}{}", repository_->registry(),
                blob.digest.to_string(), format_size(blob.size), response.status,
                said.empty() ? "" : ", ", said)
        .hint("{}", response.status == 413
                        ? "a proxy before the registry limits the size of requests"
                    : is_other_content
                        ? "the blob was damaged on this machine, so build again, or on its way"
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
