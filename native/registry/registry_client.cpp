#include "registry/registry_client.hpp"

#include <algorithm>
#include <array>
#include <map>

#include "base/strings.hpp"
#include "base/synchronized.hpp"
#include "credentials/docker_config.hpp"
#include "oci/manifest.hpp"
#include "oci/media_types.hpp"
#include "registry/authenticator.hpp"
#include "registry/refusal.hpp"

namespace pycontainer::registry {
namespace {

constexpr std::chrono::milliseconds kCancelTimeout{500};
constexpr std::chrono::seconds kLoopbackTimeout{5};

/// The host of a registry's API where it is not the one in image names.
std::string api_host(const std::string& registry) { return credentials::canonical_registry(registry) == "docker.io" ? "registry-1.docker.io" : registry; }

/// Whether a loopback host that failed this way on HTTPS may be one that does not speak TLS: never after a certificate error.
bool may_lack_tls(std::string_view code, std::string_view registry) {
    if (code == "net/not-tls" || code == "net/interrupted" || code == "net/timeout") return true;  // some plain servers wait for a line end
    return code == "net/unreachable" && registry.find(':') == std::string_view::npos;  // port 80 may be open
}

/// All types in one field: some registries read only the first field of a name.
std::string accepted_types() {
    return fmt::format("{}, {}, {}, {}", oci::kImageIndex, oci::kImageManifest, oci::kDockerManifestList, oci::kDockerManifest);
}

std::string manifest_path(const oci::Reference& reference) {
    return "manifests/" + (reference.digest() ? reference.digest()->to_string() : reference.tag().value_or("latest"));
}

/// Nothing when the header is missing or of another algorithm: then the bytes speak for themselves.
std::optional<Digest> content_digest(const net::Headers& headers) {
    const auto text = headers.find("Docker-Content-Digest");
    if (!text) return std::nullopt;
    const auto digest = Digest::parse(*text);
    return digest ? std::optional(*digest) : std::nullopt;
}

Failure digest_mismatch(const std::string& what, const std::string& expected, const std::string& actual) {
    return fail("registry/digest-mismatch", "{} was expected to have {}, but has {}", what, expected, actual).hint("it was damaged on the way or in the registry; nothing of it was used");
}

/// Passes a blob on while checking that it is the one that was asked for.
class VerifyingSink {
public:
    VerifyingSink(const oci::Descriptor& blob, const ByteSink& sink) : blob_(&blob), sink_(&sink) {}

    Result<void> write(Bytes bytes) {
        received_ += bytes.size();
        if (received_ > blob_->size) return digest_mismatch(name(), fmt::format("{} bytes", blob_->size), "more");
        hash_.update(bytes);
        return (*sink_)(bytes);
    }
    Result<void> finish() {
        if (received_ != blob_->size) return digest_mismatch(name(), fmt::format("{} bytes", blob_->size), fmt::format("{}", received_));
        const auto digest = hash_.finish();
        if (digest != blob_->digest) return digest_mismatch(name(), "that digest", digest.to_string());
        return {};
    }

private:
    std::string name() const { return fmt::format("the blob `{}`", blob_->digest.to_string()); }

    const oci::Descriptor* blob_;
    const ByteSink* sink_;
    Sha256 hash_;
    std::uint64_t received_ = 0;
};

}  // namespace

class RegistryClient::Impl {
public:
    Impl(net::HttpClient& http, credentials::Keychain& keychain, RegistryOptions options) : http_(&http), keychain_(&keychain), options_(options) {}

    Result<ManifestContent> manifest(const exec::Context& ctx, const oci::Reference& reference);
    Result<std::optional<Digest>> head_manifest(const exec::Context& ctx, const oci::Reference& reference);
    Result<void> fetch_blob(const exec::Context& ctx, const oci::Reference& repository, const oci::Descriptor& blob, const ByteSink& sink);
    Result<bool> has_blob(const exec::Context& ctx, const oci::Reference& repository, const Digest& digest, const Scope& scope);
    Result<BlobOutcome> push_blob(const exec::Context& ctx, const oci::Reference& repository, const oci::Descriptor& blob, const BlobOpener& open,
                                  const std::optional<std::string>& mount_from, const SentCallback& on_sent);
    Result<void> put_manifest(const exec::Context& ctx, const oci::Reference& reference, const std::string& media_type, std::string_view bytes);
    Result<void> check_push_access(const exec::Context& ctx, const oci::Reference& repository, const std::optional<std::string>& mount_from);

private:
    /// One registry: reached once, under the lock, by whoever comes first.
    using Host = Synchronized<std::unique_ptr<Authenticator>>;

