#include "sources/setup_cfg.hpp"

#include "base/strings.hpp"

namespace pycontainer::sources {
namespace {

std::size_t indentation(std::string_view line) {
    return std::min(line.find_first_not_of(" \t"), line.size());
}

}  // namespace

SetupCfg::SetupCfg(std::string_view text) {
    Section* section = nullptr;
    std::string* value = nullptr;  // of the last key: more lines may follow
    std::size_t key_indentation = 0;
    bool is_setting = false;  // whose names have two spellings
    for (const auto line : split_lines(text)) {
        const auto trimmed = trim(line);
        if (trimmed.empty() || trimmed.front() == '#' || trimmed.front() == ';') continue;
        if (value && indentation(line) > key_indentation) {
            *value += "\n" + std::string(trimmed);
            continue;
        }
        value = nullptr;
        if (trimmed.front() == '[' && trimmed.back() == ']') {
            const auto name = trimmed.substr(1, trimmed.size() - 2);
            is_setting = name == "metadata" || name == "options";
            section = &sections_[std::string(name)];
            continue;
        }
        const auto end = trimmed.find_first_of("=:");
        if (!section || end == std::string_view::npos) continue;
        std::string key(trim(trimmed.substr(0, end)));
        if (is_setting) key = replace_all(std::move(key), "-", "_");
        section->emplace_back(std::move(key), trim(trimmed.substr(end + 1)));
        value = &section->back().second;
        key_indentation = indentation(line);
    }
}

std::vector<std::string> SetupCfg::sections() const {
    std::vector<std::string> names;
    for (const auto& [name, entries] : sections_) names.push_back(name);
    return names;
}

const SetupCfg::Section* SetupCfg::section(const std::string& name) const {
    const auto found = sections_.find(name);
    return found == sections_.end() ? nullptr : &found->second;
}

std::optional<std::string> SetupCfg::find(const std::string& section, std::string_view key) const {
    std::optional<std::string> found;
    if (const auto* entries = this->section(section))
        for (const auto& [name, value] : *entries)
            if (name == key) found = value;
    return found;
}

std::vector<std::string> SetupCfg::list(const std::string& section, std::string_view key) const {
    return split_list(find(section, key).value_or(""));
}

std::map<std::string, std::string> SetupCfg::table(const std::string& section,
                                                   std::string_view key) const {
    std::map<std::string, std::string> result;
    for (const auto& item : list(section, key))
        if (const auto equals = item.find('='); equals != std::string::npos)
            result[std::string(trim(std::string_view(item).substr(0, equals)))] =
                trim(std::string_view(item).substr(equals + 1));
    return result;
}

std::vector<std::string> split_list(std::string_view value, char separator) {
    std::vector<std::string> items;
    for (const auto item :
         split(value, value.find('\n') != std::string_view::npos ? '\n' : separator))
        if (const auto trimmed = trim(item); !trimmed.empty()) items.emplace_back(trimmed);
    return items;
}

}  // namespace pycontainer::sources
