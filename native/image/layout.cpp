#include "image/layout.hpp"

#include "base/json.hpp"
#include "base/strings.hpp"
#include "oci/media_types.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <linux/fs.h>
#include <map>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace pycontainer::image {
namespace {

constexpr std::string_view kRefName = "org.opencontainers.image.ref.name";
constexpr std::string_view kContainerdName = "io.containerd.image.name";
constexpr std::string_view kLayoutFile = R"({"imageLayoutVersion":"1.0.0"})";
constexpr std::uint64_t kMaxDocument = 16ULL << 20U;

Result<std::string> read_verified(const std::filesystem::path& path,
                                  const oci::Descriptor& descriptor) {
    auto content = read_file(path, kMaxDocument);
    if (!content && content.error().code == "file/not-found")
        return fail("layout/invalid", "the blob `{}` is not there", path.string())
            .hint("make the layout again");
    if (!content) return content;
    if (content->size() != descriptor.size || Digest::of(*content) != descriptor.digest)
        return fail("layout/invalid", "the blob `{}` does not have the content its name says",
                    path.string())
            .hint("make the layout again");
    return content;
}

/// rename(2) cannot replace a directory that has something in it; renameat2 exchanges the two in
/// one step.
bool exchange(const std::filesystem::path& a, const std::filesystem::path& b) {
    constexpr unsigned kExchange = 2;  // RENAME_EXCHANGE
    return ::syscall(SYS_renameat2, AT_FDCWD, a.c_str(), AT_FDCWD, b.c_str(), kExchange) == 0;
}

Result<void> copy_blob(const std::filesystem::path& from, const std::filesystem::path& to) {
    PYC_TRY_ASSIGN(auto out, AtomicFile::create(to));
    PYC_TRY(stream_file(from, [&](Bytes bytes) { return out.write(bytes); }));
    return out.commit();
}

/// A file that is still what `blob` says.
Result<void> copy_verified(const exec::Context& ctx, const std::filesystem::path& from,
                           const oci::Descriptor& blob, const std::filesystem::path& to) {
    PYC_TRY_ASSIGN(auto out, AtomicFile::create(to));
    Sha256 hasher;
    PYC_TRY(stream_file(from, [&](Bytes bytes) -> Result<void> {
        PYC_TRY(ctx.check());
        hasher.update(bytes);
        return out.write(bytes);
    }));
    if (hasher.finish() != blob.digest)
        return fail("archive/changed", "`{}` changed while it was read", from.string())
            .hint("attach it again");
    return out.commit();
}

bool reflink(const std::filesystem::path& from, const std::filesystem::path& to) {
    const FileDescriptor in(::open(from.c_str(), O_RDONLY | O_CLOEXEC));
    const FileDescriptor out(::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
    if (in.is_open() && out.is_open() && ::ioctl(out.value(), FICLONE, in.value()) == 0)
        return true;
    ::unlink(to.c_str());
    return false;
}

/// What is in a layout beside its images: artifacts, and the lists of referrers that some tools
/// keep under a tag. Of an image some tools say the media type of its configuration there.
bool is_artifact(const oci::Descriptor& entry) {
    const auto name = entry.annotations.find(std::string(kRefName));
    const auto& type = entry.artifact_type;
    const bool is_other = !type.empty() && type != oci::kImageConfig && type != oci::kDockerConfig;
    return is_other || (name != entry.annotations.end() && oci::is_referrers_tag(name->second));
}

/// One writer of `index.json` at a time, as long as it lives.
Result<FileDescriptor> lock_layout(const exec::Context& ctx, const std::filesystem::path& path) {
    FileDescriptor directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!directory.is_open()) return file_error("read", path, errno);
    while (::flock(directory.value(), LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR) return file_error("lock", path, errno);
        PYC_TRY(ctx.wait(std::chrono::milliseconds(20)));
    }
    return directory;
}

/// A layout that this program has written holds nothing else, and `refs/tags`, which other tools do
/// not make.
bool is_ours(const std::filesystem::path& directory) {
    std::error_code error;
    if (!std::filesystem::is_directory(directory / "refs" / "tags", error)) return false;
    for (std::filesystem::directory_iterator entry(directory, error), end; entry != end;
         entry.increment(error)) {
        const auto name = entry->path().filename().string();
        if (name != "oci-layout" && name != "index.json" && name != "blobs" && name != "refs")
            return false;
    }
    return !error;
}

}  // namespace

Result<oci::Descriptor> find_image(const oci::ImageIndex& index,
                                   const std::optional<std::string>& tag,
                                   const std::filesystem::path& place) {
    std::set<std::string> tags;
    std::set<Digest> images;
    const oci::Descriptor* only = nullptr;
    for (const auto& entry : index.manifests) {
        if (is_artifact(entry)) continue;
        only = &entry;
        const auto name = entry.annotations.find(std::string(kRefName));
        if (name != entry.annotations.end()) tags.insert(name->second);
        images.insert(entry.digest);
        if (tag && name != entry.annotations.end() && name->second == *tag) return entry;
    }
    const auto known = tags.empty() ? std::string("it has no tags")
                                    : fmt::format("its tags are: {}", fmt::join(tags, ", "));
    if (tag)
        return fail("layout/no-tag", "`{}` has no image `{}`", place.string(), *tag)
            .hint("{}", known);
    if (images.size() != 1)
        return fail("layout/no-tag", "`{}` has {} images, so one has to be named", place.string(),
                    images.size())
            .hint("add `:TAG`; {}", known);
    return *only;
}