    Result<Authenticator*> host_of(const exec::Context& ctx, const std::string& registry);
    Result<std::unique_ptr<Authenticator>> connect(const exec::Context& ctx, const std::string& registry) const;
    Result<net::HttpResponse> ping(const exec::Context& ctx, const net::Url& base) const;

    Result<net::Url> address(const exec::Context& ctx, const oci::Reference& reference, const std::string& path);
    Result<net::HttpResponse> send(const exec::Context& ctx, const std::string& registry, net::HttpRequest request, const Scope& scope, const ByteSink& sink = {});
    Result<void> expect(const exec::Context& ctx, const Operation& operation, const net::HttpResponse& response, std::initializer_list<int> statuses);

    Result<net::Url> upload_location(const net::Url& base, const net::HttpResponse& response, const std::string& registry) const;
    Result<net::Url> start_upload(const exec::Context& ctx, const oci::Reference& repository, const Scope& scope);
    Result<void> upload_once(const exec::Context& ctx, const oci::Reference& repository, const oci::Descriptor& blob, const BlobOpener& open, const Scope& scope,
                             std::optional<net::Url>& location, const SentCallback& on_sent);
    Result<std::optional<net::Url>> mount(const exec::Context& ctx, const oci::Reference& repository, const Digest& digest, const std::string& source, const Scope& scope,
                                          bool& mounted);
    void cancel_upload(const exec::Context& ctx, const std::string& registry, const net::Url& location, const Scope& scope);

