#include "build/loader.hpp"

#include "base/strings.hpp"
#include "build/base_image.hpp"
#include "exec/process.hpp"
#include "image/archive.hpp"
#include "image/layout.hpp"
#include "oci/image_config.hpp"
#include "oci/media_types.hpp"

#include <algorithm>
#include <chrono>
#include <set>

namespace pycontainer::build {
namespace {

constexpr std::chrono::minutes kTimeout{30};
constexpr std::string_view kContainerdName = "io.containerd.image.name";

constexpr std::string_view kPlatform = "linux/amd64";
constexpr std::size_t kMaxImages = 1000;

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
    PYC_TRY_ASSIGN(const auto platform,
                   oci::Platform::parse(request.platform.value_or(std::string(kPlatform))));
    PYC_TRY_ASSIGN(const auto index, oci::ImageIndex::parse(bytes));
    return index.select(platform, layout.directory().string());
}

/// The image to be loaded, as it is in the layout.
struct Loadable {
    oci::Descriptor descriptor;
    std::string bytes;  ///< of the manifest
    oci::Manifest manifest;
    std::vector<Digest> diff_ids;
    std::vector<oci::Reference> names;
};

Result<Loadable> read_image(const image::Layout& layout, const LoadRequest& request) {
    Loadable image;
    PYC_TRY_ASSIGN(image.descriptor, find_image(layout, request));
    image.descriptor.annotations.clear();
    PYC_TRY_ASSIGN(image.bytes, layout.read_document(image.descriptor));
    PYC_TRY_ASSIGN(image.manifest, oci::Manifest::parse(image.bytes, image.descriptor.media_type));
    PYC_TRY_ASSIGN(const auto bytes, layout.read_document(image.manifest.config));
    PYC_TRY_ASSIGN(const auto config, oci::ImageConfig::parse(bytes));
    if (request.platform) {
        PYC_TRY_ASSIGN(const auto platform, oci::Platform::parse(*request.platform));
        PYC_TRY(check_platform(layout.directory().string(), config, platform));
    }
    image.diff_ids = config.diff_ids();
    if (image.diff_ids.size() != image.manifest.layers.size())
        return fail(
            "oci/invalid-config", "the configuration of `{}` lists {} layers, its manifest {}",
            layout.directory().string(), image.diff_ids.size(), image.manifest.layers.size());
    image.names = names_of(layout);
    return image;
}

struct Sent {
    std::size_t layers = 0;
    std::uint64_t bytes = 0;
};

Result<exec::ProcessOutcome> run(const exec::Context& ctx, std::vector<std::string> command,
                                 const std::filesystem::path& directory = {}) {
    exec::ProcessRequest process;
    process.command = std::move(command);
    process.directory = directory;
    process.timeout = kTimeout;
    return exec::run_process(ctx, process);
}

Failure load_failed(const std::string& program, const exec::ProcessOutcome& outcome) {
    return fail("load/failed", "`{}` ended with exit code {}: {}", program, outcome.exit_code,
                printable(trim(outcome.errors), 300))
        .hint("check that `{} info` works for this user", program);
}

/// How many of the lowest layers docker has, in this order: it knows a layer by all below it.
/// Nothing is known of a docker that answers otherwise than expected.
std::size_t layers_in_docker(const exec::Context& ctx, const std::vector<Digest>& diff_ids) {
    const auto listed = run(ctx, {"docker", "image", "ls", "--quiet", "--no-trunc"});
    if (!listed || listed->exit_code != 0) return 0;
    std::set<std::string> images;
    for (const auto line : split_lines(listed->output))
        if (images.size() < kMaxImages && line.starts_with("sha256:")) images.emplace(line);
    if (images.empty()) return 0;
    std::vector<std::string> command{"docker", "image", "inspect", "--format",
                                     "{{json .RootFS.Layers}}"};
    command.insert(command.end(), images.begin(), images.end());
    const auto shown = run(ctx, command);
    if (!shown) return 0;  // a code other than 0 only says that one of them has gone since
    std::size_t most = 0;
    for (const auto line : split_lines(shown->output)) {
        const auto layers = parse_json(line, "the layers of an image");
        if (!layers || !layers->is_array()) continue;
        std::size_t same = 0;
        while (same < layers->size() && same < diff_ids.size() &&
               (*layers)[same] == diff_ids[same].to_string())
            ++same;
        most = std::max(most, same);
    }
    return most;
}

/// An archive without the lowest `present` layers.
Result<Sent> write_archive(const exec::Context& ctx, const image::Layout& layout,
                           const Loadable& image, std::size_t present,
                           const std::filesystem::path& file) {
    PYC_TRY_ASSIGN(auto writer, image::ArchiveWriter::create(file, image::ArchiveKind::Docker, 0));
    const auto& manifest = image.manifest;
    if (present == 0) PYC_TRY(writer.add_blob(image.descriptor.digest, image.bytes));
    PYC_TRY(writer.add_blob_file(ctx, manifest.config, layout.blob_path(manifest.config.digest)));
    Sent sent;
    for (std::size_t i = 0; i < manifest.layers.size(); ++i) {
        const auto& layer = manifest.layers[i];
        if (oci::is_foreign_layer(layer.media_type)) continue;
        if (i < present) {
            writer.leave_out(layer.digest);
            continue;
        }
        PYC_TRY(writer.add_blob_file(ctx, layer, layout.blob_path(layer.digest)));
        ++sent.layers;
        sent.bytes += layer.size;
    }
    PYC_TRY(writer.commit(image.descriptor, manifest, image.names));
    return sent;
}

Result<Sent> load_archive(const exec::Context& ctx, const std::string& program,
                          const image::Layout& layout, const Loadable& image,
                          const std::filesystem::path& directory) {
    const auto file = directory / "image.tar";
    auto present = program == "docker" ? layers_in_docker(ctx, image.diff_ids) : 0;
    for (;; present = 0) {
        PYC_TRY_ASSIGN(const auto sent, write_archive(ctx, layout, image, present, file));
        PYC_TRY_ASSIGN(const auto outcome, run(ctx, {program, "load", "-i", file.string()}));
        if (outcome.exit_code == 0) return sent;
        if (present == 0) return load_failed(program + " load", outcome);
        ctx.log(fmt::format("docker did not take an archive without the layers it has: {}",
                            printable(trim(outcome.errors), 200)));
    }
}

/// podman copies from a layout what it lacks. False: this podman cannot – it may only pass commands
/// on to another machine.
Result<bool> pull_into_podman(const exec::Context& ctx, const image::Layout& layout,
                              const Loadable& image, const std::filesystem::path& directory) {
    if (image.names.empty()) return false;
    // A layout with this image alone; podman makes a name of the path that it is told.
    const std::string path = "pycontainer-load";
    const auto view = directory / path;
    PYC_TRY(make_directories(view));
    std::error_code error;
    std::filesystem::create_directory_symlink(
        std::filesystem::absolute(layout.directory() / "blobs"), view / "blobs", error);
    if (error) return file_error("create", view / "blobs", error.value());
    PYC_TRY(write_file(view / "oci-layout", R"({"imageLayoutVersion":"1.0.0"})"));
    oci::ImageIndex index;
    index.manifests = {image.descriptor};
    PYC_TRY(write_file(view / "index.json", index.to_bytes()));
    PYC_TRY_ASSIGN(const auto pulled,
                   run(ctx, {"podman", "pull", "--quiet", "oci:" + path}, directory));
    const auto lines = split_lines(pulled.output);
    if (pulled.exit_code != 0 || lines.empty()) {
        ctx.log(fmt::format("podman did not copy from the layout: {}",
                            printable(trim(pulled.errors), 200)));
        return false;
    }
    const std::string id(trim(lines.back()));
    std::vector<std::string> tag{"podman", "tag", id};
    for (const auto& name : image.names) tag.push_back(name.to_full_string());
    PYC_TRY_ASSIGN(const auto tagged, run(ctx, tag));
    if (tagged.exit_code != 0) return load_failed("podman tag", tagged);
    PYC_TRY(run(ctx, {"podman", "untag", id, "localhost/" + path}));
    return true;
}

}  // namespace