oci::ImageIndex layout_index(const oci::Descriptor& image,
                             const std::vector<oci::Reference>& references) {
    std::map<std::string, int> tag_count;
    for (const auto& reference : references)
        if (reference.tag()) ++tag_count[*reference.tag()];
    oci::ImageIndex index;
    for (const auto& reference : references) {
        if (!reference.tag()) continue;
        auto entry = image;
        const bool ambiguous = tag_count[*reference.tag()] > 1;
        entry.annotations[std::string(kRefName)] =
            ambiguous ? reference.to_full_string() : *reference.tag();
        entry.annotations[std::string(kContainerdName)] = reference.to_full_string();
        index.manifests.push_back(std::move(entry));
    }
    if (index.manifests.empty()) index.manifests.push_back(image);
    return index;
}

Result<Layout> Layout::open(const std::filesystem::path& directory) {
    std::error_code error;
    if (!std::filesystem::is_directory(directory, error))
        return fail("layout/not-found", "there is no OCI layout at `{}`", directory.string())
            .hint("a layout is a directory with `oci-layout` and `index.json`");
    Layout layout;
    layout.directory_ = directory;
    auto content = read_file(directory / "index.json", kMaxDocument);
    if (!content)
        return fail("layout/invalid", "`{}` is not an OCI layout: it has no readable `index.json`",
                    directory.string())
            .hint("a layout is a directory with `oci-layout` and `index.json`");
    auto index = oci::ImageIndex::parse(*content);
    if (!index)
        return fail("layout/invalid", "`{}` is not a valid index: {}",
                    (directory / "index.json").string(), index.error().message)
            .hint("make the layout again");
    for (auto& entry : index->manifests) {
        auto& kind = is_artifact(entry) ? layout.artifacts_ : layout.index_.manifests;
        kind.push_back(std::move(entry));
    }
    layout.index_.annotations = std::move(index->annotations);
    return layout;
}

std::vector<oci::Descriptor> Layout::referrers(const Digest& subject) const {
    std::vector<oci::Descriptor> found;
    for (const auto& artifact : artifacts_) {
        const auto bytes = read_document(artifact);
        if (!bytes) continue;  // it says nothing that could be believed
        const auto json = parse_json(*bytes, "the artifact");
        const auto* const about = json ? member(*json, "subject") : nullptr;
        if (about != nullptr && string_member(*about, "digest") == subject.to_string())
            found.push_back(artifact);
    }
    return found;
}

std::filesystem::path Layout::blob_path(const Digest& digest) const {
    return directory_ / "blobs" / "sha256" / digest.hex();
}

Result<oci::Descriptor> Layout::find(const std::optional<std::string>& tag) const {
    return find_image(index_, tag, directory_);
}

Result<std::string> Layout::read_document(const oci::Descriptor& descriptor) const {
    return read_verified(blob_path(descriptor.digest), descriptor);
}

Result<std::unique_ptr<LayoutSource>> LayoutSource::open(std::string_view text) {
    std::filesystem::path directory = text;
    std::optional<std::string> tag;
    std::error_code error;
    if (const auto colon = text.rfind(':');
        colon != std::string_view::npos && !std::filesystem::is_directory(directory, error)) {
        directory = text.substr(0, colon);
        tag = std::string(text.substr(colon + 1));
    }
    PYC_TRY_ASSIGN(auto layout, Layout::open(directory));
    PYC_TRY_ASSIGN(auto root, layout.find(tag));
    return std::unique_ptr<LayoutSource>(new LayoutSource(std::move(layout), std::move(root)));
}

Result<Document> LayoutSource::manifest(const exec::Context&, const oci::Descriptor& descriptor) {
    PYC_TRY_ASSIGN(auto bytes, layout_.read_document(descriptor));
    auto type = oci::detect_media_type(bytes, descriptor.media_type);
    return Document{std::move(bytes), std::move(type), descriptor.digest};
}

Result<Document> LayoutSource::root(const exec::Context& ctx) {
    return manifest(ctx, root_);
}

Result<void> LayoutSource::blob(const exec::Context& ctx, const oci::Descriptor& descriptor,
                                const ByteSink& sink) {
    Sha256 hasher;
    std::uint64_t size = 0;
    PYC_TRY(stream_file(layout_.blob_path(descriptor.digest), [&](Bytes bytes) -> Result<void> {
        PYC_TRY(ctx.check());
        hasher.update(bytes);
        size += bytes.size();
        return sink(bytes);
    }));
    if (size != descriptor.size || hasher.finish() != descriptor.digest)
        return fail("layout/invalid", "the blob `{}` does not have the content its name says",
                    layout_.blob_path(descriptor.digest).string())
            .hint("make the layout again");
    return {};
}

