#include "registry/registry_client.hpp"

#include "base/strings.hpp"
#include "oci/manifest.hpp"
#include "oci/media_types.hpp"
#include "registry/blob_push.hpp"
#include "registry/referrers.hpp"
#include "registry/transport.hpp"

namespace pycontainer::registry {
namespace {

constexpr const char* kNamesOfPage = "1000";  // what Amazon's registry accepts at most

/// All types in one field: some registries read only the first field of a name.
std::string accepted_types() {
    return fmt::format("{}, {}, {}, {}", oci::kImageIndex, oci::kImageManifest,
                       oci::kDockerManifestList, oci::kDockerManifest);
}

std::string manifest_path(const oci::Reference& reference) {
    return "manifests/" + (reference.digest() ? reference.digest()->to_string()
                                              : reference.tag().value_or("latest"));
}

/// Passes a blob on while checking that it is the one that was asked for.
class VerifyingSink {
public:
    VerifyingSink(const oci::Descriptor& blob, const ByteSink& sink) : blob_(&blob), sink_(&sink) {}

    Result<void> write(Bytes bytes) {
        received_ += bytes.size();
        if (received_ > blob_->size)
            return digest_mismatch(name(), fmt::format("{} bytes", blob_->size), "more");
        hash_.update(bytes);
        return (*sink_)(bytes);
    }
    Result<void> finish() {
        if (received_ != blob_->size)
            return digest_mismatch(name(), fmt::format("{} bytes", blob_->size),
                                   fmt::format("{}", received_));
        const auto digest = hash_.finish();
        if (digest != blob_->digest)
            return digest_mismatch(name(), "that digest", digest.to_string());
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

struct RegistryClient::Impl {
    Transport transport;
    RegistryOptions options;
};

RegistryClient::RegistryClient(net::HttpClient& http, credentials::Keychain& keychain,
                               RegistryOptions options)
    : impl_(new Impl{{http, keychain}, options}) {}
RegistryClient::~RegistryClient() = default;

Result<ManifestContent> RegistryClient::manifest(const exec::Context& ctx,
                                                 const oci::Reference& reference) {
    const Scope scope{reference.repository(), Access::Pull, {}};
    net::HttpRequest request;
    PYC_TRY_ASSIGN(request.url, impl_->transport.address(ctx, reference, manifest_path(reference)));
    request.headers = {{"Accept", accepted_types()}};
    request.body_limit = impl_->options.manifest_limit;
    request.timeout = kDocumentTimeout;
    PYC_TRY_ASSIGN(auto response,
                   impl_->transport.send(ctx, reference.registry(), std::move(request), scope));
    PYC_TRY(impl_->transport.expect(
        ctx, {reference.registry(), scope, Subject::Manifest, reference.to_string()}, response,
        {200}));

    ManifestContent content;
    content.digest = Digest::of(response.body);
    const auto what = fmt::format("the manifest of `{}`", reference.to_string());
    if (reference.digest() && *reference.digest() != content.digest)
        return digest_mismatch(what, "that digest", content.digest.to_string());
    if (const auto announced = announced_digest(response.headers);
        announced && *announced != content.digest)
        return digest_mismatch(
            what, fmt::format("the digest {} that the registry announced", announced->to_string()),
            content.digest.to_string());
    const auto type = response.headers.find("Content-Type").value_or("");
    content.media_type = oci::detect_media_type(
        response.body, trim(std::string_view(type).substr(0, type.find(';'))));
    if (content.media_type.empty()) content.media_type = type;
    content.bytes = std::move(response.body);
    return content;
}

Result<std::optional<Digest>> RegistryClient::head_manifest(const exec::Context& ctx,
                                                            const oci::Reference& reference) {
    const Scope scope{reference.repository(), Access::Pull, {}};
    net::HttpRequest request;
    request.method = "HEAD";
    PYC_TRY_ASSIGN(request.url, impl_->transport.address(ctx, reference, manifest_path(reference)));
    request.headers = {{"Accept", accepted_types()}};
    request.timeout = kDocumentTimeout;
    PYC_TRY_ASSIGN(const auto response,
                   impl_->transport.send(ctx, reference.registry(), std::move(request), scope));
    if (response.status == 404) return std::nullopt;
    PYC_TRY(impl_->transport.expect(
        ctx, {reference.registry(), scope, Subject::Manifest, reference.to_string()}, response,
        {200}));
    if (const auto digest = announced_digest(response.headers)) return *digest;
    PYC_TRY_ASSIGN(const auto content, manifest(ctx, reference));  // the header is optional
    return content.digest;
}

Result<NamePage> RegistryClient::name_page(const exec::Context& ctx, const std::string& registry,
                                           const net::Url& first, const Scope& scope, NameKind kind,
                                           const NamePageRequest& page) {
    net::HttpRequest request;
    request.url = page.next ? *page.next : first.with_query_parameter("n", kNamesOfPage);
    request.compressed = true;
    request.timeout = kDocumentTimeout;
    if (!page.etag.empty()) request.headers = {{"If-None-Match", page.etag}};
    PYC_TRY_ASSIGN(const auto response,
                   impl_->transport.send(ctx, registry, std::move(request), scope));
    const auto name = scope.catalog ? registry + "/v2/_catalog" : registry + "/" + scope.repository;
    PYC_TRY(impl_->transport.expect(ctx, {registry, scope, Subject::Manifest, name}, response,
                                    {200, 304}));
    return read_name_page(kind, registry, response);
}

Result<NamePage> RegistryClient::tags(const exec::Context& ctx, const oci::Reference& repository,
                                      const NamePageRequest& page) {
    const Scope scope{repository.repository(), Access::Pull, {}};
    PYC_TRY_ASSIGN(const auto first, impl_->transport.address(ctx, repository, "tags/list"));
    return name_page(ctx, repository.registry(), first, scope, NameKind::Tags, page);
}

Result<NamePage> RegistryClient::repositories(const exec::Context& ctx, const std::string& registry,
                                              const NamePageRequest& page) {
    Scope scope;
    scope.catalog = true;
    PYC_TRY_ASSIGN(const auto base, impl_->transport.base(ctx, registry));
    PYC_TRY_ASSIGN(const auto first, base.resolve("/v2/_catalog"));
    return name_page(ctx, registry, first, scope, NameKind::Repositories, page);
}

Result<void> RegistryClient::fetch_blob(const exec::Context& ctx, const oci::Reference& repository,
                                        const oci::Descriptor& blob, const ByteSink& sink) {
    const Scope scope{repository.repository(), Access::Pull, {}};
    net::HttpRequest request;
    PYC_TRY_ASSIGN(request.url,
                   impl_->transport.address(ctx, repository, "blobs/" + blob.digest.to_string()));
    request.resumable = true;  // the digest is checked over all of it
    request.expected_size = blob.size;
    VerifyingSink verifying(blob, sink);
    PYC_TRY_ASSIGN(const auto response,
                   impl_->transport.send(ctx, repository.registry(), std::move(request), scope,
                                         [&](Bytes bytes) { return verifying.write(bytes); }));
    PYC_TRY(impl_->transport.expect(
        ctx, {repository.registry(), scope, Subject::Blob, blob.digest.to_string()}, response,
        {200}));
    return verifying.finish();
}

Result<void> RegistryClient::put_manifest(const exec::Context& ctx, const oci::Reference& reference,
                                          const std::string& media_type, std::string_view bytes) {
    const auto digest = Digest::of(bytes);
    const Scope scope{reference.repository(), Access::Push, {}};
    net::HttpRequest request;
    request.method = "PUT";
    PYC_TRY_ASSIGN(request.url, impl_->transport.address(
                                    ctx, reference,
                                    "manifests/" + reference.tag().value_or(digest.to_string())));
    request.headers = {{"Content-Type", media_type}};
    request.body = bytes;
    request.timeout = kDocumentTimeout;
    PYC_TRY_ASSIGN(const auto response,
                   impl_->transport.send(ctx, reference.registry(), std::move(request), scope));
    PYC_TRY(impl_->transport.expect(
        ctx, {reference.registry(), scope, Subject::Upload, reference.to_string()}, response,
        {200, 201, 202, 204}));
    if (const auto stored = announced_digest(response.headers); stored && *stored != digest)
        return digest_mismatch(
            fmt::format("the manifest of `{}` in the registry", reference.to_string()),
            digest.to_string(), stored->to_string());
    return {};
}

Result<bool> RegistryClient::has_blob(const exec::Context& ctx, const oci::Reference& repository,
                                      const Digest& digest) {
    const Scope scope{repository.repository(), Access::Pull, {}};
    net::HttpRequest request;
    request.method = "HEAD";
    PYC_TRY_ASSIGN(request.url,
                   impl_->transport.address(ctx, repository, "blobs/" + digest.to_string()));
    request.timeout = kDocumentTimeout;
    PYC_TRY_ASSIGN(const auto response,
                   impl_->transport.send(ctx, repository.registry(), std::move(request), scope));
    if (response.status == 404) return false;
    PYC_TRY(impl_->transport.expect(
        ctx, {repository.registry(), scope, Subject::Blob, digest.to_string()}, response, {200}));
    return true;
}

Result<BlobOutcome> RegistryClient::push_blob(const exec::Context& ctx,
                                              const oci::Reference& repository,
                                              const oci::Descriptor& blob, const BlobOpener& open,
                                              const std::optional<std::string>& mount_from,
                                              const SentCallback& on_sent) {
    return BlobPush(ctx, impl_->transport, repository, mount_from, impl_->options)
        .push(blob, open, on_sent);
}

Result<std::vector<oci::Descriptor>> RegistryClient::referrers(const exec::Context& ctx,
                                                               const oci::Reference& repository,
                                                               const Digest& subject) {
    return Referrers(ctx, impl_->transport, repository, impl_->options).list(subject);
}

Result<ReferrerListing> RegistryClient::put_referrer(const exec::Context& ctx,
                                                     const oci::Reference& repository,
                                                     const oci::Descriptor& referrer,
                                                     std::string_view bytes,
                                                     const Digest& subject) {
    return Referrers(ctx, impl_->transport, repository, impl_->options)
        .add(referrer, bytes, subject);
}

Result<void> RegistryClient::check_push_access(const exec::Context& ctx,
                                               const oci::Reference& repository) {
    return BlobPush(ctx, impl_->transport, repository, std::nullopt, impl_->options).check_access();
}

void RegistryClient::use_own_settings(std::vector<std::string> mirrors,
                                      std::vector<std::string> insecure) {
    impl_->transport.use_own_settings(std::move(mirrors), std::move(insecure));
}

Result<std::vector<oci::Reference>> RegistryClient::mirrors(const exec::Context& ctx,
                                                            const oci::Reference& reference) {
    PYC_TRY_ASSIGN(const auto* const settings, impl_->transport.settings(ctx));
    return settings->mirrors(reference);
}

Result<void> RegistryClient::check_credentials(const exec::Context& ctx,
                                               const std::string& registry) {
    const Scope no_repository{{}, Access::Pull, {}};
    net::HttpRequest request;
    PYC_TRY_ASSIGN(const auto base, impl_->transport.base(ctx, registry));
    PYC_TRY_ASSIGN(request.url, base.resolve("/v2/"));
    request.body_limit = 1U << 20U;
    request.timeout = kDocumentTimeout;
    auto response = impl_->transport.send(ctx, registry, std::move(request), no_repository);
    const bool refused = response ? response->status == 401 || response->status == 403
                                  : response.error().code == "registry/unauthorized" ||
                                        response.error().code == "registry/forbidden";
    if (refused)
        return fail("registry/unauthorized", "`{}` does not take this user name and password",
                    registry)
            .hint("many registries want an access token in place of the account's password");
    if (!response) return fail(std::move(response).error());
    if (response->status == 200 || response->status == 404) return {};
    return refusal({registry, no_repository, Subject::Token, {}}, *response, {});
}

Result<bool> RegistryClient::may_mount(const exec::Context& ctx, const oci::Reference& repository,
                                       const std::string& from) {
    return impl_->transport.may_mount(ctx, repository.registry(),
                                      {repository.repository(), Access::Push, from});
}

}  // namespace pycontainer::registry
