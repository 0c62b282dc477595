#pragma once

// Settings from `PYCONTAINER_*` variables: `PYCONTAINER_BUILD_BASE_IMAGE` is `build.base_image`.
//
// Lists are separated by commas, booleans are `true`, `false`, `1` and `0`, commands are split as a
// shell would; tables (labels, env) have no variables. An empty variable is as good as none.

#include "base/diagnostic.hpp"
#include "base/environment.hpp"
#include "config/build_config.hpp"

#include <map>
#include <string>
#include <vector>

namespace pycontainer::config {

struct EnvironmentSettings {
    Settings settings;
    /// The variable that said it, by key: `build.tags` → `PYCONTAINER_BUILD_TAGS`.
    std::map<std::string, std::string> variables;
    /// `config/unknown-variable` is a warning; values that are wrong are errors. The file is
    /// `environment`.
    std::vector<Diagnostic> diagnostics;
};

EnvironmentSettings read_environment(const Environment& environment);

}  // namespace pycontainer::config
