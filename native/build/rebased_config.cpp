#include "build/rebased_config.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>

namespace pycontainer::build {
namespace {

/// What a configuration has at `key`; null for nothing, as in Go, which wrote most of them.
const Json& value_of(const Json& object, std::string_view key) {
    static const Json kNothing;
    const auto* const found = member(object, key);
    return found == nullptr ? kNothing : *found;
}

/// Nothing, an empty list and an empty text mean the same in a configuration.
bool is_blank(const Json& value) {
    return value.empty() || (value.is_string() && value.get_ref<const std::string&>().empty());
}

bool is_same(const Json& a, const Json& b) {
    return a == b || (is_blank(a) && is_blank(b));
}

void put(Json& object, const std::string& key, const Json& value) {
    if (value.is_null())
        object.erase(key);
    else
        object[key] = value;
}

/// `KEY=VALUE` lists by key; the last entry of a key counts.
std::map<std::string, std::string> variables(const Json& settings) {
    std::map<std::string, std::string> found;
    const auto& entries = value_of(settings, "Env");
    for (const auto& entry : entries.is_array() ? entries : Json::array()) {
        if (!entry.is_string()) continue;
        const auto& text = entry.get_ref<const std::string&>();
        const auto equals = text.find('=');
        if (equals != std::string::npos) found[text.substr(0, equals)] = text.substr(equals + 1);
    }
    return found;
}

/// `/opt/venv/bin:` + the old base's value: the same before the new one's.
std::string extended(const std::string& own, const std::string& old_value,
                     const std::string& new_value) {
    if (old_value.empty() || !own.ends_with(":" + old_value)) return own;
    return own.substr(0, own.size() - old_value.size()) + new_value;
}

void merge_environment(const Json& image, const Json& old_base, oci::ImageConfig& result) {
    auto old_values = variables(old_base);
    const auto new_path = result.env("PATH");
    for (const auto& [name, value] : variables(image)) {
        const auto old_value = old_values.find(name);
        if (old_value != old_values.end() && old_value->second == value) continue;  // inherited
        const bool path = name == "PATH";
        const std::string fallback(path ? oci::kDefaultSearchPath : "");
        const auto below = old_value != old_values.end() ? old_value->second : fallback;
        auto above = result.env(name);
        if (above.empty()) above = fallback;
        result.set_env(name, extended(value, below, above));
    }
}

/// Objects whose members stand for themselves: labels, ports, volumes.
Json merge_members(const Json& image, const Json& old_base, const Json& new_base) {
    Json result = new_base.is_object() ? new_base : Json::object();
    if (!image.is_object()) return new_base;
    for (const auto& [key, value] : image.items())
        if (value_of(old_base, key) != value || !member(old_base, key)) result[key] = value;
    return result.empty() ? new_base : result;
}

bool runs_as_root(const Json& user) {
    const auto text = user.is_string() ? user.get<std::string>() : std::string();
    const auto name = text.substr(0, text.find(':'));
    return name.empty() || name == "root" || name == "0";
}

Json merge_settings(const Json& image, const Json& old_base, const Json& new_base) {
    static constexpr std::array kByMember{"Labels", "ExposedPorts", "Volumes"};
    Json result = new_base;
    std::set<std::string> keys;
    for (const auto* settings : {&image, &old_base})
        for (const auto& [key, value] : settings->items()) keys.insert(key);
    for (const auto& key : keys) {
        if (key == "Env" || key == "Cmd" || key == "User") continue;
        const auto& own = value_of(image, key);
        const auto& old_value = value_of(old_base, key);
        if (std::find(kByMember.begin(), kByMember.end(), key) != kByMember.end())
            put(result, key, merge_members(own, old_value, value_of(new_base, key)));
        else if (!is_same(own, old_value))
            put(result, key, own);
    }
    // The arguments belong to the program: with an entrypoint of its own the image has dropped the
    // base's.
    const bool own_program =
        !is_same(value_of(image, "Entrypoint"), value_of(old_base, "Entrypoint"));
    if (own_program || !is_same(value_of(image, "Cmd"), value_of(old_base, "Cmd")))
        put(result, "Cmd", value_of(image, "Cmd"));
    const auto& user = value_of(image, "User");
    if (!is_same(user, value_of(old_base, "User")) ||
        (runs_as_root(value_of(new_base, "User")) && !runs_as_root(user)))
        put(result, "User", user);
    return result;
}

/// The history of the layers that are not the base's, with what was set between and after them.
std::vector<Json> own_history(const oci::ImageConfig& image, oci::ImageConfig old_base) {
    old_base.complete_history(string_member(image.json(), "created").value_or(""));
    const auto& whole = value_of(image.json(), "history");
    const auto& below = value_of(old_base.json(), "history");
    std::size_t first = below.size();
    if (whole.size() < below.size() || !std::equal(below.begin(), below.end(), whole.begin())) {
        // Another tool has written it anew: what comes after the base's last layer.
        auto layers = old_base.diff_ids().size();
        for (first = 0; first < whole.size() && layers > 0; ++first)
            if (!bool_member(whole[first], "empty_layer").value_or(false)) --layers;
    }
    return {whole.begin() + static_cast<std::ptrdiff_t>(first), whole.end()};
}

}  // namespace

bool is_built_on(const oci::ImageConfig& image, const oci::ImageConfig& base) {
    const auto& whole = image.diff_ids();
    const auto& below = base.diff_ids();
    return whole.size() >= below.size() && std::equal(below.begin(), below.end(), whole.begin());
}

oci::ImageConfig rebased_config(const oci::ImageConfig& image, const oci::ImageConfig& old_base,
                                const oci::ImageConfig& new_base) {
    PYC_ASSERT(is_built_on(image, old_base));
    static constexpr std::array kOfTheBase{"config",       "rootfs", "history", "created",
                                           "architecture", "os",     "variant"};
    const auto created = string_member(image.json(), "created").value_or("");
    auto result = new_base;
    result.complete_history(created);
    const auto own = own_history(image, old_base);
    const auto first = static_cast<std::ptrdiff_t>(old_base.diff_ids().size());
    result.append({image.diff_ids().begin() + first, image.diff_ids().end()}, own);
    result.set_created(created);
    result.replace_settings(merge_settings(value_of(image.json(), "config"),
                                           value_of(old_base.json(), "config"),
                                           value_of(new_base.json(), "config")));
    merge_environment(value_of(image.json(), "config"), value_of(old_base.json(), "config"),
                      result);
    for (const auto& [key, value] : image.json().items())
        if (std::find(kOfTheBase.begin(), kOfTheBase.end(), key) == kOfTheBase.end() &&
            value != value_of(old_base.json(), key))
            result.set_member(key, value);
    return result;
}

}  // namespace pycontainer::build
