#include "archive/file_entry.hpp"

#include <algorithm>
#include <set>

namespace pycontainer::archive {

FileEntry directory_entry(std::string path, std::int64_t mtime, std::uint32_t mode) {
    FileEntry entry;
    entry.path = std::move(path);
    entry.type = FileEntry::Type::Directory;
    entry.mode = mode;
    entry.mtime = mtime;
    return entry;
}

FileEntry text_entry(std::string path, std::string content, std::int64_t mtime,
                     std::uint32_t mode) {
    FileEntry entry;
    entry.path = std::move(path);
    entry.mode = mode;
    entry.mtime = mtime;
    entry.size = content.size();
    entry.source = std::move(content);
    return entry;
}

FileEntry symlink_entry(std::string path, std::string target, std::int64_t mtime) {
    FileEntry entry;
    entry.path = std::move(path);
    entry.type = FileEntry::Type::Symlink;
    entry.mode = 0777;
    entry.mtime = mtime;
    entry.link = std::move(target);
    return entry;
}

bool is_whiteout(std::string_view path) {
    return path.starts_with(".wh.") || path.find("/.wh.") != std::string_view::npos;
}

bool path_less(std::string_view left, std::string_view right) {
    const auto rank = [](char c) {
        return c == '/' ? 0U : static_cast<unsigned>(static_cast<unsigned char>(c)) + 1U;
    };
    return std::lexicographical_compare(left.begin(), left.end(), right.begin(), right.end(),
                                        [&](char a, char b) { return rank(a) < rank(b); });
}

std::vector<std::string> missing_parents(const std::vector<std::string>& paths) {
    const std::set<std::string_view> present(paths.begin(), paths.end());
    std::set<std::string_view> parents;
    for (const std::string_view path : paths) {
        for (auto slash = path.rfind('/'); slash != std::string_view::npos;
             slash = path.rfind('/', slash - 1)) {
            const auto parent = path.substr(0, slash);
            if (parent.empty() || !parents.insert(parent).second)
                break;  // its own parents are in already
        }
    }
    std::vector<std::string> result;
    for (const auto parent : parents)
        if (!present.contains(parent)) result.emplace_back(parent);
    std::sort(result.begin(), result.end(), path_less);
    return result;
}

}  // namespace pycontainer::archive
