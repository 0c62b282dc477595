#include "build/attach.hpp"

#include "base/strings.hpp"
#include "build/base_image.hpp"
#include "build/image_name.hpp"
#include "build/session.hpp"
#include "image/layout.hpp"
#include "oci/artifact.hpp"
#include "oci/manifest.hpp"
#include "oci/media_types.hpp"

#include <set>

namespace pycontainer::build {
namespace {

constexpr std::string_view kTitle = "org.opencontainers.image.title";
constexpr std::string_view kAnyBytes = "application/octet-stream";
constexpr std::string_view kLayoutPrefix = "oci:";
constexpr unsigned kTransfers = 4;
constexpr std::uint64_t kMaxConfig = 16ULL << 20U;

Result<void> check_media_type(const std::string& text, std::string_view what) {
    if (oci::is_media_type(text)) return {};
    return fail("usage/invalid", "`{}` is no {}", printable(text, 100), what)
        .hint("it is written like `application/spdx+json` or `application/vnd.acme.report.v1`");
}

Result<void> check_request(const AttachRequest& request) {
    PYC_TRY(check_media_type(request.artifact_type, "type of an artifact"));
    for (const auto& type : request.media_types) PYC_TRY(check_media_type(type, "media type"));
    if (request.files.empty())
        return fail("usage/invalid", "there is no file to attach").hint("name one or several");
    const auto types = request.media_types.size();
    if (types > 1 && types != request.files.size())
        return fail("usage/invalid", "there are {} media types for {} files", types,
                    request.files.size())
            .hint("give one for all files, or one for each in their order");
    std::set<std::string> names;
    for (const auto& file : request.files)
        if (!names.insert(file.filename().string()).second)
            return fail("usage/invalid", "two files are named `{}`", file.filename().string())
                .hint("who fetches the artifact knows them by their names; rename one");
    return {};
}

/// A file's bytes as a layer of the artifact.
Result<oci::Descriptor> describe_file(const exec::Context& ctx, const AttachRequest& request,
                                      std::size_t i) {
    const auto& path = request.files[i];
    std::error_code ignored;
    if (std::filesystem::exists(path, ignored) && !std::filesystem::is_regular_file(path, ignored))
        return fail("file/not-readable", "`{}` is not a file that could be attached", path.string())
            .hint("what comes out of a program, and whole directories, are put into a file first");
    Sha256 hasher;
    oci::Descriptor descriptor;
    PYC_TRY(stream_file(path, [&](Bytes bytes) -> Result<void> {
        PYC_TRY(ctx.check());
        hasher.update(bytes);
        descriptor.size += bytes.size();
        return {};
    }));
    descriptor.digest = hasher.finish();
    descriptor.media_type = request.media_types.size() > 1    ? request.media_types[i]
                            : request.media_types.size() == 1 ? request.media_types.front()
                            : request.files.size() == 1       ? request.artifact_type
                                                              : std::string(kAnyBytes);
    descriptor.annotations[std::string(kTitle)] = path.filename().string();
    return descriptor;
}

/// An image that is alone has to be of the platform that was asked for.
Result<void> check_only_image(const exec::Context& ctx, image::ImageSource& source,
                              const std::string& name, const image::Document& root,
                              const oci::Platform& platform) {
    PYC_TRY_ASSIGN(const auto manifest, oci::Manifest::parse(root.bytes, root.media_type));
    if (manifest.config.size > kMaxConfig)
        return fail("oci/invalid-config", "the image configuration is larger than {} bytes",
                    kMaxConfig);
    std::string bytes;
    PYC_TRY(source.blob(ctx, manifest.config, [&](Bytes piece) -> Result<void> {
        bytes += as_text(piece);
        return {};
    }));
    PYC_TRY_ASSIGN(const auto config, oci::ImageConfig::parse(bytes));
    return check_platform(name, config, platform);
}

/// What the artifact refers to: what the name stands for, or the image of one platform of it.
Result<oci::Descriptor> choose_subject(const exec::Context& ctx, const AttachRequest& request,
                                       image::ImageSource& source, const std::string& name) {
    PYC_TRY_ASSIGN(const auto root, source.root(ctx));
    oci::Descriptor described{.media_type = root.media_type,
                              .digest = root.digest,
                              .size = root.bytes.size(),
                              .platform = {},
                              .annotations = {}};
    if (!request.platform) return described;
    PYC_TRY_ASSIGN(const auto platform, oci::Platform::parse(*request.platform));
    if (!oci::is_index(root.media_type)) {
        PYC_TRY(check_only_image(ctx, source, name, root, platform));
        return described;
    }
    PYC_TRY_ASSIGN(const auto index, oci::ImageIndex::parse(root.bytes));
    PYC_TRY_ASSIGN(auto chosen, index.select(platform, name));
    PYC_TRY(source.manifest(ctx, chosen));  // that it is there, and its digest
    return chosen;
}

Json to_json(const AttachRequest& request, const oci::Artifact& artifact,
             const oci::Descriptor& described) {
    Json files = Json::array();
    for (const auto& file : artifact.files)
        files.push_back({{"name", file.annotations.at(std::string(kTitle))},
                         {"digest", file.digest.to_string()},
                         {"size", file.size},
                         {"media_type", file.media_type}});
    return {{"format_version", 1},
            {"image", request.image},
            {"subject", artifact.subject.digest.to_string()},
            {"digest", described.digest.to_string()},
            {"artifact_type", artifact.type},
            {"annotations", artifact.annotations},
            {"files", files}};
}

Result<Json> attach_in_registry(const exec::Context& ctx, const AttachRequest& request,
                                oci::Artifact artifact) {
    PYC_TRY_ASSIGN(const auto reference, oci::Reference::parse(request.image));
    PYC_TRY_ASSIGN(const auto session,
                   Session::open(ctx.environment(), request.cache_directory,
                                 request.access.for_registry(reference.registry()),
                                 store::Store::Records::Use, request.access.given));
    auto& registry = session->registry();
    PYC_TRY_ASSIGN(const auto source, open_image(ctx, request.image, registry));
    auto subject = choose_subject(ctx, request, *source, reference.to_string());
    if (!subject)
        return fail(
            std::move(subject).error().while_("looking up the image `{}`", reference.to_string()));
    artifact.subject = std::move(*subject);
    PYC_TRY(registry.push_blob(ctx, reference, oci::empty_config(), [] {
        return Result<net::BodySource>(net::text_source(std::string(oci::kEmptyConfig)));
    }));
    PYC_TRY(exec::parallel_for(
        ctx, artifact.files.size(), kTransfers,
        [&](const exec::Context& inner, std::size_t i) -> Result<void> {
            exec::Activity activity(inner,
                                    fmt::format("pushing {}", request.files[i].filename().string()),
                                    artifact.files[i].size);
            auto pushed = registry.push_blob(inner, reference, artifact.files[i],
                                             [&] { return net::file_source(request.files[i]); });
            if (!pushed)
                return fail(
                    std::move(pushed).error().while_("pushing `{}`", request.files[i].string()));
            return {};
        }));
    const auto bytes = artifact.to_bytes();
    const auto described = artifact.describe(bytes);
    exec::Activity activity(ctx, fmt::format("listing it at {}", reference.to_string()));
    auto listed = registry.put_referrer(ctx, reference, described, bytes, artifact.subject.digest);
    if (!listed)
        return fail(std::move(listed).error().while_("attaching to `{}`", reference.to_string()));
    auto answer = to_json(request, artifact, described);
    answer["reference"] = reference.name() + "@" + described.digest.to_string();
    answer["listed_by"] = *listed == registry::ReferrerListing::Api ? "registry" : "tag";
    return answer;
}

Result<Json> attach_in_layout(const exec::Context& ctx, const AttachRequest& request,
                              std::string_view name, oci::Artifact artifact) {
    PYC_TRY_ASSIGN(const auto source, image::LayoutSource::open(name));
    PYC_TRY_ASSIGN(artifact.subject, choose_subject(ctx, request, *source, std::string(name)));
    const auto& directory = source->layout().directory();
    PYC_TRY_ASSIGN(const auto described,
                   image::attach_to_layout(ctx, directory, artifact, request.files));
    auto answer = to_json(request, artifact, described);
    answer["reference"] = nullptr;
    answer["listed_by"] = "layout";
    return answer;
}

}  // namespace

Result<Json> attach_artifact(const exec::Context& ctx, const AttachRequest& request) {
    PYC_TRY(check_request(request));
    oci::Artifact artifact{.type = request.artifact_type,
                           .files = {},
                           .annotations = request.annotations,
                           .subject = {}};
    for (std::size_t i = 0; i < request.files.size(); ++i) {
        PYC_TRY_ASSIGN(auto described, describe_file(ctx, request, i));
        artifact.files.push_back(std::move(described));
    }
    const auto name = with_prefix(request.image);
    if (!is_on_this_machine(name)) return attach_in_registry(ctx, request, std::move(artifact));
    if (!name.starts_with(kLayoutPrefix))
        return fail("attach/archive", "`{}` is an archive, which cannot be added to", request.image)
            .hint("attach to a layout, or to the image in its registry");
    return attach_in_layout(ctx, request, std::string_view(name).substr(kLayoutPrefix.size()),
                            std::move(artifact));
}

}  // namespace pycontainer::build
