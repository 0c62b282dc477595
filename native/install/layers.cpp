#include "install/layers.hpp"

#include "archive/deflate.hpp"
#include "archive/tar.hpp"

#include <algorithm>
#include <optional>
#include <unordered_set>

namespace pycontainer::install {
namespace {

constexpr std::string_view kLayerRecord = "wheel-layer";
constexpr std::size_t kGroupSize =
    32;  // small wheels in a group, at most, until there are `kMaxGroups`
constexpr std::size_t kMaxGroups = 8;
constexpr std::size_t kPiece = 256U << 10U;

/// What goes into a layer: the files of a wheel, or a part of them.
struct Piece {
    const PreparedWheel* wheel = nullptr;
    const WheelPart* part = nullptr;
    std::span<const InstalledFile> files{};
    /// Paths that are left out, since a later wheel of the layer has them too.
    const std::unordered_set<std::string_view>* dropped = nullptr;
};

std::vector<Piece> pieces_of(const PreparedWheel& wheel,
                             const std::unordered_set<std::string_view>& dropped) {
    std::vector<Piece> pieces;
    std::span<const InstalledFile> rest = wheel.files;
    for (const auto& part : wheel.parts) {
        pieces.push_back({&wheel, &part, rest.first(part.files), &dropped});
        rest = rest.subspan(part.files);
    }
    return pieces;
}

/// The uncompressed tar of a piece, bit by bit, while the members go to `raw` unchanged.
class PieceReader {
public:
    PieceReader(const exec::Context& ctx, const WheelPart& part, const store::Store& store)
        : ctx_(ctx), part_(part), path_(store.blob_path(part.layer.digest)) {}

    template <typename Raw, typename Content>
    Result<void> read(Raw&& raw, Content&& content) {
        PYC_TRY_ASSIGN(const auto file, open_for_reading(path_));
        std::vector<std::byte> input(
            static_cast<std::size_t>(std::min<std::uint64_t>(part_.piece_size, kPiece)));
        std::vector<std::byte> output(kPiece);
        archive::StreamInflater inflater(archive::StreamInflater::Format::Gzip);
        bool finished = true;
        for (std::uint64_t done = 0; done < part_.piece_size;) {
            PYC_TRY(ctx_.check());
            const auto piece = std::span(input).first(static_cast<std::size_t>(
                std::min<std::uint64_t>(input.size(), part_.piece_size - done)));
            PYC_TRY(read_at(file, path_, part_.piece_offset + done, piece));
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
                    part_.layer.digest.to_string())
            .hint("run the same command again")
            .retryable();
    }

    const exec::Context& ctx_;
    const WheelPart& part_;
    std::filesystem::path path_;
};

/// Writes one layer of pieces.
class PieceWriter {
public:
    PieceWriter(const exec::Context& ctx, std::span<const Piece> pieces,
                archive::Compression compression, store::Store& store)
        : ctx_(ctx), pieces_(pieces), compression_(compression), store_(store) {}

    Digest key() const {
        std::string text = fmt::format("layer:{} {}\n", archive::kLayerFormat,
                                       archive::compression_key(compression_));
        for (const auto& piece : pieces_) {
            text += piece.part->layer.digest.to_string() + "\n";
            std::vector<std::string_view> paths(piece.dropped->begin(), piece.dropped->end());
            std::sort(paths.begin(), paths.end());
            for (const auto path : paths) text += fmt::format("-{}\n", path);
        }
        return Digest::of(text);
    }

