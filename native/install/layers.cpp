#include "install/layers.hpp"

#include "archive/deflate.hpp"
#include "archive/tar.hpp"
#include "base/strings.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <unordered_set>

namespace pycontainer::install {
namespace {

constexpr std::string_view kLayerRecord = "wheel-layer";
constexpr std::size_t kGroupSize =
    32;  // small wheels in a group, at most, until there are `kMaxGroups`
constexpr std::size_t kMaxGroups = 8;
constexpr std::size_t kPiece = 256U << 10U;

/// Where each installed path is from; the last one counts.
struct Owner {
    std::size_t wheel = 0;
    const InstalledFile* file = nullptr;
};

/// Paths of a wheel that are left out of its group, since a later wheel of the same group has them
/// too.
using Dropped = std::unordered_set<std::string_view>;

std::string label(const PreparedWheel& wheel) {
    return wheel.wheel.name + " " + wheel.wheel.version;
}

class ConflictFinder {
public:
    ConflictFinder(const exec::Context& ctx, std::span<const PreparedWheel> wheels)
        : ctx_(ctx), wheels_(wheels), dropped_(wheels.size()) {}

    Result<std::vector<Dropped>> run(const std::vector<std::vector<std::size_t>>& groups) {
        for (std::size_t group = 0; group < groups.size(); ++group)
            for (const auto wheel : groups[group])
                for (const auto& file : wheels_[wheel].files) add(group, wheel, file);
        for (const auto& wheel : wheels_)
            for (const auto& directory : wheel.directories)
                if (const auto owner = owners_.find(directory); owner != owners_.end())
                    return fail("install/conflicting-files",
                                "`/{}` is a file of {} and a directory of {}", directory,
                                label(wheels_[owner->second.wheel]), label(wheel))
                        .hint(
                            "these two packages cannot be installed together; remove one of them "
                            "and lock again");
        for (const auto& [pair, paths] : conflicts_) report(pair, paths);
        return std::move(dropped_);
    }

private:
    void add(std::size_t group, std::size_t wheel, const InstalledFile& file) {
        const auto [place, is_new] = owners_.try_emplace(file.path, Owner{wheel, &file});
        if (is_new) {
            groups_[wheel] = group;
            return;
        }
        const Owner earlier = place->second;
        groups_[wheel] = group;
        if (groups_[earlier.wheel] == group) dropped_[earlier.wheel].insert(earlier.file->path);
        if (earlier.file->digest != file.digest)
            conflicts_[{earlier.wheel, wheel}].push_back(file.path);
        place->second = {wheel, &file};
    }

    void report(const std::pair<std::size_t, std::size_t>& pair,
                const std::vector<std::string>& paths) const {
        ctx_.warn("install/conflicting-files",
                  fmt::format("{} and {} both have {}, with different contents; {} of {} {} used",
                              label(wheels_[pair.first]), label(wheels_[pair.second]),
                              paths.size() == 1 ? fmt::format("`/{}`", paths.front())
                                                : fmt::format("{} files, such as `/{}`",
                                                              paths.size(), paths.front()),
                              paths.size() == 1 ? "that" : "those", wheels_[pair.second].wheel.name,
                              paths.size() == 1 ? "is" : "are"),
                  "one of the two packages may not work; remove the one that is not needed and "
                  "lock again");
    }

    const exec::Context& ctx_;
    std::span<const PreparedWheel> wheels_;
    std::vector<Dropped> dropped_;
    std::unordered_map<std::string_view, Owner> owners_;
    std::unordered_map<std::size_t, std::size_t> groups_;
    std::map<std::pair<std::size_t, std::size_t>, std::vector<std::string>> conflicts_;
};

/// The uncompressed tar of a wheel's files, piece by piece, while the members go to `raw`
/// unchanged.
class PieceReader {
public:
    PieceReader(const exec::Context& ctx, const PreparedWheel& wheel, const store::Store& store)
        : ctx_(ctx), wheel_(wheel), path_(store.blob_path(wheel.layer.digest)) {}

