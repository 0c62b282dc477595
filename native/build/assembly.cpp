#include "build/assembly.hpp"

#include "oci/media_types.hpp"

#include <fmt/format.h>

#include <chrono>

namespace pycontainer::build {

std::string_view to_string(LayerKind kind) {
    switch (kind) {
        case LayerKind::Base: return "base";
        case LayerKind::Dependencies: return "dependencies";
        case LayerKind::Application: return "application";
        case LayerKind::Bytecode: return "bytecode";
    }
    return "base";
}

std::string_view to_string(LayerState state) {
    switch (state) {
        case LayerState::Base: return "base";
        case LayerState::Cached: return "cached";
        case LayerState::Built: return "built";
    }
    return "base";
}

std::string format_timestamp(std::int64_t seconds) {
    const std::chrono::sys_seconds time{std::chrono::seconds(seconds)};
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(time - day);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                       clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

Layer layer_of(const BaseImage& image, std::size_t place, LayerKind kind) {
    Layer layer{.descriptor = image.manifest.layers[place],
                .diff_id = image.config.diff_ids()[place],
                .kind = kind,
                .state = kind == LayerKind::Base ? LayerState::Base : LayerState::Cached,
                .summary = {}};
    layer.descriptor.media_type = oci::to_oci_layer_type(layer.descriptor.media_type);
    return layer;
}

AssembledImage assemble_layers(std::vector<Layer> layers, const oci::ImageConfig& config,
                               std::map<std::string, std::string> annotations) {
    AssembledImage image;
    image.config_bytes = config.to_bytes();
    image.manifest.media_type = oci::kImageManifest;
    image.manifest.config = {.media_type = std::string(oci::kImageConfig),
                             .digest = Digest::of(image.config_bytes),
                             .size = image.config_bytes.size(),
                             .platform = {},
                             .annotations = {}};
    for (const auto& layer : layers) image.manifest.layers.push_back(layer.descriptor);
    image.manifest.annotations = std::move(annotations);
    image.manifest_bytes = image.manifest.to_bytes();
    image.descriptor = {.media_type = std::string(oci::kImageManifest),
                        .digest = Digest::of(image.manifest_bytes),
                        .size = image.manifest_bytes.size(),
                        .platform = config.platform(),
                        .annotations = {}};
    image.layers = std::move(layers);
    return image;
}

AssembledImage assemble(const BaseImage& base, const ImageSettings& settings,
                        const std::vector<Layer>& layers) {
    auto config = base.config;
    config.complete_history(settings.created);
    config.set_created(settings.created);
    if (!settings.working_directory.empty())
        config.set_working_directory(settings.working_directory);
    if (!settings.user.empty()) config.set_user(settings.user);
    if (!settings.entrypoint.empty()) {
        config.set_entrypoint(settings.entrypoint);
        config.set_cmd(
            settings.cmd);  // the base's command would become arguments of our entrypoint
    } else if (!settings.cmd.empty()) {
        config.set_cmd(settings.cmd);
    }
    for (const auto& [name, value] : settings.env) config.set_env(name, value);
    for (const auto& [name, value] : settings.labels) config.set_label(name, value);
    for (const auto& port : settings.ports) config.add_exposed_port(port);

    std::vector<Layer> all;
    for (std::size_t i = 0; i < base.manifest.layers.size(); ++i)
        all.push_back(layer_of(base, i, LayerKind::Base));
    for (const auto& layer : layers) {
        config.add_layer(layer.diff_id,
                         {.created = settings.created,
                          .created_by = fmt::format("pycontainer build # {}: {}",
                                                    to_string(layer.kind), layer.summary),
                          .comment = {},
                          .empty_layer = false});
        all.push_back(layer);
    }
    return assemble_layers(std::move(all), config, settings.annotations);
}

AssembledRelease release_of(std::vector<AssembledImage> images) {
    PYC_ASSERT(!images.empty());
    AssembledRelease release{.images = std::move(images), .index_bytes = {}, .descriptor = {}};
    release.descriptor = release.images.front().descriptor;
    if (release.images.size() == 1) return release;
    oci::ImageIndex index;
    index.annotations = release.images.front().manifest.annotations;
    for (const auto& image : release.images) {
        index.manifests.push_back(image.descriptor);
        std::erase_if(index.annotations, [&](const auto& annotation) {
            const auto& own = image.manifest.annotations;
            const auto found = own.find(annotation.first);
            return found == own.end() || found->second != annotation.second;
        });
    }
    release.set_index(index);
    return release;
}

void AssembledRelease::set_index(const oci::ImageIndex& index) {
    index_bytes = index.to_bytes();
    descriptor = {.media_type = std::string(oci::kImageIndex),
                  .digest = Digest::of(index_bytes),
                  .size = index_bytes.size(),
                  .platform = {},
                  .annotations = {}};
}

}  // namespace pycontainer::build
