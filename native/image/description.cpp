#include "image/description.hpp"

#include "archive/layer_reader.hpp"
#include "base/strings.hpp"
#include "oci/image_config.hpp"
#include "oci/media_types.hpp"

#include <algorithm>
#include <map>
#include <unordered_map>

namespace pycontainer::image {
namespace {

using archive::LayerEntry;

constexpr std::string_view kDistInfo = ".dist-info/";
constexpr std::uint64_t kMaxRecord = 32ULL << 20U;
constexpr std::size_t kMaxWeighedFiles = 1'000'000;  // of one layer

/// One installed distribution of a layer.
struct Package {
    std::string root;  ///< the directory that the paths of its RECORD count from, with a `/`
    std::string name;
    std::string version;
    std::string record;
};

/// From the path of a RECORD, `…/site-packages/name-1.0.dist-info/RECORD`.
std::optional<Package> package_of(std::string_view path) {
    if (!path.ends_with(".dist-info/RECORD")) return std::nullopt;
    const auto end = path.size() - std::string_view("RECORD").size() - kDistInfo.size();
    const auto slash = path.rfind('/', end);
    const auto start = slash == std::string_view::npos ? 0 : slash + 1;
    const auto name = path.substr(start, end - start);
    const auto dash = name.find('-');
    if (dash == std::string_view::npos) return std::nullopt;
    return Package{std::string(path.substr(0, start)),
                   std::string(name.substr(0, dash)),
                   std::string(name.substr(dash + 1)),
                   {}};
}

/// The first field of a RECORD's line: CSV, quoted where the path has a comma or a quote.
std::string recorded_path(std::string_view line) {
    if (!line.starts_with('"')) return std::string(line.substr(0, line.find(',')));
    std::string path;
    for (std::size_t i = 1; i < line.size(); ++i) {
        if (line[i] == '"') {
            if (i + 1 >= line.size() || line[i + 1] != '"') break;
            ++i;
        }
        path += line[i];
    }
    return path;
}

/// Where a recorded path leads in the layer: it may go up (`../../../bin/tool`).
std::string below(const std::string& root, const std::string& path) {
    return std::filesystem::path(root + path).lexically_normal().string();
}

class LayerDescription {
public:
    Result<archive::Walk> add(const LayerEntry& entry, archive::EntryContent& content) {
        if (entry.type == LayerEntry::Type::Directory) return archive::Walk::Continue;
        ++count_;
        unpacked_ += entry.size;
        if (count_ <= kMaxListedFiles) {
            Json file{{"path", printable(entry.path, 4096)}, {"size", entry.size}};
            if (!entry.link.empty()) file["link"] = printable(entry.link, 4096);
            files_.push_back(std::move(file));
        }
        if (count_ <= kMaxWeighedFiles) sizes_.emplace(entry.path, entry.size);
        if (auto package = package_of(entry.path); package && entry.size <= kMaxRecord) {
            PYC_TRY_ASSIGN(package->record, content.read_all(kMaxRecord));
            packages_.push_back(std::move(*package));
        }
        return archive::Walk::Continue;
    }

    void write_to(Json& layer) {
        layer["unpacked_size"] = unpacked_;
        layer["file_count"] = count_;
        layer["files"] = std::move(files_);
        layer["packages"] = weigh_packages();
    }

private:
    Json weigh_packages() {
        auto packages = Json::array();
        for (const auto& package : packages_) {
            std::uint64_t size = 0;
            std::uint64_t files = 0;
            for (const auto line : split(package.record, '\n')) {
                const auto found = sizes_.find(below(package.root, recorded_path(line)));
                if (found == sizes_.end()) continue;
                size += found->second;
                ++files;
                sizes_.erase(found);  // a file counts once
            }
            packages.push_back({{"name", printable(package.name)},
                                {"version", printable(package.version)},
                                {"size", size},
                                {"files", files}});
        }
        std::sort(packages.begin(), packages.end(), [](const Json& a, const Json& b) {
            return std::make_pair(b["size"].get<std::uint64_t>(), a["name"].get<std::string>()) <
                   std::make_pair(a["size"].get<std::uint64_t>(), b["name"].get<std::string>());
        });
        return packages;
    }