    Result<archive::LayerBlob> write() {
        PYC_TRY_ASSIGN(auto file, store_.new_blob());
        // Wheels are copied as they are on one thread; only what is compressed needs more.
        archive::LayerWriter layer([&](Bytes bytes) { return file.write(bytes); }, compression_,
                                   is_copy() ? 1 : ctx_.concurrency());
        std::vector<std::string> paths;
        for (const auto& piece : pieces_)
            for (const auto& item : piece.files) paths.push_back(item.path);
        for (const auto& directory : archive::missing_parents(paths))
            PYC_TRY(layer.add(ctx_, archive::directory_entry(directory, kInstallTime)));
        for (const auto& piece : pieces_)
            PYC_TRY(piece.dropped->empty() && is_copy() ? copy(piece, layer.members())
                                                        : rewrite(piece, layer.members()));
        PYC_TRY(layer.members().flush());
        PYC_TRY_ASSIGN(const auto blob, layer.finish());
        PYC_TRY(store_.commit_blob(std::move(file), blob.digest));
        return blob;
    }

private:
    bool is_copy() const { return compression_ == archive::Compression::Gzip; }

    Result<void> copy(const Piece& piece, archive::MemberWriter& members) {
        return PieceReader(ctx_, *piece.part, store_)
            .read([&](Bytes raw) { return members.write_raw(raw); },
                  [&](Bytes content) -> Result<void> {
                      members.add_content(content);
                      return {};
                  });
    }

