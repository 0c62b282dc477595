#include "build/publish.hpp"

#include "base/synchronized.hpp"
#include "oci/media_types.hpp"

#include <chrono>
#include <map>
#include <set>

namespace pycontainer::build {
namespace {

constexpr unsigned kTransfers = 4;

/// Which repositories of the target's registry its blobs may be mounted from. Each is asked for
/// once.
class MountSources {
public:
    static Result<MountSources> find(const exec::Context& ctx, const Publication& publication,
                                     const oci::Reference& target,
                                     const std::optional<oci::Reference>& common,
                                     registry::RegistryClient& registry) {
        MountSources sources;
        std::map<std::string, bool> allowed;
        const auto usable = [&](const oci::Reference& source) -> Result<bool> {
            if (source.registry() != target.registry() ||
                source.repository() == target.repository())
                return false;
            const auto [known, is_new] = allowed.try_emplace(source.repository(), false);
            if (is_new) {
                PYC_TRY_ASSIGN(known->second, registry.may_mount(ctx, target, source.repository()));
            }
            return known->second;
        };
        if (common) {
            PYC_TRY_ASSIGN(const bool use, usable(*common));
            if (use) sources.common_ = common->repository();
        }
        for (const auto& [blob, origin] : publication.origins) {
            PYC_TRY_ASSIGN(const bool use, usable(origin));
            if (use) sources.origins_.emplace(blob, origin.repository());
        }
        return sources;
    }

