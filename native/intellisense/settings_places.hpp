#pragma once

// Where each setting of a project was written: in pycontainer.toml, else in `[tool.pycontainer]`.

#include "base/diagnostic.hpp"
#include "config/load.hpp"
#include "toml/syntax_place.hpp"

#include <optional>
#include <string>
#include <vector>

namespace pycontainer::intellisense {

struct SettingPlace {
    std::string file;
    Range key;
    Range value;
};

/// Borrows what it is made from.
class SettingsPlaces {
public:
    explicit SettingsPlaces(const config::Loaded& loaded) : loaded_(&loaded) {}

    /// Is anything of ours written in either file?
    bool has_settings() const;
    /// The place that counts: {"build", "ports", "0"} is an element. Nothing when no file says it.
    std::optional<SettingPlace> find(const toml::KeyPath& own) const;

    /// A setting that both files have, with different values.
    struct Both {
        std::string name;
        SettingPlace own;
        SettingPlace pyproject;
    };
    std::vector<Both> in_both_files() const;

    std::string pyproject_file() const { return loaded_->files_considered.front().string(); }
    /// The file that has the settings, and where its `build` table or its start is.
    std::string main_file() const;
    Range main_range() const;
    std::string text_of(const std::string& file, const Range& range) const;

private:
    std::optional<SettingPlace> find_in(const toml::Document& document, std::string_view base,
                                        const std::string& file, const toml::KeyPath& own) const;
    const Json* own_tables(bool of_pyproject) const;
    const config::Loaded* loaded_;
};

}  // namespace pycontainer::intellisense
