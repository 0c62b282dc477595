#include "image/archive.hpp"

#include "archive/tar.hpp"
#include "base/json.hpp"
#include "image/layout.hpp"
#include "oci/media_types.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace pycontainer::image {
namespace {

constexpr std::uint64_t kMaxDocument = 16ULL << 20U;
constexpr std::size_t kMaxLayers = 512;
constexpr std::string_view kLayoutFile = R"({"imageLayoutVersion":"1.0.0"})";

std::string blob_name(const Digest& digest) {
    return "blobs/sha256/" + digest.hex();
}

Failure invalid(const std::filesystem::path& path, std::string_view why) {
    return fail("image/invalid-archive", "`{}` is not an archive of an image: {}", path.string(),
                why)
        .hint(
            "it has to be written by `docker save`, `podman save`, skopeo or `--output "
            "oci-archive:FILE`");
}

/// What the first bytes say about a layer.
std::string_view layer_type(std::string_view head) {
    if (head.starts_with("\x1f\x8b")) return oci::kLayerGzip;
    if (head.starts_with("\x28\xb5\x2f\xfd")) return oci::kLayerZstd;
    return oci::kLayerTar;
}

}  // namespace

std::pair<std::filesystem::path, std::optional<std::string>> split_archive_name(
    std::string_view text) {
    std::error_code ignored;
    const auto colon = text.find(':');
    if (colon == std::string_view::npos || std::filesystem::exists(text, ignored))
        return {text, std::nullopt};
    return {text.substr(0, colon), std::string(text.substr(colon + 1))};
}

Result<std::unique_ptr<ArchiveSource>> ArchiveSource::open(const exec::Context& ctx,
                                                           std::string_view text) {
    auto [path, tag] = split_archive_name(text);
    std::unique_ptr<ArchiveSource> source(new ArchiveSource);
    PYC_TRY_ASSIGN(source->file_, open_for_reading(path));
    source->path_ = std::move(path);
    PYC_TRY_ASSIGN(source->members_, archive::index_tar(ctx, source->file_, source->path_));
    if (source->members_.contains("index.json")) {
        PYC_TRY(source->open_layout(tag));
    } else if (source->members_.contains("manifest.json")) {
        PYC_TRY(source->open_docker(ctx, tag));
    } else {
        return invalid(source->path_, "it has neither `index.json` nor `manifest.json`");
    }
    return source;
}

Result<void> ArchiveSource::open_layout(const std::optional<std::string>& tag) {
    PYC_TRY_ASSIGN(const auto text, read_member("index.json"));
    const auto index = oci::ImageIndex::parse(text);
    if (!index) return invalid(path_, index.error().message);
    PYC_TRY_ASSIGN(root_, find_image(*index, tag, path_));
    return {};
}

/// Docker's image specification 1.2: a list of images with the paths of configuration and layers.
Result<void> ArchiveSource::open_docker(const exec::Context& ctx,
                                        const std::optional<std::string>& tag) {
    PYC_TRY_ASSIGN(const auto text, read_member("manifest.json"));
    const auto json = parse_json(text, "manifest.json");
    if (!json || !json->is_array()) return invalid(path_, "its `manifest.json` is no list");
    const Json* image = nullptr;
    std::string known;
    for (const auto& one : *json) {
        const auto* const tags = member(one, "RepoTags");
        for (const auto& name : tags && tags->is_array() ? *tags : Json::array()) {
            if (!name.is_string()) continue;
            known += (known.empty() ? "" : ", ") + name.get<std::string>();
            if (tag && (name == *tag || name.get_ref<const std::string&>().ends_with(":" + *tag)))
                image = &one;
        }
    }
    if (!tag && json->size() == 1) image = &json->front();
    if (image == nullptr)
        return fail("layout/no-tag", "the archive `{}` has {} images, and none that is meant",
                    path_.string(), json->size())
            .hint("name one with `:TAG`; its tags are: {}", known.empty() ? "none" : known);
    oci::Manifest manifest;
    const auto config = string_member(*image, "Config");
    const auto* const layers = member(*image, "Layers");
    if (!config || !layers || !layers->is_array() || layers->size() > kMaxLayers)
        return invalid(path_, "its `manifest.json` names no configuration or no layers");
    PYC_TRY_ASSIGN(manifest.config, describe(ctx, *config));
    manifest.config.media_type = oci::kImageConfig;
    for (const auto& layer : *layers) {
        if (!layer.is_string()) return invalid(path_, "a layer in it has no name");
        PYC_TRY_ASSIGN(auto described, describe(ctx, layer.get_ref<const std::string&>()));
        manifest.layers.push_back(std::move(described));
    }
    made_up_ = manifest.to_bytes();
    root_ = {std::string(oci::kImageManifest), Digest::of(made_up_), made_up_.size(), {}, {}};
    return {};
}

