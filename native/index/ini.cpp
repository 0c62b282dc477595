#include "index/ini.hpp"

#include "base/strings.hpp"

namespace pycontainer::index {
namespace {

bool is_indented(std::string_view line) {
    return !line.empty() && (line.front() == ' ' || line.front() == '\t');
}

}  // namespace

Result<Ini> parse_ini(std::string_view text, const std::string& file) {
    constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
    if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
    Ini ini;
    std::map<std::string, IniValue>* section = nullptr;
    IniValue* value = nullptr;
    std::uint32_t number = 0;
    const auto invalid = [&](std::string_view why) {
        return fail("index/invalid-configuration", "`{}` cannot be read: line {} {}",
                    printable(file), number, why)
            .hint("correct the line, which is in the form of Python's configparser");
    };
    for (const auto line : split_lines(text)) {
        ++number;
        const auto trimmed = trim(line);
        if (trimmed.empty() || trimmed.front() == '#' || trimmed.front() == ';') continue;
        if (is_indented(line) && value) {
            value->text.append("\n").append(trimmed);
            continue;
        }
        if (trimmed.front() == '[') {
            const auto end = trimmed.find(']');
            if (end == std::string_view::npos) return invalid("has no `]`");
            section = &ini[std::string(trimmed.substr(1, end - 1))];
            value = nullptr;
            continue;
        }
        const auto delimiter = trimmed.find_first_of("=:");
        if (!section) return invalid("is in no section");
        if (delimiter == std::string_view::npos || delimiter == 0)
            return invalid("is not `NAME = VALUE`");
        auto name = replace_all(to_lower(trim(trimmed.substr(0, delimiter))), "_", "-");
        if (name.starts_with("--")) name.erase(0, 2);
        value = &(*section)[name];
        *value = {std::string(trim(trimmed.substr(delimiter + 1))), number};
    }
    return ini;
}

}  // namespace pycontainer::index
