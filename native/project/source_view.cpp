#include "project/source_view.hpp"

#include "base/file.hpp"

#include <algorithm>

namespace pycontainer::project {
namespace {

constexpr std::uint64_t kMaxSource = 2U << 20U;

}  // namespace

bool SourceView::has_directory(std::string_view path) const {
    return std::binary_search(tree_->directories.begin(), tree_->directories.end(), path);
}

bool SourceView::has_module(std::string_view root, std::string_view name) const {
    const auto path = join_path(root, name);
    if (has_file(path + ".py") || has_file(path + "/__init__.py")) return true;
    if (!has_directory(path)) return false;
    // A namespace package: some Python directly in it.
    const auto start = path + "/";
    for (auto file = std::lower_bound(tree_->files.begin(), tree_->files.end(), start,
                                      [](const auto&a, const auto&b) { return a.path < b; });
         file != tree_->files.end() && file->path.starts_with(start); ++file)
        if (file->path.ends_with(".py")) return true;
    return false;
}

std::optional<std::string> SourceView::read(std::string_view path) const {
    const auto* file = tree_->find(path);
    if (!file || file->is_symlink || file->size > kMaxSource) return std::nullopt;
    auto text = read_file(root_ / path, kMaxSource);
    if (!text) return std::nullopt;
    return std::move(*text);
}

std::string join_path(std::string_view directory, std::string_view name) {
    std::string path(directory);
    if (!path.empty()) path += '/';
    return path += name;
}

std::string_view parent_path(std::string_view path) {
    const auto slash = path.rfind('/');
    return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

std::string_view file_name(std::string_view path) {
    return path.substr(path.rfind('/') + 1);  // npos + 1 is 0
}

}  // namespace pycontainer::project
