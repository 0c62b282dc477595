#pragma once

// One source's settings, from JSON to `Settings`, and what the schema cannot say about them: are
// references, platforms, ports and names what they claim to be.

#include "base/json.hpp"
#include "config/build_config.hpp"

#include <string>
#include <vector>

namespace pycontainer::config {

/// A setting that makes no sense.
struct SettingFault {
    /// Where, keys with underscores: {"build", "ports", "0"}, {"build", "env", "A-B"}.
    std::vector<std::string> path;
    bool at_key = false;
    std::string message;
    std::string hint;
};

struct ReadSettings {
    Settings settings;
    std::vector<SettingFault> faults;
};

/// Reads what schemas/pycontainer.schema.json has accepted, keys with `-` or `_`, and checks its
/// meaning. Commands written as text are split as a shell would.
ReadSettings read_settings(const Json& configuration);

/// The meaning alone, for settings that never were JSON.
std::vector<SettingFault> check_settings(const Settings& settings);

}  // namespace pycontainer::config
