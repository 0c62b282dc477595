#pragma once

#include "base/digest.hpp"
#include "base/json.hpp"
#include "base/result.hpp"
#include "oci/platform.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace pycontainer::oci {

/// What a configuration says of one step (OCI image specification, "history").
struct HistoryEntry {
    std::string created;
    std::string created_by;
    std::string comment;
    bool empty_layer = false;
};

/// Where programs are looked for when a configuration has no `PATH`.
inline constexpr std::string_view kDefaultSearchPath =
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// An image's configuration (OCI image specification, config.md). Unknown fields of a base are
/// kept: `json` is the document, the accessors read and change it.
class ImageConfig {
public:
    /// An empty configuration for images from scratch.
    explicit ImageConfig(const Platform& platform);
    /// Errors: `oci/invalid-config` when it is no configuration or its diff ids are not digests.
    static Result<ImageConfig> parse(std::string_view bytes);

    Platform platform() const;
    const std::vector<Digest>& diff_ids() const { return diff_ids_; }

    /// `Env` by name: the last entry of a name counts.
    std::string env(std::string_view name) const;
    void set_env(std::string_view name, std::string_view value);
    std::string user() const { return text("User"); }
    void set_user(std::string_view value) { settings()["User"] = value; }
    void set_working_directory(std::string_view value) { settings()["WorkingDir"] = value; }
    void set_entrypoint(const std::vector<std::string>& argv);
    /// Empty: removed.
    void set_cmd(const std::vector<std::string>& argv);
    void add_exposed_port(std::string_view port);
    std::string label(std::string_view name) const;
    void set_label(std::string_view name, std::string_view value);
    void remove_label(std::string_view name);
    void set_created(std::string_view timestamp) { json_["created"] = timestamp; }

    /// Fills the history so that its non-empty entries equal the layers, as bases made by some
    /// tools leave it short.
    void complete_history(std::string_view created);
    void add_layer(const Digest& diff_id, const HistoryEntry& entry);
    /// Layers with the history of another configuration, as it is there.
    void append(const std::vector<Digest>& diff_ids, const std::vector<Json>& history);
    /// `config`, as a whole.
    void replace_settings(Json settings) { json_["config"] = std::move(settings); }
    /// A field beside `config`, `rootfs` and `history`.
    void set_member(const std::string& key, const Json& value) { json_[key] = value; }

    const Json& json() const { return json_; }
    /// Canonical form: sorted keys, no white space.
    std::string to_bytes() const;

private:
    ImageConfig() = default;
    Json& settings();
    std::string text(std::string_view key) const;

    Json json_;
    std::vector<Digest> diff_ids_;
};

}  // namespace pycontainer::oci
