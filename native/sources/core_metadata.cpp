#include "sources/core_metadata.hpp"

#include "base/strings.hpp"
#include "packaging/names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace pycontainer::sources {
namespace {

/// `requirement` with `extra == "x"` added to its marker.
std::string with_extra(std::string_view requirement, std::string_view extra) {
    // A URL may have a semicolon in it; its marker is set off by a space.
    const auto semicolon = requirement.find(requirement.find(" @ ") == std::string_view::npos &&
                                                    requirement.find("@") == std::string_view::npos
                                                ? ";"
                                                : " ;");
    const auto plain = trim(requirement.substr(0, semicolon));
    auto marker = semicolon == std::string_view::npos ? std::string_view()
                                                      : trim(requirement.substr(semicolon + 1));
    if (marker.starts_with(';')) marker = trim(marker.substr(1));
    return marker.empty() ? fmt::format("{} ; extra == '{}'", plain, extra)
                          : fmt::format("{} ; ({}) and extra == '{}'", plain, marker, extra);
}

}  // namespace

std::string CoreMetadata::normalized_name() const {
    return packaging::normalize_name(name);
}

std::string CoreMetadata::file_stem() const {
    return fmt::format("{}-{}", replace_all(normalized_name(), "-", "_"), version);
}

bool CoreMetadata::is_dynamic(std::string_view field) const {
    return std::find(dynamic.begin(), dynamic.end(), field) != dynamic.end();
}

void CoreMetadata::settle(std::string_view field) {
    std::erase(dynamic, field);
}

std::vector<std::string> CoreMetadata::requires_dist() const {
    auto all = dependencies;
    for (const auto& [extra, requirements] : extras)
        for (const auto& requirement : requirements) all.push_back(with_extra(requirement, extra));
    return all;
}

bool PackageInfo::is_reliable() const {
    const auto parts = split(metadata_version, '.');
    unsigned minor = 0;
    if (parts.size() != 2 || parts[0] != "2") return false;
    std::from_chars(parts[1].data(), parts[1].data() + parts[1].size(), minor);
    const auto varies = [&](std::string_view field) {
        return std::find(dynamic.begin(), dynamic.end(), field) != dynamic.end();
    };
    return minor >= 2 && !name.empty() && !version.empty() && !varies("requires-dist") &&
           !varies("provides-extra") && !varies("version") && !varies("requires-python");
}

PackageInfo parse_package_info(std::string_view text) {
    PackageInfo info;
    std::string* continued = nullptr;
    for (const auto line : split_lines(text)) {
        if (trim(line).empty()) {
            info.description =
                text.substr(static_cast<std::size_t>(line.data() + line.size() - text.data()));
            info.description.erase(0, info.description.find_first_not_of("\r\n"));
            break;
        }
        if (line.front() == ' ' || line.front() == '\t') {
            if (continued) *continued += " " + std::string(trim(line));
            continue;
        }
        continued = nullptr;
        const auto colon = line.find(':');
        if (colon == std::string_view::npos) continue;
        const auto field = to_lower(line.substr(0, colon));
        const std::string value(trim(line.substr(colon + 1)));
        const auto add = [&](std::vector<std::string>& list) {
            list.push_back(value);
            continued = &list.back();
        };
        if (field == "metadata-version") info.metadata_version = value;
        if (field == "name") info.name = value;
        if (field == "version") info.version = value;
        if (field == "requires-python") info.requires_python = value;
        if (field == "description-content-type") info.description_type = value;
        if (field == "requires-dist") add(info.requires_dist);
        if (field == "provides-extra") add(info.provides_extra);
        if (field == "dynamic") info.dynamic.push_back(to_lower(value));
    }
    return info;
}

}  // namespace pycontainer::sources