    template <typename Raw, typename Content>
    Result<void> read(Raw&& raw, Content&& content) {
        PYC_TRY_ASSIGN(const auto file, open_for_reading(path_));
        std::vector<std::byte> input(
            static_cast<std::size_t>(std::min<std::uint64_t>(wheel_.piece_size, kPiece)));
        std::vector<std::byte> output(kPiece);
        archive::StreamInflater inflater(archive::StreamInflater::Format::Gzip);
        bool finished = true;
        for (std::uint64_t done = 0; done < wheel_.piece_size;) {
            PYC_TRY(ctx_.check());
            const auto piece = std::span(input).first(static_cast<std::size_t>(
                std::min<std::uint64_t>(input.size(), wheel_.piece_size - done)));
            PYC_TRY(read_at(file, path_, wheel_.piece_offset + done, piece));
            PYC_TRY(raw(Bytes(piece)));
            done += piece.size();
            Bytes rest = piece;
            for (bool more = true; more;) {
                const auto step = inflater.step(rest, output);
                if (!step) return damaged();
                rest = rest.subspan(step->consumed);
                PYC_TRY(content(Bytes(output).first(step->produced)));
                finished = step->finished;
                if (finished) inflater.reset();
                more = !rest.empty() || (!finished && step->produced == output.size());
                if (more && step->consumed == 0 && step->produced == 0) return damaged();
            }
        }
        if (!finished) return damaged();
        return {};
    }

private:
    Failure damaged() const {
        std::error_code error;
        std::filesystem::remove(path_, error);
        return fail("store/damaged", "the cached blob `{}` was damaged and has been removed",
                    wheel_.layer.digest.to_string())
            .hint("run the same command again")
            .retryable();
    }

    const exec::Context& ctx_;
    const PreparedWheel& wheel_;
    std::filesystem::path path_;
};

/// Writes one layer of several wheels.
class GroupWriter {
public:
    GroupWriter(const exec::Context& ctx, std::span<const PreparedWheel> wheels,
                const std::vector<std::size_t>& group, const std::vector<Dropped>& dropped,
                store::Store& store)
        : ctx_(ctx), wheels_(wheels), group_(group), dropped_(dropped), store_(store) {}

    Digest key() const {
        std::string text = fmt::format("layer:{}\n", archive::kLayerFormat);
        for (const auto index : group_) {
            text += wheels_[index].layer.digest.to_string() + "\n";
            std::vector<std::string_view> paths(dropped_[index].begin(), dropped_[index].end());
            std::sort(paths.begin(), paths.end());
            for (const auto path : paths) text += fmt::format("-{}\n", path);
        }
        return Digest::of(text);
    }

    Result<archive::LayerBlob> write() {
        PYC_TRY_ASSIGN(auto file, store_.new_blob());
        archive::LayerWriter layer([&](Bytes bytes) { return file.write(bytes); });
        std::set<std::string, decltype(&archive::path_less)> directories(&archive::path_less);
        for (const auto index : group_)
            directories.insert(wheels_[index].directories.begin(),
                               wheels_[index].directories.end());
        for (const auto& directory : directories)
            PYC_TRY(layer.add(ctx_, archive::directory_entry(directory, kInstallTime)));
        for (const auto index : group_)
            PYC_TRY(dropped_[index].empty()
                        ? copy(wheels_[index], layer.members())
                        : copy_without(wheels_[index], dropped_[index], layer.members()));
        PYC_TRY(layer.members().flush());
        PYC_TRY_ASSIGN(const auto blob, layer.finish());
        PYC_TRY(store_.commit_blob(std::move(file), blob.digest));
        return blob;
    }

private:
    Result<void> copy(const PreparedWheel& wheel, archive::MemberWriter& members) {
        return PieceReader(ctx_, wheel, store_)
            .read([&](Bytes raw) { return members.write_raw(raw); },
                  [&](Bytes content) -> Result<void> {
                      members.add_content(content);
                      return {};
                  });
    }

    /// The tar is that of `wheel.files` in order, so where each entry starts and ends follows from
    /// their sizes.
    Result<void> copy_without(const PreparedWheel& wheel, const Dropped& dropped,
                              archive::MemberWriter& members) {
        auto next = wheel.files.begin();
        std::uint64_t left = 0;  // of the entry at hand
        bool keep = false;
        const auto content = [&](Bytes tar) -> Result<void> {
            while (!tar.empty()) {
                if (left == 0) {
                    if (next == wheel.files.end())
                        return fail("store/damaged",
                                    "the cached layer of {} is longer than it should be",
                                    label(wheel))
                            .hint("clear the cache");
                    left = entry_size(*next);
                    keep = !dropped.contains(next->path);
                    ++next;
                }
                const auto part =
                    tar.first(static_cast<std::size_t>(std::min<std::uint64_t>(left, tar.size())));
                if (keep) PYC_TRY(members.write(part));
                left -= part.size();
                tar = tar.subspan(part.size());
            }
            return {};
        };
        PYC_TRY(members.flush());
        PYC_TRY(PieceReader(ctx_, wheel, store_)
                    .read([](Bytes) -> Result<void> { return {}; }, content));
        return members.flush();
    }

    static std::uint64_t entry_size(const InstalledFile& file) {
        archive::TarHeader header;
        header.path = file.path;
        header.mode = file.mode;
        header.size = file.size;
        header.mtime = kInstallTime;
        return archive::tar_header(header).size() + file.size + archive::tar_padding(file.size);
    }

