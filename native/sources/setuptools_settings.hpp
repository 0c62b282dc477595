#pragma once

// What a project tells setuptools about its files, in `[tool.setuptools]` or setup.cfg.

#include "base/result.hpp"
#include "sources/backend.hpp"
#include "sources/setup_cfg.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace pycontainer::sources {

struct SetuptoolsSettings {
    /// `packages.find`, `find:` and `find_namespace:`.
    struct Find {
        std::vector<std::string> where{"."};
        std::vector<std::string> include{"*"};
        std::vector<std::string> exclude;
        bool namespaces = true;
    };
    using Patterns = std::map<std::string, std::vector<std::string>>;

    std::optional<std::vector<std::string>> packages;  ///< dotted names
    std::optional<Find> find;
    std::optional<std::vector<std::string>> py_modules;  ///< dotted names
    std::map<std::string, std::string> package_dir;      ///< empty name: of all
    Patterns package_data;                               ///< empty package: of all
    Patterns exclude_package_data;
    Patterns data_files;  ///< by directory below the environment
    std::vector<std::string> scripts;
    bool include_package_data = false;
};

/// Errors: `sources/needs-build` for what only code can tell.
Result<SetuptoolsSettings> read_setuptools_settings(const Project& project, const SetupCfg& cfg);

/// `setup.py` may be there, but has to say nothing: `from setuptools import setup; setup()`.
Result<void> check_setup_py(const Tree& tree);

}  // namespace pycontainer::sources