    /// The tar is that of `piece.files` in order, so where each entry starts and ends follows from
    /// their sizes.
    Result<void> rewrite(const Piece& piece, archive::MemberWriter& members) {
        auto next = piece.files.begin();
        std::uint64_t left = 0;  // of the entry at hand
        bool keep = false;
        const auto content = [&](Bytes tar) -> Result<void> {
            while (!tar.empty()) {
                if (left == 0) {
                    if (next == piece.files.end())
                        return fail("store/damaged",
                                    "the cached layer of {} is longer than it should be",
                                    wheel_label(*piece.wheel))
                            .hint("clear the cache");
                    left = entry_size(*next);
                    keep = !piece.dropped->contains(next->path);
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
        if (is_copy()) PYC_TRY(members.flush());
        PYC_TRY(PieceReader(ctx_, *piece.part, store_)
                    .read([](Bytes) -> Result<void> { return {}; }, content));
        return is_copy() ? members.flush() : Result<void>();
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
    std::span<const Piece> pieces_;
    archive::Compression compression_;
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

/// A layer that is to be: its pieces, and what it is called.
struct PlannedLayer {
    std::vector<Piece> pieces;
    std::vector<std::string> packages;
    bool is_part = false;  ///< exactly a layer of a wheel's conversion
};

std::vector<PlannedLayer> plan_layers(std::span<const PreparedWheel> wheels,
                                      std::span<const WheelGroup> groups,
                                      const FileConflicts& conflicts) {
    std::vector<PlannedLayer> layers;
    for (const auto& group : groups) {
        PlannedLayer together;
        for (const auto index : group.wheels) {
            const auto pieces = pieces_of(wheels[index], conflicts.dropped[index]);
            const auto label = wheel_label(wheels[index]);
            if (!group.alone) {
                together.pieces.insert(together.pieces.end(), pieces.begin(), pieces.end());
                together.packages.push_back(label);
                continue;
            }
            for (std::size_t i = 0; i < pieces.size(); ++i)
                layers.push_back({{pieces[i]},
                                  {pieces.size() == 1
                                       ? label
                                       : fmt::format("{} ({} of {})", label, i + 1, pieces.size())},
                                  true});
        }
        if (!group.alone) {
            together.is_part = together.pieces.size() == 1;
            layers.push_back(std::move(together));
        }
    }
    return layers;
}

Result<WheelLayer> build_layer(const exec::Context& ctx, const PlannedLayer& planned,
                               archive::Compression compression, store::Store& store) {
    WheelLayer layer;
    layer.packages = planned.packages;
    if (planned.is_part && compression == archive::Compression::Gzip) {
        layer.blob = planned.pieces.front().part->layer;
        layer.cached = planned.pieces.front().wheel->cached;
        return layer;
    }
    PieceWriter writer(ctx, planned.pieces, compression, store);
    const auto key = writer.key();
    PYC_TRY_ASSIGN(const auto known, find_layer(ctx, store, key));
    if (known) {
        layer.blob = *known;
        layer.cached = true;
        return layer;
    }
    exec::Activity activity(
        ctx, planned.packages.size() == 1
                 ? "writing the layer of " + planned.packages.front()
                 : fmt::format("writing a layer of {} packages", planned.packages.size()));
    PYC_TRY_ASSIGN(layer.blob, writer.write());
    PYC_TRY(store.put_record(kLayerRecord, key,
                             {{"digest", layer.blob.digest.to_string()},
                              {"diff_id", layer.blob.diff_id.to_string()},
                              {"size", layer.blob.size},
                              {"tar_size", layer.blob.tar_size}}));
    return layer;
}

}  // namespace

std::vector<WheelGroup> group_wheels(std::span<const PreparedWheel> wheels,
                                     std::size_t max_layers) {
    PYC_ASSERT(max_layers > 0);
    const auto by_name = [&](std::size_t a, std::size_t b) {
        return wheels[a].wheel.name < wheels[b].wheel.name;
    };
    std::vector<std::size_t> big;
    std::vector<std::size_t> small;
    std::vector<std::size_t> from_sources;
    for (std::size_t i = 0; i < wheels.size(); ++i)
        (wheels[i].wheel.is_from_sources         ? from_sources
         : wheels[i].wheel_size >= kOwnLayerSize ? big
                                                 : small)
            .push_back(i);
    if (!from_sources.empty() && max_layers > 1) {
        --max_layers;
    } else {
        small.insert(small.end(), from_sources.begin(), from_sources.end());
        from_sources.clear();
    }
    // Too many: the smallest of the big ones join the rest.
    std::sort(big.begin(), big.end(), [&](std::size_t a, std::size_t b) {
        return wheels[a].wheel_size != wheels[b].wheel_size
                   ? wheels[a].wheel_size > wheels[b].wheel_size
                   : by_name(a, b);
    });
    std::size_t own = 0;  // layers of the big ones
    for (const auto index : big) own += wheels[index].parts.size();
    while (!big.empty() && own + (small.empty() ? 0 : 1) > max_layers) {
        own -= wheels[big.back()].parts.size();
        small.push_back(big.back());
        big.pop_back();
    }
    std::size_t count = 1;
    while (count < kMaxGroups && small.size() > count * kGroupSize && own + 2 * count <= max_layers)
        count *= 2;
    std::sort(big.begin(), big.end(), by_name);
    std::sort(small.begin(), small.end(), by_name);
    std::vector<WheelGroup> groups;
    for (const auto index : big) groups.push_back({{index}, true});
    std::vector<std::vector<std::size_t>> buckets(count);
    for (const auto index : small)
        buckets[std::to_integer<std::size_t>(Digest::of(wheels[index].wheel.name).raw().front()) %
                count]
            .push_back(index);
    for (auto& bucket : buckets)
        if (!bucket.empty()) groups.push_back({std::move(bucket), false});
    std::sort(from_sources.begin(), from_sources.end(), by_name);
    if (!from_sources.empty()) groups.push_back({std::move(from_sources), false});
    return groups;
}

Result<WheelLayers> build_wheel_layers(const exec::Context& ctx,
                                       std::span<const PreparedWheel> wheels, const Scheme& scheme,
                                       const LayerOptions& options, store::Store& store) {
    const auto groups = group_wheels(wheels, options.max_layers);
    PYC_TRY_ASSIGN(auto conflicts, find_conflicts(wheels, groups, scheme, options.conflicts));
    const auto planned = plan_layers(wheels, groups, conflicts);
    WheelLayers result;
    result.layers.resize(planned.size());
    PYC_TRY(exec::parallel_for(ctx, planned.size(), ctx.concurrency(),
                               [&](const exec::Context& inner, std::size_t i) -> Result<void> {
                                   PYC_TRY_ASSIGN(
                                       result.layers[i],
                                       build_layer(inner, planned[i], options.compression, store));
                                   return {};
                               }));
    result.warnings = std::move(conflicts.warnings);
    return result;
}

}  // namespace pycontainer::install