    const exec::Context& ctx_;
    std::span<const PreparedWheel> wheels_;
    const std::vector<std::size_t>& group_;
    const std::vector<Dropped>& dropped_;
    store::Store& store_;
};

Result<std::optional<archive::LayerBlob>> find_layer(const exec::Context& ctx,
                                                     const store::Store& store, const Digest& key) {
    const auto record = store.find_record(kLayerRecord, key);
    if (!record) return std::nullopt;
    const auto digest = Digest::parse(string_member(*record, "digest").value_or(""));
    const auto diff_id = Digest::parse(string_member(*record, "diff_id").value_or(""));
    if (!digest || !diff_id) return std::nullopt;
    const archive::LayerBlob blob{*digest, *diff_id, unsigned_member(*record, "size").value_or(0),
                                  unsigned_member(*record, "tar_size").value_or(0)};
    PYC_TRY_ASSIGN(const auto found, store.find_blob(ctx, blob.digest, blob.size));
    return found ? std::optional(blob) : std::nullopt;
}

Result<WheelLayer> build_layer(const exec::Context& ctx, std::span<const PreparedWheel> wheels,
                               const std::vector<std::size_t>& group,
                               const std::vector<Dropped>& dropped, store::Store& store) {
    WheelLayer layer;
    for (const auto index : group) layer.packages.push_back(label(wheels[index]));
    if (group.size() == 1) {  // nothing is dropped: that happens within a group only
        layer.blob = wheels[group.front()].layer;
        layer.cached = wheels[group.front()].cached;
        return layer;
    }
    GroupWriter writer(ctx, wheels, group, dropped, store);
    const auto key = writer.key();
    PYC_TRY_ASSIGN(const auto known, find_layer(ctx, store, key));
    if (known) {
        layer.blob = *known;
        layer.cached = true;
        return layer;
    }
    exec::Activity activity(ctx, fmt::format("writing a layer of {} packages", group.size()));
    PYC_TRY_ASSIGN(layer.blob, writer.write());
    PYC_TRY(store.put_record(kLayerRecord, key,
                             {{"digest", layer.blob.digest.to_string()},
                              {"diff_id", layer.blob.diff_id.to_string()},
                              {"size", layer.blob.size},
                              {"tar_size", layer.blob.tar_size}}));
    return layer;
}

}  // namespace

std::vector<std::vector<std::size_t>> group_wheels(std::span<const PreparedWheel> wheels,
                                                   std::size_t max_layers) {
    PYC_ASSERT(max_layers > 0);
    const auto by_name = [&](std::size_t a, std::size_t b) {
        return wheels[a].wheel.name < wheels[b].wheel.name;
    };
    std::vector<std::size_t> big;
    std::vector<std::size_t> small;
    for (std::size_t i = 0; i < wheels.size(); ++i)
        (wheels[i].wheel_size >= kOwnLayerSize ? big : small).push_back(i);
    // Too many: the smallest of the big ones join the rest.
    std::sort(big.begin(), big.end(), [&](std::size_t a, std::size_t b) {
        return wheels[a].wheel_size != wheels[b].wheel_size
                   ? wheels[a].wheel_size > wheels[b].wheel_size
                   : by_name(a, b);
    });
    const auto needed = [&] { return big.size() + (small.empty() ? 0 : 1); };
    while (!big.empty() && needed() > max_layers) {
        small.push_back(big.back());
        big.pop_back();
    }
    std::size_t count = 1;
    while (count < kMaxGroups && small.size() > count * kGroupSize &&
           big.size() + 2 * count <= max_layers)
        count *= 2;
    std::sort(big.begin(), big.end(), by_name);
    std::sort(small.begin(), small.end(), by_name);
    std::vector<std::vector<std::size_t>> groups;
    for (const auto index : big) groups.push_back({index});
    std::vector<std::vector<std::size_t>> buckets(count);
    for (const auto index : small)
        buckets[std::to_integer<std::size_t>(Digest::of(wheels[index].wheel.name).raw().front()) %
                count]
            .push_back(index);
    for (auto& bucket : buckets)
        if (!bucket.empty()) groups.push_back(std::move(bucket));
    return groups;
}

Result<std::vector<WheelLayer>> build_wheel_layers(const exec::Context& ctx,
                                                   std::span<const PreparedWheel> wheels,
                                                   const Scheme&, std::size_t max_layers,
                                                   store::Store& store) {
    const auto groups = group_wheels(wheels, max_layers);
    PYC_TRY_ASSIGN(const auto dropped, ConflictFinder(ctx, wheels).run(groups));
    std::vector<WheelLayer> layers(groups.size());
    PYC_TRY(exec::parallel_for(ctx, groups.size(), ctx.concurrency(),
                               [&](const exec::Context& inner, std::size_t i) -> Result<void> {
                                   PYC_TRY_ASSIGN(layers[i], build_layer(inner, wheels, groups[i],
                                                                         dropped, store));
                                   return {};
                               }));
    return layers;
}

}  // namespace pycontainer::install