Result<oci::Descriptor> ArchiveSource::describe(const exec::Context& ctx, std::string_view member) {
    const auto found = members_.find(member);
    if (found == members_.end()) return invalid(path_, fmt::format("it lacks `{}`", member));
    Sha256 hasher;
    std::string head;
    PYC_TRY(stream(ctx, found->second, [&](Bytes bytes) -> Result<void> {
        if (head.empty()) head = std::string(as_text(bytes).substr(0, 4));
        hasher.update(bytes);
        return {};
    }));
    const auto digest = hasher.finish();
    blobs_[digest] = found->second;
    return oci::Descriptor{std::string(layer_type(head)), digest, found->second.size, {}, {}};
}

Result<std::string> ArchiveSource::read_member(std::string_view member) const {
    const auto found = members_.find(member);
    if (found == members_.end()) return invalid(path_, fmt::format("it lacks `{}`", member));
    if (found->second.size > kMaxDocument)
        return invalid(path_, fmt::format("`{}` in it is too large", member));
    std::string text(static_cast<std::size_t>(found->second.size), '\0');
    PYC_TRY(read_at(file_, path_, found->second.offset, std::as_writable_bytes(std::span(text))));
    return text;
}

Result<void> ArchiveSource::stream(const exec::Context& ctx, const archive::TarMember& member,
                                   const ByteSink& sink) const {
    std::vector<std::byte> buffer(256U << 10U);
    for (std::uint64_t done = 0; done < member.size;) {
        PYC_TRY(ctx.check());
        const auto count =
            static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), member.size - done));
        const std::span<std::byte> part(buffer.data(), count);
        PYC_TRY(read_at(file_, path_, member.offset + done, part));
        PYC_TRY(sink(part));
        done += count;
    }
    return {};
}

Result<Document> ArchiveSource::root(const exec::Context& ctx) {
    return manifest(ctx, root_);
}

Result<Document> ArchiveSource::manifest(const exec::Context&, const oci::Descriptor& descriptor) {
    std::string bytes = made_up_;
    if (made_up_.empty()) {
        PYC_TRY_ASSIGN(bytes, read_member(blob_name(descriptor.digest)));
    }
    if (Digest::of(bytes) != descriptor.digest)
        return invalid(
            path_, fmt::format("the manifest {} in it is damaged", descriptor.digest.to_string()));
    auto type = oci::detect_media_type(bytes, descriptor.media_type);
    return Document{std::move(bytes), std::move(type), descriptor.digest};
}

Result<void> ArchiveSource::blob(const exec::Context& ctx, const oci::Descriptor& descriptor,
                                 const ByteSink& sink) {
    const auto made_up = blobs_.find(descriptor.digest);
    const auto member = members_.find(blob_name(descriptor.digest));
    if (made_up == blobs_.end() && member == members_.end())
        return invalid(path_, fmt::format("it lacks the blob {}", descriptor.digest.to_string()));
    const auto& place = made_up != blobs_.end() ? made_up->second : member->second;
    Sha256 hasher;
    PYC_TRY(stream(ctx, place, [&](Bytes bytes) -> Result<void> {
        hasher.update(bytes);
        return sink(bytes);
    }));
    if (place.size != descriptor.size || hasher.finish() != descriptor.digest)
        return invalid(path_,
                       fmt::format("the blob {} in it is damaged", descriptor.digest.to_string()));
    return {};
}

