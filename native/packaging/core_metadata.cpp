#include "packaging/core_metadata.hpp"

#include "base/strings.hpp"

namespace pycontainer::packaging {

std::vector<std::string> header_values(std::string_view text, std::string_view name) {
    std::vector<std::string> values;
    bool is_continued = false;
    for (const auto line : split_lines(text)) {
        if (line.empty()) break;  // the body
        if (line.front() == ' ' || line.front() == '\t') {
            if (is_continued) values.back().append(" ").append(trim(line));
            continue;
        }
        const auto colon = line.find(':');
        is_continued = colon != std::string_view::npos && to_lower(line.substr(0, colon)) == name;
        if (is_continued) values.emplace_back(trim(line.substr(colon + 1)));
    }
    return values;
}

std::string first_header(std::string_view text, std::string_view name) {
    auto values = header_values(text, name);
    return values.empty() ? std::string() : std::move(values.front());
}

std::string header_line(std::string_view text) {
    std::string line;
    for (const char c : text) {
        const bool blank = static_cast<unsigned char>(c) < 0x20 || c == 0x7F || c == ' ';
        if (!blank)
            line += c;
        else if (!line.empty() && line.back() != ' ')
            line += ' ';
    }
    return std::string(trim(line));
}

Result<CoreMetadata> CoreMetadata::parse(std::string_view text) {
    CoreMetadata result;
    result.metadata_version = first_header(text, "metadata-version");
    result.name = first_header(text, "name");
    result.version = first_header(text, "version");
    if (result.name.empty() || result.version.empty())
        return fail("packaging/invalid-metadata", "the metadata has no {}",
                    result.name.empty() ? "name" : "version")
            .hint("use another version of the package, and tell its publisher");
    result.requires_python = first_header(text, "requires-python");
    result.requires_dist = header_values(text, "requires-dist");
    result.provides_extra = header_values(text, "provides-extra");
    for (const auto& field : header_values(text, "dynamic"))
        result.dynamic.push_back(to_lower(field));
    return result;
}

}  // namespace pycontainer::packaging
