#include "build/application_layer.hpp"

#include "archive/layer_writer.hpp"
#include "base/strings.hpp"

#include <charconv>
#include <map>
#include <sys/stat.h>

namespace pycontainer::build {
namespace {

using archive::FileEntry;

constexpr std::string_view kRecord = "application-layer";

std::string relative(std::string_view absolute) {
    while (absolute.starts_with('/')) absolute.remove_prefix(1);
    while (absolute.ends_with('/')) absolute.remove_suffix(1);
    return std::string(absolute);
}

std::string below(const std::string& directory, const std::string& path) {
    return directory.empty() ? path : directory + "/" + path;
}

/// `65532:65532`, `65532` – names have no numbers that are known here.
std::pair<std::uint32_t, std::uint32_t> numeric_user(const std::string& user) {
    const auto parts = split(user, ':');
    const auto number = [](std::string_view text) {
        std::uint32_t value = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        return error == std::errc() && end == text.data() + text.size() ? value : 0;
    };
    const auto uid = number(parts.front());
    return {uid, parts.size() > 1 ? number(parts[1]) : uid};
}

void add_sources(const PlacedSources& sources, std::int64_t mtime,
                 std::map<std::string, FileEntry>& entries) {
    const auto root = relative(sources.location);
    for (const auto& directory : sources.tree->directories) {
        auto entry = archive::directory_entry(below(root, directory), mtime);
        entries.insert_or_assign(entry.path, std::move(entry));
    }
    for (const auto& file : sources.tree->files) {
        FileEntry entry;
        entry.path = below(root, file.path);
        entry.mtime = mtime;
        if (file.is_symlink) {
            entry = archive::symlink_entry(entry.path, file.link, mtime);
        } else {
            entry.mode = file.executable ? 0755 : 0644;
            entry.source = sources.directory / file.path;
            entry.size = file.size;
        }
        entries.insert_or_assign(entry.path, std::move(entry));
    }
}

/// Every entry by path: what is generated comes after the sources and wins.
std::vector<FileEntry> entries_of(const ApplicationLayer& request) {
    std::map<std::string, FileEntry> entries;
    for (const auto& sources : request.sources) add_sources(sources, request.mtime, entries);
    const auto root = relative(request.working_directory);
    for (const auto& entry : request.generated) entries.insert_or_assign(entry.path, entry);
    const auto [uid, gid] = numeric_user(request.user);
    for (const auto& directory : request.writable) {
        auto entry = archive::directory_entry(
            relative(directory.starts_with('/') ? directory : below(root, directory)),
            request.mtime);
        entry.uid = uid;
        entry.gid = gid;
        entries.insert_or_assign(entry.path, std::move(entry));
    }
    if (!root.empty()) entries.try_emplace(root, archive::directory_entry(root, request.mtime));

    std::vector<std::string> paths;
    for (const auto& [path, entry] : entries) paths.push_back(path);
    for (auto& parent : archive::missing_parents(paths))
        entries.try_emplace(parent, archive::directory_entry(parent, request.mtime));

    std::vector<FileEntry> result;
    for (auto& [path, entry] : entries) result.push_back(std::move(entry));
    return result;
}

/// Everything that the layer's bytes depend on. The sources are in it by their digest.
Digest key_of(const ApplicationLayer& request) {
    Sha256 hasher;
    hasher.update(fmt::format("application-layer {}\n{}\n{}\n{}\n{}\n", archive::kLayerFormat,
                              request.working_directory, request.mtime, request.user,
                              archive::compression_key(request.compression)));
    for (const auto& sources : request.sources)
        hasher.update(fmt::format("sources {} {}\n", sources.digest.to_string(), sources.location));
    for (const auto& directory : request.writable) hasher.update("writable " + directory + "\n");
    for (const auto& entry : request.generated) {
        const auto* content = std::get_if<std::string>(&entry.source);
        PYC_ASSERT(content != nullptr);
        hasher.update(fmt::format("{} {} {} {} {} {}\n", entry.path, static_cast<int>(entry.type),
                                  entry.mode, entry.mtime, entry.link, Digest::of(*content).hex()));
    }
    return hasher.finish();
}

/// What was packed has to be what was digested: otherwise the cache would remember the one under
/// the key of the other.
Result<void> check_unchanged(const PlacedSources& sources) {
    for (const auto& file : sources.tree->files) {
        struct stat info {};
        const auto path = sources.directory / file.path;
        const bool same =
            ::lstat(path.c_str(), &info) == 0 &&
            static_cast<std::uint64_t>(info.st_ino) == file.inode &&
            std::int64_t{info.st_mtim.tv_sec} * 1'000'000'000 + info.st_mtim.tv_nsec ==
                file.mtime_ns;
        if (!same)
            return fail("build/sources-changed", "`{}` was changed while the image was being built",
                        file.path)
                .hint("build again");
    }
    return {};
}

Layer layer_of(const Digest& digest, const Digest& diff_id, std::uint64_t size,
               archive::Compression compression, std::size_t files, LayerState state) {
    return {.descriptor = {.media_type = std::string(archive::layer_media_type(compression)),
                           .digest = digest,
                           .size = size,
                           .platform = {},
                           .annotations = {}},
            .diff_id = diff_id,
            .kind = LayerKind::Application,
            .state = state,
            .summary = files == 1 ? "1 file" : fmt::format("{} files", files)};
}

}  // namespace

Result<Layer> make_application_layer(const exec::Context& ctx, const ApplicationLayer& request,
                                     store::Store& store) {
    const auto key = key_of(request);
    std::size_t files = 0;
    for (const auto& sources : request.sources) files += sources.tree->files.size();
    if (const auto record = store.find_record(kRecord, key)) {
        const auto digest = Digest::parse(string_member(*record, "digest").value_or(""));
        const auto diff_id = Digest::parse(string_member(*record, "diff_id").value_or(""));
        const auto size = unsigned_member(*record, "size");
        if (digest && diff_id && size) {
            PYC_TRY_ASSIGN(const auto found, store.find_blob(ctx, *digest, *size));
            if (found)
                return layer_of(*digest, *diff_id, *size, request.compression, files,
                                LayerState::Cached);
        }
    }
    exec::Activity activity(ctx, "packing the application");
    PYC_TRY_ASSIGN(auto file, store.new_blob());
    const auto entries = entries_of(request);
    PYC_TRY_ASSIGN(const auto blob, archive::write_layer(ctx, entries, request.compression, file,
                                                         ctx.concurrency()));
    for (const auto& sources : request.sources) PYC_TRY(check_unchanged(sources));
    PYC_TRY(store.commit_blob(std::move(file), blob.digest));
    PYC_TRY(store.put_record(kRecord, key,
                             {{"digest", blob.digest.to_string()},
                              {"diff_id", blob.diff_id.to_string()},
                              {"size", blob.size}}));
    return layer_of(blob.digest, blob.diff_id, blob.size, request.compression, files,
                    LayerState::Built);
}

}  // namespace pycontainer::build
