#include "build/inspect.hpp"

#include "archive/layer_reader.hpp"
#include "base/strings.hpp"
#include "build/base_image.hpp"
#include "build/image_name.hpp"
#include "build/session.hpp"
#include "image/layout.hpp"
#include "oci/media_types.hpp"

#include <chrono>
#include <map>
#include <set>

namespace pycontainer::build {
namespace {

constexpr std::string_view kWhiteout = ".wh.";
constexpr std::string_view kOpaque = ".wh..wh..opq";
constexpr std::string_view kDistInfo = ".dist-info/METADATA";
constexpr std::size_t kMaxPackages = 20'000;

/// Installed distributions by the path of their metadata, as layers add and remove them.
class Packages {
public:
    void add(const std::string& path) {
        const auto slash = path.rfind('/');
        const auto parent = slash == std::string::npos ? std::string() : path.substr(0, slash + 1);
        const auto name = path.substr(parent.size());
        if (name == kOpaque)
            remove_below(parent);
        else if (name.starts_with(kWhiteout))
            remove_below(parent + name.substr(kWhiteout.size()) + "/");
        else if (path.ends_with(kDistInfo) && found_.size() < kMaxPackages)
            new_.insert(path);
    }
    /// What a layer removes is of the layers below it, whatever its own order.
    void end_layer() { found_.merge(new_); }

    Json to_json() const {
        std::map<std::string, std::string> versions;
        for (const auto& path : found_) {
            auto name = path.substr(0, path.size() - kDistInfo.size());
            name = name.substr(name.rfind('/') + 1);
            const auto dash = name.find('-');
            if (dash != std::string::npos)
                versions.emplace(to_lower(replace_all(name.substr(0, dash), "_", "-")),
                                 name.substr(dash + 1));
        }
        Json packages = Json::array();
        for (const auto& [name, version] : versions)
            packages.push_back({{"name", name}, {"version", version}});
        return packages;
    }

private:
    void remove_below(const std::string& directory) {
        std::erase_if(found_, [&](const std::string& path) { return path.starts_with(directory); });
    }

