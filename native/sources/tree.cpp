#include "sources/tree.hpp"

#include "base/file.hpp"
#include "base/strings.hpp"
#include "project/source_view.hpp"

#include <algorithm>

namespace pycontainer::sources {
namespace {

constexpr std::uint64_t kMaxText = 16U << 20U;

bool path_less(const TreeFile& file, std::string_view path) {
    return file.path < path;
}

/// The file that a link of the tree leads to, through other links if need be.
const project::SourceFile* target_of(const project::SourceTree& tree,
                                     const project::SourceFile& link) {
    constexpr int kMaxLinks = 16;
    const auto* file = &link;
    for (int i = 0; i < kMaxLinks && file->is_symlink; ++i) {
        const auto target =
            normalize_path(project::join_path(project::parent_path(file->path), file->link));
        file = target ? tree.find(*target) : nullptr;
        if (!file) return nullptr;
    }
    return file->is_symlink ? nullptr : file;
}

}  // namespace

Result<std::string> read_content(const Content& content, std::uint64_t limit) {
    if (const auto* path = std::get_if<std::filesystem::path>(&content))
        return read_file(*path, limit);
    return std::get<std::string>(content);
}

std::optional<std::string> normalize_path(std::string_view path) {
    if (path.starts_with('/')) return std::nullopt;
    std::vector<std::string> parts;
    for (const auto part : split(path, '/')) {
        if (part.empty() || part == ".") continue;
        if (part != "..") {
            parts.emplace_back(part);
            continue;
        }
        if (parts.empty()) return std::nullopt;
        parts.pop_back();
    }
    return join(parts, "/");
}

Tree::Tree(std::vector<TreeFile> files) : files_(std::move(files)) {
    std::stable_sort(files_.begin(), files_.end(),
                     [](const auto& a, const auto& b) { return a.path < b.path; });
    // The last of equal ones is kept: reversed, it is the first.
    const auto kept = std::unique(files_.rbegin(), files_.rend(),
                                  [](const auto& a, const auto& b) { return a.path == b.path; });
    files_.erase(files_.begin(), kept.base());
}

Result<Tree> Tree::read_directory(const exec::Context& ctx,
                                  const std::filesystem::path& directory) {
    PYC_TRY_ASSIGN(const auto scanned, project::scan_sources(ctx, scan_of(directory)));
    return of_scan(directory, scanned);
}

project::ScanRequest Tree::scan_of(const std::filesystem::path& directory) {
    return {.directory = directory, .include = {"*"}, .exclude = {}, .output_directory = {}};
}

Tree Tree::of_scan(const std::filesystem::path& directory, const project::SourceTree& scanned) {
    std::vector<TreeFile> files;
    files.reserve(scanned.files.size());
    for (const auto& file : scanned.files)
        if (const auto* target = target_of(scanned, file))
            files.push_back({file.path, target->executable, directory / target->path});
    Tree tree(std::move(files));
    tree.directory_ = directory;
    return tree;
}

std::span<const TreeFile> Tree::below(std::string_view directory) const {
    const auto normal = normalize_path(directory);
    if (!normal) return {};
    if (normal->empty()) return files_;
    const auto prefix = *normal + "/";
    const auto first = std::lower_bound(files_.begin(), files_.end(), prefix, path_less);
    auto last = first;
    while (last != files_.end() && last->path.starts_with(prefix)) ++last;
    return {first, last};
}

const TreeFile* Tree::find(std::string_view path) const {
    const auto found = std::lower_bound(files_.begin(), files_.end(), path, path_less);
    return found != files_.end() && found->path == path ? &*found : nullptr;
}

std::vector<std::string> Tree::directories_in(std::string_view directory) const {
    const auto normal = normalize_path(directory).value_or("");
    const auto start = normal.empty() ? 0 : normal.size() + 1;
    std::vector<std::string> names;
    for (const auto& file : below(normal)) {
        const auto rest = std::string_view(file.path).substr(start);
        const auto slash = rest.find('/');
        if (slash == std::string_view::npos) continue;
        if (const auto name = rest.substr(0, slash); names.empty() || names.back() != name)
            names.emplace_back(name);
    }
    // `a-b/` sorts between `a/` and others, so a name can come up twice.
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
}

std::optional<std::string> Tree::read(std::string_view path) const {
    const auto* file = find(path);
    if (!file) return std::nullopt;
    auto text = read_content(file->content, kMaxText);
    return text ? std::optional(std::move(*text)) : std::nullopt;
}

Tree Tree::subtree(std::string_view directory) const {
    const auto normal = normalize_path(directory).value_or("");
    if (normal.empty()) return *this;
    std::vector<TreeFile> files;
    for (const auto& file : below(normal))
        files.push_back({file.path.substr(normal.size() + 1), file.executable, file.content});
    Tree tree(std::move(files));
    if (!directory_.empty()) tree.directory_ = directory_ / normal;
    return tree;
}

Tree Tree::with(TreeFile file) const {
    auto files = files_;
    files.push_back(std::move(file));
    Tree tree(std::move(files));
    tree.directory_ = directory_;
    return tree;
}

Result<Digest> digest_of(const exec::Context& ctx, const Tree& tree) {
    constexpr std::uint64_t kMaxContent = 1ULL << 30U;
    Sha256 hash;
    for (const auto& file : tree.files()) {
        PYC_TRY(ctx.check());
        PYC_TRY_ASSIGN(const auto content, read_content(file.content, kMaxContent));
        hash.update(
            fmt::format("{} {} {}\n", file.path, file.executable, Digest::of(content).to_string()));
    }
    return hash.finish();
}

}  // namespace pycontainer::sources