    std::uint64_t count_ = 0;
    std::uint64_t unpacked_ = 0;
    Json files_ = Json::array();
    std::unordered_map<std::string, std::uint64_t> sizes_;
    std::vector<Package> packages_;
};

Result<Json> describe_layer(const exec::Context& ctx, const Layout& layout,
                            const oci::Descriptor& descriptor) {
    Json layer{{"digest", descriptor.digest.to_string()}, {"size", descriptor.size}};
    if (oci::is_foreign_layer(descriptor.media_type)) return layer;
    LayerDescription description;
    PYC_TRY(archive::read_layer(ctx, layout.blob_path(descriptor.digest),
                                [&](const LayerEntry& entry, archive::EntryContent& content) {
                                    return description.add(entry, content);
                                }));
    description.write_to(layer);
    return layer;
}

/// The steps of a history that made layers, bottom first.
std::vector<std::string> steps_of(const Json& config) {
    std::vector<std::string> steps;
    const auto* history = member(config, "history");
    if (!history || !history->is_array()) return steps;
    for (const auto& entry : *history)
        if (!bool_member(entry, "empty_layer").value_or(false))
            steps.push_back(printable(string_member(entry, "created_by").value_or(""), 1000));
    return steps;
}

Result<Json> describe_image(const exec::Context& ctx, const Layout& layout,
                            const oci::Descriptor& descriptor) {
    PYC_TRY_ASSIGN(const auto bytes, layout.read_document(descriptor));
    PYC_TRY_ASSIGN(const auto manifest, oci::Manifest::parse(bytes, descriptor.media_type));
    PYC_TRY_ASSIGN(const auto config_bytes, layout.read_document(manifest.config));
    PYC_TRY_ASSIGN(const auto config, oci::ImageConfig::parse(config_bytes));
    PYC_TRY_ASSIGN(const auto manifest_json, parse_json(bytes, "the manifest"));
    const auto steps = steps_of(config.json());
    Json layers = Json::array();
    for (const auto& each : manifest.layers) {
        PYC_TRY_ASSIGN(auto layer, describe_layer(ctx, layout, each));
        if (layers.size() < steps.size()) layer["created_by"] = steps[layers.size()];
        layers.push_back(std::move(layer));
    }
    return Json{{"platform", config.platform().to_string()},
                {"digest", descriptor.digest.to_string()},
                {"manifest", manifest_json},
                {"config", config.json()},
                {"layers", std::move(layers)}};
}

}  // namespace

Result<Json> describe_layout(const exec::Context& ctx, const Layout& layout) {
    PYC_TRY_ASSIGN(auto root, layout.find(std::nullopt));
    PYC_TRY_ASSIGN(const auto bytes, layout.read_document(root));
    root.media_type = oci::detect_media_type(bytes, root.media_type);
    std::vector<oci::Descriptor> manifests{root};
    if (oci::is_index(root.media_type)) {
        PYC_TRY_ASSIGN(const auto index, oci::ImageIndex::parse(bytes));
        manifests = index.manifests;
    }
    Json references = Json::array();
    for (const auto& entry : layout.index().manifests)
        if (const auto name = entry.annotations.find("io.containerd.image.name");
            name != entry.annotations.end())
            references.push_back(printable(name->second));
    Json images = Json::array();
    for (const auto& descriptor : manifests) {
        PYC_TRY_ASSIGN(auto image, describe_image(ctx, layout, descriptor));
        images.push_back(std::move(image));
    }
    return Json{{"format_version", 1},
                {"layout", layout.directory().string()},
                {"digest", root.digest.to_string()},
                {"references", references},
                {"images", std::move(images)}};
}

}  // namespace pycontainer::image
