#include "oci/image_config.hpp"

#include <algorithm>

namespace pycontainer::oci {

ImageConfig::ImageConfig(const Platform& platform) {
    json_ = {{"os", platform.os},
             {"architecture", platform.architecture},
             {"config", Json::object()},
             {"rootfs", {{"type", "layers"}, {"diff_ids", Json::array()}}},
             {"history", Json::array()}};
    if (!platform.variant.empty()) json_["variant"] = platform.variant;
}

Result<ImageConfig> ImageConfig::parse(std::string_view bytes) {
    ImageConfig config;
    PYC_TRY_ASSIGN(config.json_, parse_json(bytes, "the image configuration"));
    const auto* rootfs = member(config.json_, "rootfs");
    const auto* ids = rootfs ? member(*rootfs, "diff_ids") : nullptr;
    if (!ids || !ids->is_array())
        return fail("oci/invalid-config", "the image configuration has no list of diff ids");
    for (const auto& id : *ids) {
        if (!id.is_string())
            return fail("oci/invalid-config", "a diff id of the image configuration is not text");
        PYC_TRY_ASSIGN(const auto digest, Digest::parse(id.get<std::string>()));
        config.diff_ids_.push_back(digest);
    }
    // Null and missing mean the same in Go, which wrote most configurations.
    if (auto& settings = config.json_["config"]; !settings.is_object()) settings = Json::object();
    if (auto& history = config.json_["history"]; !history.is_array()) history = Json::array();
    return config;
}

Platform ImageConfig::platform() const {
    return Platform::from_json(json_);
}

Json& ImageConfig::settings() {
    return json_["config"];
}

std::string ImageConfig::text(std::string_view key) const {
    return string_member(json_["config"], key).value_or("");
}

std::string ImageConfig::env(std::string_view name) const {
    std::string value;
    const auto* entries = member(json_["config"], "Env");
    if (!entries || !entries->is_array()) return value;
    const auto prefix = std::string(name) + "=";
    for (const auto& entry : *entries)
        if (entry.is_string() && entry.get_ref<const std::string&>().starts_with(prefix))
            value = entry.get_ref<const std::string&>().substr(prefix.size());
    return value;
}

void ImageConfig::set_env(std::string_view name, std::string_view value) {
    auto& entries = settings()["Env"];
    if (!entries.is_array()) entries = Json::array();
    const auto prefix = std::string(name) + "=";
    const auto text = prefix + std::string(value);
    bool placed = false;
    Json result = Json::array();
    for (auto& entry : entries) {
        if (!entry.is_string() || !entry.get_ref<const std::string&>().starts_with(prefix))
            result.push_back(entry);
        else if (!std::exchange(placed, true))
            result.push_back(text);
    }
    if (!placed) result.push_back(text);
    entries = std::move(result);
}

void ImageConfig::set_entrypoint(const std::vector<std::string>& argv) {
    settings()["Entrypoint"] = argv;
}

void ImageConfig::set_cmd(const std::vector<std::string>& argv) {
    if (argv.empty())
        settings().erase("Cmd");
    else
        settings()["Cmd"] = argv;
}

void ImageConfig::add_exposed_port(std::string_view port) {
    auto& ports = settings()["ExposedPorts"];
    if (!ports.is_object()) ports = Json::object();
    ports[std::string(port)] = Json::object();
}

void ImageConfig::set_label(std::string_view name, std::string_view value) {
    auto& labels = settings()["Labels"];
    if (!labels.is_object()) labels = Json::object();
    labels[std::string(name)] = value;
}

std::string ImageConfig::label(std::string_view name) const {
    const auto* const labels = member(json_["config"], "Labels");
    return labels != nullptr ? string_member(*labels, name).value_or("") : std::string();
}

void ImageConfig::remove_label(std::string_view name) {
    if (auto& labels = settings()["Labels"]; labels.is_object()) labels.erase(std::string(name));
}

void ImageConfig::complete_history(std::string_view created) {
    auto& history = json_["history"];
    const auto layers = static_cast<std::size_t>(std::count_if(
        history.begin(), history.end(),
        [](const Json& entry) { return !bool_member(entry, "empty_layer").value_or(false); }));
    if (layers > diff_ids_.size()) history = Json::array();
    for (auto i = layers > diff_ids_.size() ? 0 : layers; i < diff_ids_.size(); ++i)
        history.push_back({{"created", created}, {"comment", "layer of the base image"}});
}

void ImageConfig::add_layer(const Digest& diff_id, const HistoryEntry& entry) {
    diff_ids_.push_back(diff_id);
    json_["rootfs"]["diff_ids"].push_back(diff_id.to_string());
    Json item{{"created", entry.created}, {"created_by", entry.created_by}};
    if (!entry.comment.empty()) item["comment"] = entry.comment;
    json_["history"].push_back(std::move(item));
}

void ImageConfig::append(const std::vector<Digest>& diff_ids, const std::vector<Json>& history) {
    for (const auto& diff_id : diff_ids) {
        diff_ids_.push_back(diff_id);
        json_["rootfs"]["diff_ids"].push_back(diff_id.to_string());
    }
    for (const auto& entry : history) json_["history"].push_back(entry);
}

std::string ImageConfig::to_bytes() const {
    return dump_json(json_);
}

}  // namespace pycontainer::oci