Result<Json> load_image(const exec::Context& ctx, const LoadRequest& request) {
    PYC_TRY_ASSIGN(const auto program, find_runtime(ctx, request));
    PYC_TRY_ASSIGN(const auto layout, image::Layout::open(request.layout));
    PYC_TRY_ASSIGN(const auto image, read_image(layout, request));
    exec::Activity activity(ctx, fmt::format("loading into {}", program));
    PYC_TRY_ASSIGN(const auto directory,
                   TemporaryDirectory::create(std::filesystem::temp_directory_path(), "pyc-load-"));
    bool copied = false;
    if (program == "podman") {
        PYC_TRY_ASSIGN(copied, pull_into_podman(ctx, layout, image, directory.path()));
    }
    Json answer{{"format_version", 1},
                {"digest", image.descriptor.digest.to_string()},
                {"image_id", image.manifest.config.digest.to_string()},
                {"program", program},
                {"references", Json::array()}};
    for (const auto& name : image.names) answer["references"].push_back(name.to_full_string());
    if (copied) return answer;
    PYC_TRY_ASSIGN(const auto sent, load_archive(ctx, program, layout, image, directory.path()));
    answer["layers_sent"] = sent.layers;
    answer["bytes_sent"] = sent.bytes;
    return answer;
}

}  // namespace pycontainer::build
