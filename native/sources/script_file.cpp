#include "sources/script_file.hpp"

#include <algorithm>

namespace pycontainer::sources {

Result<TreeFile> script_entry(const TreeFile& file, std::string path) {
    constexpr std::string_view kVersionCharacters = "0123456789.";
    PYC_TRY_ASSIGN(auto text, read_content(file.content));
    TreeFile entry{std::move(path), true, file.content};
    const auto line = std::string_view(text).substr(0, text.find('\n'));
    if (!line.starts_with("#!")) return entry;
    for (const std::string_view name : {"pythonw", "python", "pypyw", "pypy"}) {
        const auto found = line.rfind(name);
        if (found == std::string_view::npos) continue;
        auto rest = found + name.size();
        rest = std::min(line.find_first_not_of(kVersionCharacters, rest), line.size());
        entry.content = "#!python" + text.substr(rest);
        break;
    }
    return entry;
}

}  // namespace pycontainer::sources