Result<ArchiveWriter> ArchiveWriter::create(const std::filesystem::path& destination,
                                            ArchiveKind kind, std::int64_t mtime) {
    std::error_code ignored;
    if (std::filesystem::is_directory(destination, ignored))
        return fail("image/not-a-file", "`{}` is a directory, so no archive is written there",
                    destination.string())
            .hint("name a file, such as `{}`", (destination / "image.tar").string());
    PYC_TRY_ASSIGN(auto file, AtomicFile::create(destination));
    ArchiveWriter writer(std::move(file), kind, mtime);
    PYC_TRY(writer.add_file("oci-layout", kLayoutFile));
    PYC_TRY(writer.add_directory("blobs"));
    PYC_TRY(writer.add_directory("blobs/sha256"));
    return writer;
}

Result<void> ArchiveWriter::add_directory(std::string_view path) {
    return file_.write(archive::tar_header({.path = path,
                                            .type = archive::FileEntry::Type::Directory,
                                            .mode = 0755,
                                            .mtime = mtime_}));
}

Result<void> ArchiveWriter::add_file(std::string_view path, std::string_view content) {
    PYC_TRY(
        file_.write(archive::tar_header({.path = path, .size = content.size(), .mtime = mtime_})));
    PYC_TRY(file_.write(content));
    return file_.write(archive::tar_zeros(archive::tar_padding(content.size())));
}

Result<void> ArchiveWriter::add_blob(const Digest& digest, std::string_view content) {
    if (!blobs_.insert(digest).second) return {};
    return add_file(blob_name(digest), content);
}

Result<void> ArchiveWriter::add_blob_file(const exec::Context& ctx, const oci::Descriptor& blob,
                                          const std::filesystem::path& file) {
    if (!blobs_.insert(blob.digest).second) return {};
    PYC_TRY(file_.write(
        archive::tar_header({.path = blob_name(blob.digest), .size = blob.size, .mtime = mtime_})));
    std::uint64_t written = 0;
    PYC_TRY(stream_file(file, [&](Bytes bytes) -> Result<void> {
        PYC_TRY(ctx.check());
        written += bytes.size();
        return file_.write(bytes);
    }));
    if (written != blob.size)
        return fail("archive/changed", "`{}` changed while it was read", file.string())
            .hint("build again");
    return file_.write(archive::tar_zeros(archive::tar_padding(blob.size)));
}

Result<void> ArchiveWriter::commit(const oci::Descriptor& image, const oci::Manifest& docker_image,
                                   const std::vector<oci::Reference>& references) {
    if (left_out_.empty())
        PYC_TRY(add_file("index.json", layout_index(image, references).to_bytes()));
    if (kind_ == ArchiveKind::Docker) {
        Json tags = Json::array();
        for (const auto& reference : references)
            if (reference.tag())
                tags.push_back(reference.names_registry() ? reference.to_full_string()
                                                          : reference.to_string());
        Json layers = Json::array();
        for (const auto& layer : docker_image.layers)
            if (blobs_.contains(layer.digest) || left_out_.contains(layer.digest))
                layers.push_back(blob_name(layer.digest));
        const Json list = Json::array({{{"Config", blob_name(docker_image.config.digest)},
                                        {"RepoTags", tags},
                                        {"Layers", layers}}});
        PYC_TRY(add_file("manifest.json", dump_json(list)));
    }
    PYC_TRY(file_.write(archive::tar_end()));
    return file_.commit();
}

}  // namespace pycontainer::image
