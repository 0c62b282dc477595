#include "sources/license_files.hpp"

#include "sources/path_patterns.hpp"

#include <set>

namespace pycontainer::sources {

std::vector<std::string> find_license_files(const Tree& tree,
                                            const std::vector<std::string>& patterns) {
    std::set<std::string> found;
    for (const auto& pattern : patterns)
        for (const auto* file : glob_files(tree, pattern)) found.insert(file->path);
    return {found.begin(), found.end()};
}

std::vector<TreeFile> license_entries(const Tree& tree, const CoreMetadata& metadata) {
    std::vector<TreeFile> entries;
    for (const auto& path : metadata.license_files)
        if (const auto* file = tree.find(path))
            entries.push_back({metadata.file_stem() + ".dist-info/licenses/" + path,
                               file->executable, file->content});
    return entries;
}

}  // namespace pycontainer::sources
