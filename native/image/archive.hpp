#pragma once

// Images in one file: OCI archives (a layout in a tar) and what `docker save` writes. Written so
// that docker, podman and containerd all load them; read as a source without unpacking.

#include "archive/tar_index.hpp"
#include "image/source.hpp"
#include "oci/manifest.hpp"
#include "oci/reference.hpp"

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace pycontainer::image {

/// One image of an archive. An `index.json` in it counts before a `manifest.json`: its digests are
/// those of the image, where docker's layout has none and a manifest is made up.
class ArchiveSource final : public ImageSource {
public:
    /// `text` is what follows `oci-archive:` or `docker-archive:` – `FILE`, `FILE:TAG`. Errors:
    /// `image/invalid-archive`, `layout/no-tag`, `archive/damaged`, `file/…`.
    static Result<std::unique_ptr<ArchiveSource>> open(const exec::Context& ctx,
                                                       std::string_view text);

    Result<Document> root(const exec::Context& ctx) override;
    Result<Document> manifest(const exec::Context& ctx, const oci::Descriptor& descriptor) override;
    Result<void> blob(const exec::Context& ctx, const oci::Descriptor& descriptor,
                      const ByteSink& sink) override;
    std::optional<std::filesystem::path> blob_file(const oci::Descriptor&) const override {
        return std::nullopt;
    }

    const std::filesystem::path& path() const { return path_; }

private:
    ArchiveSource() = default;
    Result<void> open_layout(const std::optional<std::string>& tag);
    Result<void> open_docker(const exec::Context& ctx, const std::optional<std::string>& tag);
    Result<oci::Descriptor> describe(const exec::Context& ctx, std::string_view member);
    Result<std::string> read_member(std::string_view member) const;
    Result<void> stream(const exec::Context& ctx, const archive::TarMember& member,
                        const ByteSink& sink) const;

    std::filesystem::path path_;
    FileDescriptor file_;
    archive::TarIndex members_;
    std::map<Digest, archive::TarMember> blobs_;  ///< of docker's layout, by their digests
    std::string made_up_;                         ///< the manifest of docker's layout
    oci::Descriptor root_;
};

/// The file and the tag of `FILE[:TAG]`; an existing file's name may have a colon.
std::pair<std::filesystem::path, std::optional<std::string>> split_archive_name(
    std::string_view text);

enum class ArchiveKind {
    Oci,
    Docker,  ///< with `manifest.json` for docker, for one platform only
};

/// Writes an archive beside `destination` and gives it its name by `commit`; dropped otherwise. The
/// same image gives the same bytes. One thread at a time.
class ArchiveWriter {
public:
    static Result<ArchiveWriter> create(const std::filesystem::path& destination, ArchiveKind kind,
                                        std::int64_t mtime);

    Result<void> add_blob(const Digest& digest, std::string_view content);
    Result<void> add_blob_file(const exec::Context& ctx, const oci::Descriptor& blob,
                               const std::filesystem::path& file);
    bool has_blob(const Digest& digest) const { return blobs_.contains(digest); }

    /// The layer is named in `manifest.json`, but is not in the archive: docker reads no layer that
    /// it has. Such an archive has no `index.json`, since it is no layout.
    void leave_out(const Digest& layer) { left_out_.insert(layer); }

    /// Writes `index.json` with an entry for each reference and, for docker, the `manifest.json` of
    /// `docker_image`.
    Result<void> commit(const oci::Descriptor& image, const oci::Manifest& docker_image,
                        const std::vector<oci::Reference>& references);

private:
    ArchiveWriter(AtomicFile file, ArchiveKind kind, std::int64_t mtime)
        : file_(std::move(file)), kind_(kind), mtime_(mtime) {}
    Result<void> add_directory(std::string_view path);
    Result<void> add_file(std::string_view path, std::string_view content);

    AtomicFile file_;
    ArchiveKind kind_;
    std::int64_t mtime_;
    std::set<Digest> blobs_;
    std::set<Digest> left_out_;
};

}  // namespace pycontainer::image