    net::HttpClient* http_;
    credentials::Keychain* keychain_;
    RegistryOptions options_;
    Synchronized<std::map<std::string, std::unique_ptr<Host>>> hosts_;
};

// ---- Reaching a registry

Result<net::HttpResponse> RegistryClient::Impl::ping(const exec::Context& ctx, const net::Url& base) const {
    PYC_TRY_ASSIGN(auto url, base.resolve("/v2/"));
    net::HttpRequest request;
    request.url = std::move(url);
    request.body_limit = 1U << 20U;
    request.may_repeat = !base.is_loopback();
    if (base.is_loopback()) request.timeout = kLoopbackTimeout;
    return http_->send(ctx, request);
}

Result<std::unique_ptr<Authenticator>> RegistryClient::Impl::connect(const exec::Context& ctx, const std::string& registry) const {
    PYC_TRY_ASSIGN(auto base, net::Url::parse("https://" + api_host(registry)));
    auto response = ping(ctx, base);
    if (!response && base.is_loopback() && may_lack_tls(response.error().code, registry)) {
        PYC_TRY_ASSIGN(auto plain, net::Url::parse("http://" + api_host(registry)));
        auto answer = ping(ctx, plain);
        // 400 is what TLS servers say to plain HTTP.
        if (answer && answer->status != 400) {
            base = std::move(plain);
            response = std::move(answer);
        }
    }
    if (!response) return fail(std::move(response).error()).while_("reaching the registry `{}`", registry);
    if (response->status >= 500) return refusal({registry, {}, Subject::Manifest, {}}, *response, {});
    ctx.log(fmt::format("`{}` is reached at {}", registry, base.redacted()));
    auto challenges = response->status == 401 ? parse_challenges(response->headers.find_all("WWW-Authenticate")) : std::vector<Challenge>();
    return std::make_unique<Authenticator>(*http_, *keychain_, registry, base, std::move(challenges));
}

Result<Authenticator*> RegistryClient::Impl::host_of(const exec::Context& ctx, const std::string& registry) {
    Host* const host = hosts_.with([&](auto& hosts) {
        auto& slot = hosts[credentials::canonical_registry(registry)];
        if (!slot) slot = std::make_unique<Host>();
        return slot.get();
    });
    return host->with([&](std::unique_ptr<Authenticator>& known) -> Result<Authenticator*> {
        if (!known) {
            PYC_TRY_ASSIGN(known, connect(ctx, registry));
        }
        return known.get();
    });
}

Result<net::Url> RegistryClient::Impl::address(const exec::Context& ctx, const oci::Reference& reference, const std::string& path) {
    PYC_TRY_ASSIGN(const auto* const host, host_of(ctx, reference.registry()));
    return host->base().resolve(fmt::format("/v2/{}/{}", reference.repository(), path));
}

Result<net::HttpResponse> RegistryClient::Impl::send(const exec::Context& ctx, const std::string& registry, net::HttpRequest request, const Scope& scope, const ByteSink& sink) {
    PYC_TRY_ASSIGN(auto* const host, host_of(ctx, registry));
    const bool is_ours = request.url.has_same_origin(host->base());  // an upload may continue at a storage host that has its own signature
    for (int attempt = 0;; ++attempt) {
        std::optional<std::string> authorization;
        if (is_ours) {
            PYC_TRY_ASSIGN(authorization, host->authorization(ctx, scope));
        }
        std::erase_if(request.headers, [](const auto& field) { return field.first == "Authorization"; });
        if (authorization) request.headers.emplace_back("Authorization", *authorization);
        PYC_TRY_ASSIGN(auto response, http_->send(ctx, request, sink));
        if (response.status != 401 || attempt > 0 || !is_ours) return response;
        // A token that ended on the way, or a registry that wants credentials only for this.
        if (!host->learn_refusal(scope, authorization, parse_challenges(response.headers.find_all("WWW-Authenticate")))) return response;
    }
}

Result<void> RegistryClient::Impl::expect(const exec::Context& ctx, const Operation& operation, const net::HttpResponse& response, std::initializer_list<int> statuses) {
    if (std::find(statuses.begin(), statuses.end(), response.status) != statuses.end()) return {};
    PYC_TRY_ASSIGN(auto* const host, host_of(ctx, operation.registry));
    PYC_TRY_ASSIGN(const auto credential, host->credential(ctx, operation.scope.repository));
    return refusal(operation, response, credential);
}

// ---- Pulling

Result<ManifestContent> RegistryClient::Impl::manifest(const exec::Context& ctx, const oci::Reference& reference) {
    const Scope scope{reference.repository(), Access::Pull, {}};
    net::HttpRequest request;
    PYC_TRY_ASSIGN(request.url, address(ctx, reference, manifest_path(reference)));
    request.headers = {{"Accept", accepted_types()}};
    request.body_limit = options_.manifest_limit;
    PYC_TRY_ASSIGN(auto response, send(ctx, reference.registry(), std::move(request), scope));
    PYC_TRY(expect(ctx, {reference.registry(), scope, Subject::Manifest, reference.to_string()}, response, {200}));

    ManifestContent content;
    content.digest = Digest::of(response.body);
    const auto what = fmt::format("the manifest of `{}`", reference.to_string());
    if (reference.digest() && *reference.digest() != content.digest) return digest_mismatch(what, "that digest", content.digest.to_string());
    if (const auto announced = content_digest(response.headers); announced && *announced != content.digest)
        return digest_mismatch(what, fmt::format("the digest {} that the registry announced", announced->to_string()), content.digest.to_string());
    const auto type = response.headers.find("Content-Type").value_or("");
    content.media_type = oci::detect_media_type(response.body, trim(std::string_view(type).substr(0, type.find(';'))));
    content.bytes = std::move(response.body);
    return content;
}

Result<std::optional<Digest>> RegistryClient::Impl::head_manifest(const exec::Context& ctx, const oci::Reference& reference) {
    const Scope scope{reference.repository(), Access::Pull, {}};
    net::HttpRequest request;
    request.method = "HEAD";
    PYC_TRY_ASSIGN(request.url, address(ctx, reference, manifest_path(reference)));
    request.headers = {{"Accept", accepted_types()}};
    PYC_TRY_ASSIGN(const auto response, send(ctx, reference.registry(), std::move(request), scope));
    if (response.status == 404) return std::nullopt;
    PYC_TRY(expect(ctx, {reference.registry(), scope, Subject::Manifest, reference.to_string()}, response, {200}));
    if (const auto digest = content_digest(response.headers)) return *digest;
    PYC_TRY_ASSIGN(const auto content, manifest(ctx, reference));  // the header is optional
    return content.digest;
}

Result<void> RegistryClient::Impl::fetch_blob(const exec::Context& ctx, const oci::Reference& repository, const oci::Descriptor& blob, const ByteSink& sink) {
    const Scope scope{repository.repository(), Access::Pull, {}};
    net::HttpRequest request;
    PYC_TRY_ASSIGN(request.url, address(ctx, repository, "blobs/" + blob.digest.to_string()));
    request.resumable = true;  // the digest is checked over all of it
    VerifyingSink verifying(blob, sink);
    PYC_TRY_ASSIGN(const auto response, send(ctx, repository.registry(), std::move(request), scope, [&](Bytes bytes) { return verifying.write(bytes); }));
    PYC_TRY(expect(ctx, {repository.registry(), scope, Subject::Blob, blob.digest.to_string()}, response, {200}));
    return verifying.finish();
}

Result<bool> RegistryClient::Impl::has_blob(const exec::Context& ctx, const oci::Reference& repository, const Digest& digest, const Scope& scope) {
    net::HttpRequest request;
    request.method = "HEAD";
    PYC_TRY_ASSIGN(request.url, address(ctx, repository, "blobs/" + digest.to_string()));
    PYC_TRY_ASSIGN(const auto response, send(ctx, repository.registry(), std::move(request), scope));
    if (response.status == 404) return false;
    PYC_TRY(expect(ctx, {repository.registry(), scope, Subject::Blob, digest.to_string()}, response, {200}));
    return true;
}

// ---- Pushing

Result<net::Url> RegistryClient::Impl::upload_location(const net::Url& base, const net::HttpResponse& response, const std::string& registry) const {
    const auto location = response.url.resolve(response.headers.find("Location").value_or(""));
    if (!location || !response.headers.find("Location")) return fail("registry/invalid-response", "`{}` accepted an upload without saying where to send it", registry).hint("this has to be repaired in the registry, or in a proxy before it");
    auto url = location->without_fragment().without_userinfo();
    // A registry behind a proxy that ends TLS often does not know it: its own address is meant.
    if (base.is_https() && !url.is_https() && url.host() == base.host()) {
        PYC_TRY_ASSIGN(url, base.resolve(url.query().empty() ? url.path() : url.path() + "?" + url.query()));
    }
    if (base.is_https() && !url.is_https()) return fail("registry/invalid-response", "`{}` wants an upload to be sent to `{}`, which is not secure", registry, url.redacted()).hint("this has to be repaired in the registry, or in a proxy before it");
    return url;
}

Result<net::Url> RegistryClient::Impl::start_upload(const exec::Context& ctx, const oci::Reference& repository, const Scope& scope) {
    net::HttpRequest request;
    request.method = "POST";
    PYC_TRY_ASSIGN(request.url, address(ctx, repository, "blobs/uploads/"));
    PYC_TRY_ASSIGN(const auto response, send(ctx, repository.registry(), std::move(request), scope));
    PYC_TRY(expect(ctx, {repository.registry(), scope, Subject::Upload, {}}, response, {202}));
    PYC_TRY_ASSIGN(const auto* const host, host_of(ctx, repository.registry()));
    return upload_location(host->base(), response, repository.registry());
}

Result<std::optional<net::Url>> RegistryClient::Impl::mount(const exec::Context& ctx, const oci::Reference& repository, const Digest& digest, const std::string& source,
                                                            const Scope& scope, bool& mounted) {
    net::HttpRequest request;
    request.method = "POST";
    PYC_TRY_ASSIGN(const auto url, address(ctx, repository, "blobs/uploads/"));
    request.url = url.with_query_parameter("mount", digest.to_string()).with_query_parameter("from", source);
    PYC_TRY_ASSIGN(const auto response, send(ctx, repository.registry(), std::move(request), scope));
    mounted = response.status == 201;
    // Distribution specification, "Mounting a blob from another repository": 202 is an upload that was started instead. Any other
    // answer is not worth an error: an upload will tell.
    if (response.status != 202) return std::nullopt;
    PYC_TRY_ASSIGN(const auto* const host, host_of(ctx, repository.registry()));
    PYC_TRY_ASSIGN(auto location, upload_location(host->base(), response, repository.registry()));
    return location;
}

void RegistryClient::Impl::cancel_upload(const exec::Context& ctx, const std::string& registry, const net::Url& location, const Scope& scope) {
    const auto patient = ctx.with_stop(std::stop_token());  // also after a stop the registry is told, but not for long
    const auto host = host_of(patient, registry);
    if (!host) return;
    net::HttpRequest request;
    request.method = "DELETE";
    request.url = location;
    request.timeout = kCancelTimeout;
    const auto authorization = (*host)->known_authorization(scope);
    if (authorization && location.has_same_origin((*host)->base())) request.headers = {{"Authorization", *authorization}};
    ignore(http_->send(patient, request));  // the registry drops it by itself after a while
}

Result<void> RegistryClient::Impl::upload_once(const exec::Context& ctx, const oci::Reference& repository, const oci::Descriptor& blob, const BlobOpener& open, const Scope& scope,
                                               std::optional<net::Url>& location, const SentCallback& on_sent) {
    if (!location) {
        PYC_TRY_ASSIGN(location, start_upload(ctx, repository, scope));
    }
    PYC_TRY_ASSIGN(auto source, open());
    if (source.size != blob.size) return digest_mismatch(fmt::format("the blob `{}` to be pushed", blob.digest.to_string()), fmt::format("{} bytes", blob.size), std::to_string(source.size));
    if (on_sent) {
        on_sent(0);
        source.read = [read = std::move(source.read), &on_sent](std::uint64_t offset, std::span<std::byte> out) -> Result<std::size_t> {
            PYC_TRY_ASSIGN(const auto count, read(offset, out));
            on_sent(offset + count);
            return count;
        };
    }
    net::HttpRequest request;
    request.method = "PUT";
    request.url = location->with_query_parameter("digest", blob.digest.to_string());
    request.headers = {{"Content-Type", "application/octet-stream"}};
    request.body_source = std::move(source);
    request.may_repeat = false;  // what the registry has of this upload is unknown after a failure
    PYC_TRY_ASSIGN(const auto response, send(ctx, repository.registry(), std::move(request), scope));
    const auto stored = content_digest(response.headers);
    if (response.is_success() && stored && *stored != blob.digest) return digest_mismatch(fmt::format("the blob `{}` in the registry", blob.digest.to_string()), "that digest", stored->to_string());
    if (response.status == 401 || response.status == 403) return expect(ctx, {repository.registry(), scope, Subject::Upload, {}}, response, {});
    if (!response.is_success()) {
        PYC_TRY_ASSIGN(auto* const host, host_of(ctx, repository.registry()));
        PYC_TRY_ASSIGN(const auto credential, host->credential(ctx, repository.repository()));
        const auto said = registry_message(response, credential);
        return fail("registry/upload-failed", "`{}` did not take the blob `{}` ({}): HTTP status {}{}{}", repository.registry(), blob.digest.to_string(), format_size(blob.size), response.status, said.empty() ? "" : ", ", said)
            .hint("{}", response.status == 413 ? "a proxy before the registry limits the size of requests" : "try again; if it stays, the registry's own log says more")
            .retryable(response.status == 404 || response.status == 408 || response.status == 429 || response.status >= 500);  // 404: it forgot the upload
    }
    location.reset();
    return {};
}

Result<BlobOutcome> RegistryClient::Impl::push_blob(const exec::Context& ctx, const oci::Reference& repository, const oci::Descriptor& blob, const BlobOpener& open,
                                                    const std::optional<std::string>& mount_from, const SentCallback& on_sent) {
    Scope scope{repository.repository(), Access::Push, {}};
    if (mount_from && *mount_from != repository.repository()) scope.mount_from = mount_from;
    PYC_TRY_ASSIGN(const bool present, has_blob(ctx, repository, blob.digest, scope));
    if (present) return BlobOutcome::Present;

    std::optional<net::Url> location;
    if (scope.mount_from) {
        bool mounted = false;
        PYC_TRY_ASSIGN(location, mount(ctx, repository, blob.digest, *scope.mount_from, scope, mounted));
        if (mounted) return BlobOutcome::Mounted;
    }
    auto delay = options_.first_delay;
    for (unsigned attempt = 1;; ++attempt, delay *= 2) {
        auto uploaded = upload_once(ctx, repository, blob, open, scope, location, on_sent);
        if (uploaded) return BlobOutcome::Uploaded;
        if (location) cancel_upload(ctx, repository.registry(), *location, scope);
        location.reset();
        auto& error = uploaded.error();
        if (!error.retryable || attempt >= options_.upload_tries) return fail(std::move(error)).while_("pushing the blob `{}` to `{}`", blob.digest.to_string(), repository.name());
        ctx.log(fmt::format("pushing `{}` again in {} ms: {}", blob.digest.to_string(), delay.count(), error.message));
        PYC_TRY(ctx.wait(delay));
    }
}

Result<void> RegistryClient::Impl::put_manifest(const exec::Context& ctx, const oci::Reference& reference, const std::string& media_type, std::string_view bytes) {
    const auto digest = Digest::of(bytes);
    const Scope scope{reference.repository(), Access::Push, {}};
    net::HttpRequest request;
    request.method = "PUT";
    PYC_TRY_ASSIGN(request.url, address(ctx, reference, "manifests/" + reference.tag().value_or(digest.to_string())));
    request.headers = {{"Content-Type", media_type}};
    request.body = bytes;
    PYC_TRY_ASSIGN(const auto response, send(ctx, reference.registry(), std::move(request), scope));
    PYC_TRY(expect(ctx, {reference.registry(), scope, Subject::Upload, reference.to_string()}, response, {200, 201, 202, 204}));
    if (const auto stored = content_digest(response.headers); stored && *stored != digest)
        return digest_mismatch(fmt::format("the manifest of `{}` in the registry", reference.to_string()), digest.to_string(), stored->to_string());
    return {};
}

Result<void> RegistryClient::Impl::check_push_access(const exec::Context& ctx, const oci::Reference& repository, const std::optional<std::string>& mount_from) {
    Scope scope{repository.repository(), Access::Push, {}};
    if (mount_from && *mount_from != repository.repository()) scope.mount_from = mount_from;
    PYC_TRY_ASSIGN(const auto location, start_upload(ctx, repository, scope));
    cancel_upload(ctx, repository.registry(), location, scope);
    return {};
}

// ---- The public face

RegistryClient::RegistryClient(net::HttpClient& http, credentials::Keychain& keychain, RegistryOptions options) : impl_(std::make_unique<Impl>(http, keychain, options)) {}
RegistryClient::~RegistryClient() = default;

Result<ManifestContent> RegistryClient::manifest(const exec::Context& ctx, const oci::Reference& reference) { return impl_->manifest(ctx, reference); }

Result<std::optional<Digest>> RegistryClient::head_manifest(const exec::Context& ctx, const oci::Reference& reference) { return impl_->head_manifest(ctx, reference); }

Result<void> RegistryClient::fetch_blob(const exec::Context& ctx, const oci::Reference& repository, const oci::Descriptor& blob, const ByteSink& sink) {
    return impl_->fetch_blob(ctx, repository, blob, sink);
}

Result<bool> RegistryClient::has_blob(const exec::Context& ctx, const oci::Reference& repository, const Digest& digest) {
    return impl_->has_blob(ctx, repository, digest, Scope{repository.repository(), Access::Pull, {}});
}

Result<BlobOutcome> RegistryClient::push_blob(const exec::Context& ctx, const oci::Reference& repository, const oci::Descriptor& blob, const BlobOpener& open,
                                              const std::optional<std::string>& mount_from, const SentCallback& on_sent) {
    return impl_->push_blob(ctx, repository, blob, open, mount_from, on_sent);
}

Result<void> RegistryClient::put_manifest(const exec::Context& ctx, const oci::Reference& reference, const std::string& media_type, std::string_view bytes) {
    return impl_->put_manifest(ctx, reference, media_type, bytes);
}

Result<void> RegistryClient::check_push_access(const exec::Context& ctx, const oci::Reference& repository, const std::optional<std::string>& mount_from) {
    return impl_->check_push_access(ctx, repository, mount_from);
}

}  // namespace pycontainer::registry
