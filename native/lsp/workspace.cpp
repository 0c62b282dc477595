#include "lsp/workspace.hpp"

#include "base/file.hpp"
#include "lsp/protocol.hpp"

#include <algorithm>
#include <system_error>

namespace pycontainer::lsp {
namespace {

constexpr int kMaxDepth = 4;
constexpr std::size_t kMaxProjects = 200;
constexpr std::size_t kMaxEntries = 20'000;
constexpr std::uint64_t kMaxFile = 1U << 20U;

bool has_configuration(const std::filesystem::path& directory) {
    std::error_code error;
    if (std::filesystem::is_regular_file(directory / "pycontainer.toml", error)) return true;
    const auto text = read_file(directory / "pyproject.toml", kMaxFile);
    return text && text->find("tool.pycontainer") != std::string::npos;
}

class Search {
public:
    std::vector<std::filesystem::path> found;

    void look(const std::filesystem::path& directory, int depth) {
        if (found.size() >= kMaxProjects) return;
        if (has_configuration(directory)) found.push_back(directory);
        if (depth >= kMaxDepth) return;
        std::vector<std::filesystem::path> below;
        std::error_code error;
        for (auto entry = std::filesystem::directory_iterator(directory, error);
             !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
            if (++entries_ > kMaxEntries) return;
            std::error_code ignored;
            const auto name = entry->path().filename().string();
            if (name.starts_with('.') || name == "node_modules" || name == "__pycache__" ||
                entry->is_symlink(ignored) || !entry->is_directory(ignored) ||
                std::filesystem::exists(entry->path() / "pyvenv.cfg", ignored))
                continue;
            below.push_back(entry->path());
        }
        std::sort(below.begin(), below.end());
        for (const auto& path : below) look(path, depth + 1);
    }

private:
    std::size_t entries_ = 0;
};

}  // namespace

std::vector<std::filesystem::path> folders_of(const Json& params) {
    std::vector<std::filesystem::path> folders;
    const auto add = [&](const Json& holder, const char* key) {
        const auto uri = string_member(holder, key);
        const auto path = uri ? path_of_uri(*uri) : std::nullopt;
        if (path) folders.emplace_back(*path);
    };
    if (const auto* list = member(params, "workspaceFolders"); list && list->is_array())
        for (const auto& folder : *list) add(folder, "uri");
    if (folders.empty()) add(params, "rootUri");
    return folders;
}

std::vector<std::filesystem::path> find_projects(
    const std::vector<std::filesystem::path>& folders) {
    Search search;
    for (const auto& folder : folders) search.look(folder, 0);
    std::sort(search.found.begin(), search.found.end());
    search.found.erase(std::unique(search.found.begin(), search.found.end()), search.found.end());
    return std::move(search.found);
}

}  // namespace pycontainer::lsp