std::optional<std::filesystem::path> LayoutSource::blob_file(
    const oci::Descriptor& descriptor) const {
    auto path = layout_.blob_path(descriptor.digest);
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0 ||
        static_cast<std::uint64_t>(info.st_size) != descriptor.size)
        return std::nullopt;
    return path;
}

Result<oci::Descriptor> attach_to_layout(const exec::Context& ctx,
                                         const std::filesystem::path& directory,
                                         const oci::Artifact& artifact,
                                         const std::vector<std::filesystem::path>& files) {
    PYC_ASSERT(files.size() == artifact.files.size());
    PYC_TRY_ASSIGN(const auto lock, lock_layout(ctx, directory));
    PYC_TRY_ASSIGN(const auto layout, Layout::open(directory));
    for (std::size_t i = 0; i < files.size(); ++i)
        PYC_TRY(copy_verified(ctx, files[i], artifact.files[i],
                              layout.blob_path(artifact.files[i].digest)));
    const auto bytes = artifact.to_bytes();
    auto described = artifact.describe(bytes);
    const auto config = oci::empty_config();
    PYC_TRY(write_file(layout.blob_path(config.digest), oci::kEmptyConfig));
    PYC_TRY(write_file(layout.blob_path(described.digest), bytes));

    PYC_TRY_ASSIGN(const auto text, read_file(directory / "index.json", kMaxDocument));
    PYC_TRY_ASSIGN(auto index, parse_json(text, "index.json"));
    auto& entries = index["manifests"];  // a list: the layout was opened
    const auto digest = described.digest.to_string();
    for (const auto& entry : entries)
        if (string_member(entry, "digest") == digest) return described;
    entries.push_back(described.to_json());
    PYC_TRY(write_file(directory / "index.json", dump_json(index)));
    return described;
}

Result<LayoutWriter> LayoutWriter::create(const std::filesystem::path& destination) {
    std::error_code error;
    if (std::filesystem::exists(destination, error) && !is_ours(destination)) {
        if (!std::filesystem::is_directory(destination, error) ||
            !std::filesystem::is_empty(destination, error))
            return fail("layout/not-ours",
                        "`{}` exists and was not written by this program, so it is not replaced",
                        destination.string())
                .hint("choose another directory with --output, or remove it");
    }
    PYC_TRY_ASSIGN(auto directory,
                   TemporaryDirectory::create(destination.parent_path(),
                                              "." + destination.filename().string() + "-"));
    LayoutWriter writer(std::move(directory), destination);
    PYC_TRY(make_directories(writer.directory_.path() / "blobs" / "sha256"));
    PYC_TRY(make_directories(writer.directory_.path() / "refs" / "tags"));
    if (::chmod(writer.directory_.path().c_str(), 0755) != 0)
        return file_error("create", writer.directory_.path(), errno);
    PYC_TRY(write_file(writer.directory_.path() / "oci-layout", kLayoutFile));
    return writer;
}

Result<void> LayoutWriter::add_blob(const Digest& digest, std::string_view content) {
    if (!blobs_.insert(digest).second) return {};
    return write_file(directory_.path() / "blobs" / "sha256" / digest.hex(), content);
}

Result<void> LayoutWriter::add_blob_file(const Digest& digest, const std::filesystem::path& file) {
    if (!blobs_.insert(digest).second) return {};
    const auto target = directory_.path() / "blobs" / "sha256" / digest.hex();
    if (reflink(file, target) || ::link(file.c_str(), target.c_str()) == 0) return {};
    return copy_blob(file, target);
}

Result<void> LayoutWriter::commit(const oci::Descriptor& image,
                                  const std::vector<oci::Reference>& references) {
    for (const auto& reference : references)
        if (reference.tag())
            PYC_TRY(write_file(directory_.path() / "refs" / "tags" / *reference.tag(),
                               image.digest.to_string() + "\n"));
    const auto index = layout_index(image, references);
    PYC_TRY(write_file(directory_.path() / "index.json", index.to_bytes()));
    return swap_in();
}

Result<void> LayoutWriter::swap_in() {
    const auto source = directory_.path();
    if (::rename(source.c_str(), destination_.c_str()) == 0) {
        directory_.release();
        return {};
    }
    if (errno != EEXIST && errno != ENOTEMPTY) return file_error("create", destination_, errno);
    if (exchange(source, destination_))
        return {};  // the old layout is removed with our temporary directory
    // File systems without RENAME_EXCHANGE: move the old one aside first.
    PYC_TRY_ASSIGN(const auto aside,
                   TemporaryDirectory::create(destination_.parent_path(),
                                              "." + destination_.filename().string() + "-old-"));
    const auto old = aside.path() / "old";
    if (::rename(destination_.c_str(), old.c_str()) != 0)
        return file_error("create", destination_, errno);
    if (::rename(source.c_str(), destination_.c_str()) != 0) {
        const int reason = errno;
        ::rename(old.c_str(), destination_.c_str());
        return file_error("create", destination_, reason);
    }
    directory_.release();
    return {};
}

}  // namespace pycontainer::image