    std::optional<std::string> of(const Digest& blob) const {
        const auto own = origins_.find(blob);
        return own == origins_.end() ? common_ : std::optional(own->second);
    }

private:
    std::optional<std::string> common_;
    std::map<Digest, std::string> origins_;
};

/// `source` is a repository that may have some of the blobs already.
Result<PushReport> push_to_repository(const exec::Context& ctx, const Publication& publication,
                                      const oci::Reference& target,
                                      const std::optional<oci::Reference>& source,
                                      registry::RegistryClient& registry) {
    PYC_TRY_ASSIGN(const auto sources,
                   MountSources::find(ctx, publication, target, source, registry));

    Synchronized<PushReport> report;
    std::set<Digest> seen;
    std::vector<const oci::Descriptor*> blobs;
    for (const auto& blob : publication.blobs)
        if (!oci::is_foreign_layer(blob.media_type) && seen.insert(blob.digest).second)
            blobs.push_back(&blob);
    PYC_TRY(exec::parallel_for(
        ctx, blobs.size(), kTransfers,
        [&](const exec::Context& inner, std::size_t i) -> Result<void> {
            const auto& blob = *blobs[i];
            exec::Activity activity(
                inner, fmt::format("pushing {}", blob.digest.hex().substr(0, 12)), blob.size);
            const auto open = [&] { return publication.open(inner, blob); };
            std::uint64_t sent = 0;
            const auto on_sent = [&](std::uint64_t bytes) {
                if (bytes < sent)
                    activity.retreat(sent - bytes);
                else
                    activity.advance(bytes - sent);
                sent = bytes;
            };
            const auto pushed =
                registry.push_blob(inner, target, blob, open, sources.of(blob.digest), on_sent);
            if (!pushed)
                return fail(
                    Error(pushed.error()).while_("pushing the blob `{}`", blob.digest.to_string()));
            activity.finish(*pushed == registry::BlobOutcome::Uploaded ? "done" : "cached");
            report.with([&](PushReport& sums) {
                switch (*pushed) {
                    case registry::BlobOutcome::Present: ++sums.present; break;
                    case registry::BlobOutcome::Mounted: ++sums.mounted; break;
                    case registry::BlobOutcome::Uploaded:
                        ++sums.uploaded;
                        sums.bytes_uploaded += blob.size;
                        break;
                }
            });
            return {};
        }));
    for (const auto& manifest : publication.manifests)
        PYC_TRY(registry.put_manifest(ctx, target.with_digest(manifest.descriptor.digest),
                                      manifest.descriptor.media_type, manifest.bytes));
    return report.with([](const PushReport& sums) { return sums; });
}

/// The tag stands for what was pushed. Some registries take a moment until they know a new one.
Result<void> prove_tag(const exec::Context& ctx, const oci::Reference& reference,
                       const Digest& digest, registry::RegistryClient& registry) {
    std::optional<Digest> found;
    for (const int delay : {0, 250, 1000, 2000}) {
        PYC_TRY(ctx.wait(std::chrono::milliseconds(delay)));
        PYC_TRY_ASSIGN(found, registry.head_manifest(ctx, reference));
        if (found == digest) return {};
        if (found) break;
    }
    return fail("registry/digest-mismatch",
                "`{}` was pushed with the digest {}, but stands for {} in the registry",
                reference.to_string(), digest.to_string(), found ? found->to_string() : "nothing")
        .hint("somebody else may have pushed the same tag at the same time; push again");
}

}  // namespace

Result<std::vector<oci::Reference>> push_targets(const std::vector<std::string>& tags,
                                                 const std::optional<std::string>& registry_url) {
    std::vector<oci::Reference> targets;
    for (const auto& tag : tags) {
        PYC_TRY_ASSIGN(auto reference, oci::Reference::parse(tag));
        if (!reference.names_registry()) {
            if (!registry_url)
                return fail("usage/no-registry",
                            "`{}` names no registry, so there is no place to push it to", tag)
                    .hint(
                        "use a full reference such as `ghcr.io/acme/{}`, or set --registry or "
                        "`[registry] url`",
                        tag);
            PYC_TRY_ASSIGN(const auto repository, oci::Reference::parse(*registry_url));
            const bool has_other_tag = repository.digest() || repository.tag() != "latest";
            if (has_other_tag || registry_url->find('/') == std::string::npos)
                return fail("usage/no-registry", "`{}` is not a registry with a repository",
                            *registry_url)
                    .hint("write both and nothing else, as in `ghcr.io/acme/api`");
            reference = repository.with_tag(reference.tag().value_or("latest"));
        }
        targets.push_back(std::move(reference));
    }
    return targets;
}

Result<void> check_push_access(const exec::Context& ctx,
                               const std::vector<oci::Reference>& references,
                               registry::RegistryClient& registry) {
    std::set<std::string> repositories;
    for (const auto& reference : references) {
        if (!repositories.insert(reference.name()).second) continue;
        auto allowed = registry.check_push_access(ctx, reference);
        if (!allowed)
            return fail(std::move(allowed).error().while_("pushing to {}", reference.name()));
    }
    return {};
}

Result<PushReport> publish(const exec::Context& ctx, const Publication& publication,
                           const std::vector<oci::Reference>& references,
                           registry::RegistryClient& registry) {
    const auto& digest = publication.root.descriptor.digest;
    for (const auto& reference : references)
        if (reference.digest() && *reference.digest() != digest)
            return fail("registry/digest-mismatch",
                        "the image to be pushed to `{}` has the digest {}", reference.to_string(),
                        digest.to_string())
                .hint("push it to a tag, or leave the digest out");
    PushReport total;
    std::set<std::string> repositories;
    std::map<std::string, oci::Reference> first;  // by registry: there, all blobs are by then
    for (const auto& reference : references) {
        if (!repositories.insert(reference.name()).second) continue;
        const auto known = first.find(reference.registry());
        auto report = push_to_repository(
            ctx, publication, reference,
            known == first.end() ? publication.mount_from : std::optional(known->second), registry);
        if (!report)
            return fail(std::move(report).error().while_("pushing to {}", reference.name()));
        total.uploaded += report->uploaded;
        total.mounted += report->mounted;
        total.present += report->present;
        total.bytes_uploaded += report->bytes_uploaded;
        first.emplace(reference.registry(), reference);
    }
    for (const auto& reference : references) {
        exec::Activity activity(ctx, fmt::format("tagging {}", reference.to_string()));
        auto put = registry.put_manifest(ctx, reference, publication.root.descriptor.media_type,
                                         publication.root.bytes);
        if (!put) return fail(std::move(put).error().while_("pushing {}", reference.to_string()));
        auto proven = prove_tag(ctx, reference, publication.root.descriptor.digest, registry);
        if (!proven)
            return fail(std::move(proven).error().while_("pushing {}", reference.to_string()));
    }
    return total;
}

}  // namespace pycontainer::build
