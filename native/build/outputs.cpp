#include "build/outputs.hpp"

#include "base/file.hpp"
#include "image/archive.hpp"
#include "oci/media_types.hpp"

namespace pycontainer::build {

Result<void> check_archives(const std::vector<ArchiveOutput>& archives, std::size_t platforms) {
    for (const auto& archive : archives)
        if (archive.kind == image::ArchiveKind::Docker && platforms > 1)
            return fail("build/one-platform",
                        "`{}` is to hold {} platforms, and what docker loads holds one",
                        archive.to_string(), platforms)
                .hint("write `oci-archive:FILE`, or build with one --platform");
    return {};
}

Result<void> write_archive(const exec::Context& ctx, const ArchiveOutput& archive,
                           const BuildPlan& plan, const AssembledRelease& release,
                           Session& session) {
    const exec::Activity activity(ctx, fmt::format("writing {}", archive.file.string()));
    for (const auto& platform : plan.platforms)
        PYC_TRY(fetch_base_layers(ctx, platform.base, session.store()));
    PYC_TRY_ASSIGN(auto writer, image::ArchiveWriter::create(archive.file, archive.kind,
                                                             plan.source_date_epoch));
    for (const auto& image : release.images) {
        PYC_TRY(writer.add_blob(image.manifest.config.digest, image.config_bytes));
        PYC_TRY(writer.add_blob(image.descriptor.digest, image.manifest_bytes));
        for (const auto& layer : image.layers)
            if (!oci::is_foreign_layer(layer.descriptor.media_type))
                PYC_TRY(writer.add_blob_file(ctx, layer.descriptor,
                                             session.store().blob_path(layer.descriptor.digest)));
    }
    if (release.has_index())
        PYC_TRY(writer.add_blob(release.descriptor.digest, release.index_bytes));
    PYC_TRY(ctx.check());
    return writer.commit(release.descriptor, release.images.front().manifest, plan.tags);
}

Result<void> write_output_files(const OutputFiles& files, const AssembledRelease& release,
                                const std::vector<std::string>& names) {
    const auto digest = release.descriptor.digest.to_string();
    const auto& config = release.images.front().manifest.config.digest;
    const auto id = release.has_index() ? digest : config.to_string();
    if (files.digest) PYC_TRY(write_file(*files.digest, digest));
    if (files.image_id) PYC_TRY(write_file(*files.image_id, id));
    if (!files.metadata) return {};
    std::string all;
    for (const auto& name : names) all += (all.empty() ? "" : ",") + name;
    Json metadata{{"containerimage.digest", digest},
                  {"containerimage.descriptor", release.descriptor.to_json()},
                  {"image.name", all}};
    if (!release.has_index()) metadata["containerimage.config.digest"] = id;
    return write_file(*files.metadata, metadata.dump(2) + "\n");
}

std::vector<std::string> written_in(const std::filesystem::path& directory,
                                    const BuildRequest& request) {
    std::vector<std::string> patterns;
    const auto add = [&](const std::filesystem::path& file) {
        const auto relative = file.lexically_relative(directory);
        if (!relative.empty() && !relative.string().starts_with(".."))
            patterns.push_back("/" + relative.string());
    };
    for (const auto& archive : request.archives) add(archive.file);
    for (const auto* file :
         {&request.files.digest, &request.files.image_id, &request.files.metadata})
        if (*file) add(**file);
    return patterns;
}

}  // namespace pycontainer::build
