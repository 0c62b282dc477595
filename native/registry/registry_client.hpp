#pragma once

// A container registry as the OCI distribution specification 1.1 describes it, and as the real ones
// differ from it.

#include "base/digest.hpp"
#include "base/file.hpp"
#include "credentials/keychain.hpp"
#include "exec/context.hpp"
#include "net/http_client.hpp"
#include "oci/descriptor.hpp"
#include "oci/reference.hpp"
#include "registry/name_list.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pycontainer::registry {

struct Scope;

struct ManifestContent {
    std::string bytes;
    std::string media_type;
    Digest digest;  ///< of the bytes
};

/// Who keeps the list of what refers to a manifest.
enum class ReferrerListing {
    Api,  ///< the registry
    Tag,  ///< its users, under a tag made of the digest
};

/// How a blob came to be in the repository.
enum class BlobOutcome { Present, Mounted, Uploaded };

struct RegistryOptions {
    std::uint64_t manifest_limit = 4U << 20U;  ///< what registries themselves accept
    unsigned upload_tries = 5;                 ///< in a row that bring nothing
    std::chrono::milliseconds first_delay{
        250};  ///< before an upload is tried again; doubled each time
    /// After a list of referrers was written under its tag, before it is looked at again; longer
    /// where the registry is slow.
    std::chrono::milliseconds referrers_settle{500};
};

/// Opens a blob's bytes when they turn out to be needed.
using BlobOpener = std::function<Result<net::BodySource>()>;
/// Bytes of the blob that have been sent so far; less than before when a try is repeated.
using SentCallback = std::function<void(std::uint64_t)>;

/// Thread-safe; borrows client and keychain. Finds out once per registry how it is spoken to:
/// HTTPS, or plain HTTP if it is a loopback host that does not speak TLS; Basic or bearer tokens,
/// which are kept until they expire.
///
/// Errors of every call, besides `net/…` and `credentials/…`: `registry/unauthorized` and
/// `registry/forbidden` (with the credential that was tried and the scope), `registry/not-found`,
/// `registry/rate-limited`, `registry/unavailable` (5xx), `registry/untrusted-realm`,
/// `registry/invalid-response`, `registry/rejected` (any other refusal), `cancelled`.
class RegistryClient {
public:
    RegistryClient(net::HttpClient& http, credentials::Keychain& keychain,
                   RegistryOptions options = {});
    RegistryClient(const RegistryClient&) = delete;
    RegistryClient& operator=(const RegistryClient&) = delete;
    ~RegistryClient();

    /// An index or manifest by tag or digest; a digest is verified over the bytes. Errors:
    /// `registry/digest-mismatch`.
    Result<ManifestContent> manifest(const exec::Context& ctx, const oci::Reference& reference);
    /// Nothing: there is none.
    Result<std::optional<Digest>> head_manifest(const exec::Context& ctx,
                                                const oci::Reference& reference);
    /// A page of the repository's tags, or of the registry's repositories where it tells them.
    /// Pages have up to a thousand names, some registries' fewer.
    Result<NamePage> tags(const exec::Context& ctx, const oci::Reference& repository,
                          const NamePageRequest& page = {});
    Result<NamePage> repositories(const exec::Context& ctx, const std::string& registry,
                                  const NamePageRequest& page = {});
    /// Streams a blob into `sink`, continued where it broke off. Size and digest are verified; what
    /// the sink got counts only after success. Errors: `registry/digest-mismatch`.
    Result<void> fetch_blob(const exec::Context& ctx, const oci::Reference& repository,
                            const oci::Descriptor& blob, const ByteSink& sink);
    Result<bool> has_blob(const exec::Context& ctx, const oci::Reference& repository,
                          const Digest& digest);

    /// Makes the repository have the blob: it is there, or is mounted from the repository
    /// `mount_from` of the same registry, or is uploaded, continued or begun anew when the
    /// connection breaks. `open` is called only for an upload, once per try. Errors:
    /// `registry/upload-failed`.
    Result<BlobOutcome> push_blob(const exec::Context& ctx, const oci::Reference& repository,
                                  const oci::Descriptor& blob, const BlobOpener& open,
                                  const std::optional<std::string>& mount_from = std::nullopt,
                                  const SentCallback& on_sent = {});
    /// Under the reference's tag, else under its digest. Errors: `registry/digest-mismatch` when
    /// the registry stored something else.
    Result<void> put_manifest(const exec::Context& ctx, const oci::Reference& reference,
                              const std::string& media_type, std::string_view bytes);
    /// What refers to the manifest or index `subject` of the repository: artifacts such as SBOMs.
    /// Errors: `registry/invalid-referrers`.
    Result<std::vector<oci::Descriptor>> referrers(const exec::Context& ctx,
                                                   const oci::Reference& repository,
                                                   const Digest& subject);
    /// Puts the manifest of an artifact, whose blobs are there, and makes sure that it is listed
    /// among the referrers of `subject`, also with other writers at work. Errors:
    /// `registry/digest-mismatch`, `registry/invalid-referrers`, `registry/referrers-contended`.
    Result<ReferrerListing> put_referrer(const exec::Context& ctx, const oci::Reference& repository,
                                         const oci::Descriptor& referrer, std::string_view bytes,
                                         const Digest& subject);
    /// Starts an upload and cancels it, so that missing rights are known before anything big is
    /// made or sent.
    Result<void> check_push_access(const exec::Context& ctx, const oci::Reference& repository);
    /// `[registry]` of the configuration: `PREFIX=PLACE` and hosts; goes before the settings of
    /// other tools. Before anything is asked, by one thread.
    void use_own_settings(std::vector<std::string> mirrors, std::vector<std::string> insecure);
    /// Where else to look for an image before its own registry, by settings.
    /// Errors: `registry/invalid-settings`.
    Result<std::vector<oci::Reference>> mirrors(const exec::Context& ctx,
                                                const oci::Reference& reference);
    /// Whether `registry` takes the credentials that the keychain has for it, as far as that can be
    /// told without naming a repository. Errors: `registry/unauthorized`.
    Result<void> check_credentials(const exec::Context& ctx, const std::string& registry);
    /// Whether blobs may be mounted from the repository `from` of the same registry, as far as it
    /// tells: a token for both is asked for, and without the right to pull from there it may be
    /// refused as a whole.
    Result<bool> may_mount(const exec::Context& ctx, const oci::Reference& repository,
                           const std::string& from);

private:
    Result<NamePage> name_page(const exec::Context& ctx, const std::string& registry,
                               const net::Url& first, const Scope& scope, NameKind kind,
                               const NamePageRequest& page);
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace pycontainer::registry
