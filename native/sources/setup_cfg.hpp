#pragma once

// `setup.cfg` as Python's configparser reads it for setuptools: sections, keys and values of
// several lines.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pycontainer::sources {

class SetupCfg {
public:
    using Section = std::vector<std::pair<std::string, std::string>>;

    SetupCfg() = default;
    /// Every text is one; lines that are none of it are left out. `-` in the keys of
    /// `[metadata]` and `[options]` is `_`.
    explicit SetupCfg(std::string_view text);

    std::vector<std::string> sections() const;
    /// Null: there is none.
    const Section* section(const std::string& name) const;
    std::optional<std::string> find(const std::string& section, std::string_view key) const;
    /// Lines, or what is between commas on a single one.
    std::vector<std::string> list(const std::string& section, std::string_view key) const;
    /// `key = value`, as a list.
    std::map<std::string, std::string> table(const std::string& section,
                                             std::string_view key) const;
    bool empty() const { return sections_.empty(); }

private:
    std::map<std::string, Section> sections_;
};

/// Lines, or what is between separators on a single one; trimmed, none empty.
std::vector<std::string> split_list(std::string_view value, char separator = ',');

}  // namespace pycontainer::sources