    std::set<std::string> found_;
    std::set<std::string> new_;
};

Result<Json> packages_of(const exec::Context& ctx, const BaseImage& image, store::Store& store) {
    PYC_TRY(fetch_base_layers(ctx, image, store));
    Packages packages;
    for (const auto& layer : image.manifest.layers) {
        if (oci::is_foreign_layer(layer.media_type)) continue;
        PYC_TRY(archive::read_layer(
            ctx, store.blob_path(layer.digest),
            [&](const archive::LayerEntry& entry, archive::EntryContent&) -> Result<archive::Walk> {
                packages.add(entry.path);
                return archive::Walk::Continue;
            }));
        packages.end_layer();
    }
    return packages.to_json();
}

Json layers_of(const BaseImage& image) {
    std::vector<std::string> made_by;
    if (const auto* history = member(image.config.json(), "history");
        history && history->is_array())
        for (const auto& step : *history)
            if (!bool_member(step, "empty_layer").value_or(false))
                made_by.push_back(string_member(step, "created_by").value_or(""));
    Json layers = Json::array();
    for (std::size_t i = 0; i < image.manifest.layers.size(); ++i) {
        const auto& layer = image.manifest.layers[i];
        layers.push_back({{"digest", layer.digest.to_string()},
                          {"diff_id", image.config.diff_ids()[i].to_string()},
                          {"media_type", layer.media_type},
                          {"size", layer.size},
                          {"created_by", i < made_by.size() ? made_by[i] : ""}});
    }
    return layers;
}

Json python_of(const image::BaseFacts& facts) {
    if (!facts.interpreter) return nullptr;
    return {{"path", facts.interpreter->path}, {"version", facts.interpreter->version}};
}

/// What refers to the image, and to the index it is of.
Result<Json> referrers_of(const exec::Context& ctx, const std::string& name, const BaseImage& image,
                          registry::RegistryClient& registry) {
    Json list = Json::array();
    if (!image.manifest_digest || name.find("-archive:") != std::string::npos) return list;
    std::vector<Digest> subjects{*image.manifest_digest};
    std::unique_ptr<image::LayoutSource> layout;
    if (is_on_this_machine(name)) {
        PYC_TRY_ASSIGN(layout, image::LayoutSource::open(name.substr(name.find(':') + 1)));
        PYC_TRY_ASSIGN(const auto root, layout->root(ctx));
        subjects.push_back(root.digest);
    } else {
        PYC_TRY_ASSIGN(const auto root, registry.head_manifest(ctx, *image.reference));
        if (root) subjects.push_back(*root);
    }
    if (subjects.back() == subjects.front()) subjects.pop_back();
    for (const auto& subject : subjects) {
        std::vector<oci::Descriptor> found;
        if (layout) {
            found = layout->layout().referrers(subject);
        } else {
            PYC_TRY_ASSIGN(found, registry.referrers(ctx, *image.reference, subject));
        }
        for (const auto& one : found)
            list.push_back({{"digest", one.digest.to_string()},
                            {"artifact_type", one.artifact_type},
                            {"subject", subject.to_string()},
                            {"annotations", one.annotations}});
    }
    return list;
}

}  // namespace

Result<Json> inspect_image(const exec::Context& ctx, const InspectRequest& request) {
    PYC_TRY_ASSIGN(const auto session, Session::open(ctx.environment(), request.cache_directory,
                                                     request.access.for_registry(std::nullopt)));
    PYC_TRY_ASSIGN(const auto lease, session->store().lease(ctx));
    BaseOptions options;
    PYC_TRY_ASSIGN(options.platform, oci::Platform::parse(request.platform));
    options.pull = PullPolicy::Always;
    options.now = std::chrono::duration_cast<std::chrono::seconds>(
                      std::chrono::system_clock::now().time_since_epoch())
                      .count();
    const auto name = with_prefix(request.image);
    if (name == "scratch")
        return fail("base/not-an-image", "`scratch` is the base with nothing in it")
            .hint("name an image; a layout of that name is `oci:scratch`");
    auto found = find_base_image(ctx, name, options, session->registry(), session->store());
    if (!found && found.error().code == "base/wrong-platform")
        return fail(std::move(found).error()).hint("show it with the --platform that it is for");
    PYC_TRY_ASSIGN(const auto image, std::move(found));
    auto referrers = referrers_of(ctx, name, image, session->registry());
    if (!referrers && referrers.error().is_cancelled()) return fail(referrers.error());
    if (!referrers) {  // the image itself can be shown all the same
        const auto& error = referrers.error();
        ctx.warn(error.code, "what refers to the image cannot be listed: " + error.message,
                 error.hint);
    }
    PYC_TRY_ASSIGN(auto packages, packages_of(ctx, image, session->store()));
    std::uint64_t size = image.manifest.config.size;
    for (const auto& layer : image.manifest.layers) size += layer.size;
    const auto* const settings = member(image.config.json(), "config");
    return Json{{"format_version", 1},
                {"image", request.image},
                {"digest",
                 image.manifest_digest ? Json(image.manifest_digest->to_string()) : Json(nullptr)},
                {"image_id", image.manifest.config.digest.to_string()},
                {"media_type", image.manifest.media_type},
                {"platform", image.config.platform().to_string()},
                {"size", size},
                {"created", string_member(image.config.json(), "created").value_or("")},
                {"config", settings ? *settings : Json::object()},
                {"annotations", image.manifest.annotations},
                {"layers", layers_of(image)},
                {"python", python_of(image.facts)},
                {"libc", image.facts.libc},
                {"distribution", image.facts.distribution},
                {"packages", std::move(packages)},
                {"referrers", referrers ? std::move(*referrers) : Json(nullptr)}};
}

}  // namespace pycontainer::build
