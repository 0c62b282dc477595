#include "base/strings.hpp"
#include "project/source_view.hpp"
#include "sources/backend.hpp"
#include "sources/path_patterns.hpp"
#include "sources/project_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

// uv's build backend: `[tool.uv.build-backend]` (uv's documentation, "Build backend").

namespace pycontainer::sources {
namespace {

constexpr std::array<std::string_view, 5> kDataSchemes = {"data", "headers", "purelib", "platlib",
                                                          "scripts"};

std::string pointer(std::string_view key) {
    return fmt::format("/tool/uv/build-backend/{}", key);
}

/// What is left out. A pattern with a slash at its start means files of exactly these paths; others
/// are found anywhere, and mean what is in a directory, too.
struct Exclude {
    PathGlob glob;
    bool is_anchored = false;

    explicit Exclude(std::string_view pattern)
        : glob(pattern.starts_with('/') ? std::string(pattern) : "**/" + std::string(pattern),
               Hidden::Yes),
          is_anchored(pattern.starts_with('/')) {}
    bool fits(std::string_view path) const {
        return is_anchored ? glob.matches(path) : glob.matches_parent(path);
    }
};

std::vector<std::string> excludes_of(const Project& project) {
    std::vector<std::string> patterns;
    const auto* defaults = value_at(project.pyproject, pointer("default-excludes"));
    if (!defaults || !defaults->is_boolean() || defaults->get<bool>())
        patterns = {"__pycache__", "*.pyc", "*.pyo"};
    for (const auto* key : {"source-exclude", "wheel-exclude"})
        for (auto& each : texts_at(project.pyproject, pointer(key)))
            patterns.push_back(std::move(each));
    return patterns;
}

class Wheel {
public:
    Wheel(const Project& project, const CoreMetadata& metadata)
        : project_(project), metadata_(metadata) {
        for (const auto& pattern : excludes_of(project)) excludes_.emplace_back(pattern);
    }

    Result<std::vector<TreeFile>> files() {
        const auto root =
            normalize_path(text_at(project_.pyproject, pointer("module-root")).value_or("src"))
                .value_or("");
        const auto* namespaces = value_at(project_.pyproject, pointer("namespace"));
        const bool is_namespace = namespaces && namespaces->is_boolean() && namespaces->get<bool>();
        auto modules = texts_at(project_.pyproject, pointer("module-name"));
        if (modules.empty()) modules = {replace_all(metadata_.normalized_name(), "-", "_")};
        for (const auto& module : modules) PYC_TRY(add_module(root, module, is_namespace));
        for (const auto scheme : kDataSchemes) {
            const auto directory =
                text_at(project_.pyproject, pointer("data/" + std::string(scheme)));
            if (directory) add_data(scheme, normalize_path(*directory).value_or(""));
        }
        return std::move(files_);
    }

private:
    Result<void> add_module(const std::string& root, const std::string& module, bool is_namespace) {
        const auto path = project::join_path(root, replace_all(module, ".", "/"));
        const bool is_stub = module.ends_with("-stubs");
        const bool has_init =
            project_.tree.has_file(path + (is_stub ? "/__init__.pyi" : "/__init__.py"));
        if (project_.tree.below(path).empty() || (!has_init && !is_namespace))
            return fail("sources/file-not-found", "uv finds no `{}`",
                        printable(path + "/__init__.py", 120))
                .hint("correct `module-name` and `module-root` in `[tool.uv.build-backend]`");
        for (const auto& file : project_.tree.below(path))
            add(file, file.path.substr(root.empty() ? 0 : root.size() + 1));
        return {};
    }

    void add_data(std::string_view scheme, const std::string& directory) {
        if (directory.empty()) return;
        for (const auto& file : project_.tree.below(directory))
            add(file, fmt::format("{}.data/{}/{}", metadata_.file_stem(), scheme,
                                  file.path.substr(directory.size() + 1)));
    }

    void add(const TreeFile& file, std::string path) {
        const bool is_excluded =
            std::any_of(excludes_.begin(), excludes_.end(),
                        [&](const Exclude& each) { return each.fits(file.path); });
        if (!is_excluded) files_.push_back({std::move(path), file.executable, file.content});
    }

    const Project& project_;
    const CoreMetadata& metadata_;
    std::vector<Exclude> excludes_;
    std::vector<TreeFile> files_;
};

Result<CoreMetadata> metadata_of(const Project& project) {
    return read_project_table(project.tree, project.pyproject);
}

Result<std::vector<TreeFile>> files_of(const Project& project, const CoreMetadata& metadata) {
    return Wheel(project, metadata).files();
}

}  // namespace

const Backend kUvBuild{"uv_build", metadata_of, files_of};

}  // namespace pycontainer::sources
