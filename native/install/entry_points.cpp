#include "install/entry_points.hpp"

#include "base/strings.hpp"

#include <algorithm>
#include <array>

namespace pycontainer::install {
namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' ||
           static_cast<unsigned char>(c) >= 0x80;
}

/// Dotted Python identifiers: these become code, so nothing else may be in them.
bool is_dotted_identifier(std::string_view text) {
    for (const auto part : split(text, '.'))
        if (part.empty() || is_digit(part.front()) ||
            !std::all_of(part.begin(), part.end(), is_word))
            return false;
    return is_valid_utf8(text);
}

/// `3`, `3.11`, `3.13t` or nothing.
bool is_python_suffix(std::string_view text) {
    if (text.ends_with('t')) text.remove_suffix(1);
    return std::all_of(text.begin(), text.end(), [](char c) { return is_digit(c) || c == '.'; });
}

}  // namespace

bool is_script_name(std::string_view name) {
    return !name.empty() && name.size() <= 255 && name != "." && name != ".." &&
           std::none_of(name.begin(), name.end(),
                        [](char c) {
                            return c == '/' || c == '\\' || static_cast<unsigned char>(c) < 0x20 ||
                                   c == 0x7F;
                        }) &&
           is_valid_utf8(name) && !archive::is_whiteout(name);
}

bool is_reserved_script_name(std::string_view name) {
    static constexpr std::array<std::string_view, 10> kActivation = {
        "activate",     "activate.bat", "activate.csh",     "activate.fish", "activate.nu",
        "activate.ps1", "Activate.ps1", "activate_this.py", "deactivate",    "deactivate.bat"};
    if (std::find(kActivation.begin(), kActivation.end(), name) != kActivation.end()) return true;
    for (const std::string_view interpreter : {"pythonw", "python", "pypy", "graalpy"})
        if (name.starts_with(interpreter) && is_python_suffix(name.substr(interpreter.size())))
            return true;
    return false;
}

std::optional<EntryPoint> parse_object_reference(std::string_view name, std::string_view value) {
    value = trim(value.substr(0, value.find('[')));  // extras are deprecated and ignored
    const auto colon = value.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    EntryPoint result{std::string(name), std::string(trim(value.substr(0, colon))),
                      std::string(trim(value.substr(colon + 1)))};
    if (!is_dotted_identifier(result.module) || !is_dotted_identifier(result.attribute))
        return std::nullopt;
    return result;
}

Result<std::vector<EntryPoint>> parse_entry_points(std::string_view text,
                                                   std::string_view distribution) {
    std::vector<EntryPoint> result;
    bool scripts = false;
    for (const auto whole_line : split_lines(text)) {
        const auto line = trim(whole_line);
        if (line.empty() || line.front() == '#' || line.front() == ';') continue;
        if (line.front() == '[') {
            const auto group = trim(line.substr(1, line.find(']') - 1));
            scripts = group == "console_scripts" || group == "gui_scripts";
            continue;
        }
        if (!scripts) continue;
        const auto equals = line.find('=');
        const auto name = trim(line.substr(0, equals));
        auto entry_point = equals == std::string_view::npos
                               ? std::nullopt
                               : parse_object_reference(name, line.substr(equals + 1));
        if (!entry_point || !is_script_name(name))
            return fail("wheel/invalid", "the entry point `{}` of {} cannot be made into a script",
                        printable(line), distribution)
                .hint(
                    "it should read `name = module:function`; use another version of the package");
        // The specification makes names unique; with a repeated one the last counts, as in
        // configparser without `strict`.
        std::erase_if(result,
                      [&](const EntryPoint& other) { return other.name == entry_point->name; });
        result.push_back(std::move(*entry_point));
    }
    return result;
}

std::string launcher(const Scheme& scheme, const EntryPoint& entry_point) {
    const auto first = entry_point.attribute.substr(0, entry_point.attribute.find('.'));
    return fmt::format(
        "{}"
        "import sys\n"
        "from {} import {}\n"
        "if __name__ == \"__main__\":\n"
        "    sys.exit({}())\n",
        scheme.shebang(), entry_point.module, first, entry_point.attribute);
}

std::vector<archive::FileEntry> console_scripts(const Scheme& scheme,
                                                std::span<const EntryPoint> entry_points,
                                                std::int64_t mtime) {
    std::vector<archive::FileEntry> files;
    for (const auto& entry_point : entry_points)
        files.push_back(archive::text_entry(scheme.scripts() + "/" + entry_point.name,
                                            launcher(scheme, entry_point), mtime, 0755));
    return files;
}

}  // namespace pycontainer::install
