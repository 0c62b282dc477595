#pragma once

// OCI image layouts (image specification, image-layout.md): read as a source, written beside their
// place and swapped in whole.

#include "image/source.hpp"
#include "oci/artifact.hpp"
#include "oci/manifest.hpp"
#include "oci/reference.hpp"

#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace pycontainer::image {

/// The entry of an index whose `org.opencontainers.image.ref.name` is `tag`; without a tag the only
/// image there is. Errors: `layout/no-tag` with the tags that exist, naming `place`.
Result<oci::Descriptor> find_image(const oci::ImageIndex& index,
                                   const std::optional<std::string>& tag,
                                   const std::filesystem::path& place);
/// The `index.json` of a layout: an entry for each reference with a tag, else one without a name.
oci::ImageIndex layout_index(const oci::Descriptor& image,
                             const std::vector<oci::Reference>& references);

/// A layout on disk. Hostile input: digests and sizes are checked on reading.
class Layout {
public:
    /// Errors: `layout/not-found`, `layout/invalid`.
    static Result<Layout> open(const std::filesystem::path& directory);

    /// Its images. What refers to them, and other artifacts, is not among them.
    const oci::ImageIndex& index() const { return index_; }
    /// What refers to the manifest or index `subject`.
    std::vector<oci::Descriptor> referrers(const Digest& subject) const;
    const std::filesystem::path& directory() const { return directory_; }
    std::filesystem::path blob_path(const Digest& digest) const;

    /// The entry whose `org.opencontainers.image.ref.name` is `tag`; without a tag the only image
    /// there is. Errors: `layout/no-tag` with the tags that exist.
    Result<oci::Descriptor> find(const std::optional<std::string>& tag) const;
    /// A manifest or configuration, verified. Errors: `layout/invalid`.
    Result<std::string> read_document(const oci::Descriptor& descriptor) const;

private:
    Layout() = default;
    std::filesystem::path directory_;
    oci::ImageIndex index_;
    std::vector<oci::Descriptor> artifacts_;
};

/// One image of a layout, as a base.
class LayoutSource final : public ImageSource {
public:
    /// `text` is what follows `oci:` – `DIR`, `DIR:TAG`.
    static Result<std::unique_ptr<LayoutSource>> open(std::string_view text);

    Result<Document> root(const exec::Context& ctx) override;
    Result<Document> manifest(const exec::Context& ctx, const oci::Descriptor& descriptor) override;
    Result<void> blob(const exec::Context& ctx, const oci::Descriptor& descriptor,
                      const ByteSink& sink) override;
    std::optional<std::filesystem::path> blob_file(
        const oci::Descriptor& descriptor) const override;

    const Layout& layout() const { return layout_; }

private:
    LayoutSource(Layout layout, oci::Descriptor root)
        : layout_(std::move(layout)), root_(std::move(root)) {}
    Layout layout_;
    oci::Descriptor root_;
};

/// Adds an artifact and its files to a layout, as an entry of `index.json` without a name; once,
/// however often it is added. Several may do so at once. Errors: `layout/invalid`, `file/…`,
/// `archive/changed` when a file is not what the artifact says.
Result<oci::Descriptor> attach_to_layout(const exec::Context& ctx,
                                         const std::filesystem::path& directory,
                                         const oci::Artifact& artifact,
                                         const std::vector<std::filesystem::path>& files);

/// Writes a layout beside `destination` and swaps it in whole by `commit`; dropped otherwise. One
/// thread at a time.
class LayoutWriter {
public:
    /// Errors: `layout/not-ours` when the destination is a directory that is neither empty nor a
    /// layout; `file/…`.
    static Result<LayoutWriter> create(const std::filesystem::path& destination);

    Result<void> add_blob(const Digest& digest, std::string_view content);
    /// Shares the file's content where the file system can (reflink, hard link), copies it
    /// otherwise.
    Result<void> add_blob_file(const Digest& digest, const std::filesystem::path& file);
    bool has_blob(const Digest& digest) const { return blobs_.contains(digest); }

    /// Writes `index.json` with one entry per reference, the tag files, and swaps the directory in.
    Result<void> commit(const oci::Descriptor& image,
                        const std::vector<oci::Reference>& references);

private:
    LayoutWriter(TemporaryDirectory directory, std::filesystem::path destination)
        : directory_(std::move(directory)), destination_(std::move(destination)) {}
    Result<void> swap_in();

    TemporaryDirectory directory_;
    std::filesystem::path destination_;
    std::set<Digest> blobs_;
};

}  // namespace pycontainer::image
