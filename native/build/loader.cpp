#include "build/loader.hpp"

#include "base/strings.hpp"
#include "exec/process.hpp"
#include "image/archive.hpp"
#include "image/layout.hpp"
#include "oci/media_types.hpp"

#include <chrono>

namespace pycontainer::build {
namespace {

constexpr std::chrono::minutes kTimeout{30};
constexpr std::string_view kContainerdName = "io.containerd.image.name";

Result<std::string> find_runtime(const exec::Context& ctx, const LoadRequest& request) {
    if (request.program) return *request.program;
    for (const auto* const name : {"podman", "docker"})
        if (exec::find_program(ctx.environment(), name)) return name;
    return fail("load/no-runtime", "there is neither podman nor docker to load the image into")
        .hint(
            "install one of them, or write a file for another machine: `pycontainer build "
            "--output docker-archive:FILE`");
}

std::vector<oci::Reference> names_of(const image::Layout& layout) {
    std::vector<oci::Reference> names;
    for (const auto& entry : layout.index().manifests)
        if (const auto name = entry.annotations.find(std::string(kContainerdName));
            name != entry.annotations.end())
            if (auto reference = oci::Reference::parse(name->second))
                names.push_back(std::move(*reference));
    return names;
}

/// The only image, or that of the platform.
Result<oci::Descriptor> find_image(const image::Layout& layout, const LoadRequest& request) {
    if (layout.index().manifests.empty())
        return fail("layout/invalid", "the layout `{}` holds no image", layout.directory().string())
            .hint("run `pycontainer build` first");
    auto image = layout.index().manifests.front();
    PYC_TRY_ASSIGN(const auto bytes, layout.read_document(image));
    if (!oci::is_index(oci::detect_media_type(bytes, image.media_type))) return image;
    PYC_TRY_ASSIGN(const auto platform, oci::Platform::parse(request.platform));
    PYC_TRY_ASSIGN(const auto index, oci::ImageIndex::parse(bytes));
    return index.select(platform, layout.directory().string());
}

}  // namespace

Result<Json> load_image(const exec::Context& ctx, const LoadRequest& request) {
    PYC_TRY_ASSIGN(const auto program, find_runtime(ctx, request));
    PYC_TRY_ASSIGN(const auto layout, image::Layout::open(request.layout));
    PYC_TRY_ASSIGN(auto image, find_image(layout, request));
    image.annotations.clear();
    PYC_TRY_ASSIGN(const auto bytes, layout.read_document(image));
    PYC_TRY_ASSIGN(const auto manifest, oci::Manifest::parse(bytes, image.media_type));
    const auto names = names_of(layout);

    exec::Activity activity(ctx, fmt::format("loading into {}", program));
    PYC_TRY_ASSIGN(const auto directory,
                   TemporaryDirectory::create(std::filesystem::temp_directory_path(), "pyc-load-"));
    const auto file = directory.path() / "image.tar";
    PYC_TRY_ASSIGN(auto writer, image::ArchiveWriter::create(file, image::ArchiveKind::Docker, 0));
    PYC_TRY(writer.add_blob(image.digest, bytes));
    PYC_TRY(writer.add_blob_file(ctx, manifest.config, layout.blob_path(manifest.config.digest)));
    for (const auto& layer : manifest.layers)
        if (!oci::is_foreign_layer(layer.media_type))
            PYC_TRY(writer.add_blob_file(ctx, layer, layout.blob_path(layer.digest)));
    PYC_TRY(writer.commit(image, manifest, names));

    exec::ProcessRequest process;
    process.command = {program, "load", "-i", file.string()};
    process.timeout = kTimeout;
    PYC_TRY_ASSIGN(const auto outcome, exec::run_process(ctx, process));
    if (outcome.exit_code != 0)
        return fail("load/failed", "`{} load` ended with exit code {}: {}", program,
                    outcome.exit_code, printable(trim(outcome.errors), 300))
            .hint("check that `{} info` works for this user", program);
    Json references = Json::array();
    for (const auto& name : names) references.push_back(name.to_full_string());
    return Json{{"format_version", 1},
                {"digest", image.digest.to_string()},
                {"image_id", manifest.config.digest.to_string()},
                {"program", program},
                {"references", references}};
}

}  // namespace pycontainer::build
