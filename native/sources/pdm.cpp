#include "base/strings.hpp"
#include "packaging/names.hpp"
#include "project/source_view.hpp"
#include "sources/backend.hpp"
#include "sources/license_files.hpp"
#include "sources/path_patterns.hpp"
#include "sources/project_table.hpp"
#include "sources/script_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

// pdm-backend: `[tool.pdm.build]` (its documentation, "Build Configuration").

namespace pycontainer::sources {
namespace {

const Json* build_setting(const Project& project, std::string_view key) {
    return value_at(project.pyproject, fmt::format("/tool/pdm/build/{}", key));
}
std::vector<std::string> build_list(const Project& project, std::string_view key) {
    const auto* value = build_setting(project, key);
    return value ? texts_of(*value) : std::vector<std::string>();
}
std::string version_setting(const Project& project, std::string_view key) {
    return text_at(project.pyproject, fmt::format("/tool/pdm/version/{}", key)).value_or("");
}

std::string without_slash(std::string path) {
    while (path.size() > 1 && path.ends_with('/')) path.pop_back();
    return path;
}

/// How many parts a pattern has, and how few wildcards: the heavier one wins over the other.
std::pair<std::size_t, int> weight(std::string_view pattern) {
    std::size_t parts = 0;
    int wildcards = 0;
    for (const auto part : split(pattern, '/')) {
        if (part.empty() || part == ".") continue;
        ++parts;
        if (part == "**")
            wildcards += 2;
        else if (part.find_first_of("*?[") != std::string_view::npos)
            wildcards += 1;
    }
    return {parts, -wildcards};
}

/// Paths, and the patterns they come from.
using Globbed = std::map<std::string, std::string>;

Globbed expand(const Tree& tree, const std::set<std::string>& patterns) {
    Globbed result;
    for (const auto& pattern : patterns)
        for (const auto& path : glob_paths(tree, pattern)) result[path] = pattern;
    return result;
}

class Wheel {
public:
    Wheel(const Project& project, const CoreMetadata& metadata)
        : project_(project), tree_(project.tree), metadata_(metadata) {}

    Result<std::vector<TreeFile>> files() {
        package_dir_ = find_package_dir();
        collect();
        add_version_file();
        PYC_TRY(add_data());
        return std::move(files_);
    }

private:
    std::string find_package_dir() const {
        if (const auto* named = build_setting(project_, "package-dir"); named && named->is_string())
            return normalize_path(named->get<std::string>()).value_or("");
        const auto includes = build_list(project_, "includes");
        const auto excludes = build_list(project_, "excludes");
        const auto is_left_out = [&](std::string_view name) {
            return std::find(excludes.begin(), excludes.end(), name) != excludes.end();
        };
        const bool names_src = std::any_of(includes.begin(), includes.end(), [](const auto& each) {
            const auto plain = each.starts_with("./") ? each.substr(2) : each;
            return plain == "src" || plain.starts_with("src/");
        });
        if ((tree_.has_directory("src") && includes.empty()) ||
            (names_src && !is_left_out("src") && !is_left_out("src/")))
            return "src";
        return "";
    }

    std::set<std::string> include_patterns() const {
        const auto includes = build_list(project_, "includes");
        std::set<std::string> patterns(includes.begin(), includes.end());
        if (!patterns.empty()) return patterns;
        for (const auto& name : tree_.directories_in(package_dir_)) {
            const auto path = project::join_path(package_dir_, name);
            if (tree_.has_file(path + "/__init__.py")) patterns.insert(path);
        }
        if (patterns.empty()) patterns.insert(project::join_path(package_dir_, "*.py"));
        return patterns;
    }

    void collect() {
        auto includes_by = include_patterns();
        std::set<std::string> excludes_by{".pdm-build"};
        for (const auto& each : build_list(project_, "excludes")) excludes_by.insert(each);
        auto sources = build_list(project_, "source-includes");
        if (sources.empty()) sources = {"tests"};
        includes_by.insert(sources.begin(), sources.end());
        excludes_by.insert(sources.begin(), sources.end());

        const auto includes = expand(tree_, includes_by);
        auto excludes = expand(tree_, excludes_by);
        std::vector<std::string> wanted;
        for (const auto& [path, pattern] : includes) {
            if (const auto other = excludes.find(path); other != excludes.end()) {
                if (weight(pattern) <= weight(other->second)) continue;
                excludes.erase(other);
            }
            wanted.push_back(path);
        }
        for (const auto& path : wanted) {
            if (const auto* file = tree_.find(path)) {
                add(*file);
                continue;
            }
            for (const auto& file : tree_.below(path))
                if (!is_excluded(file.path, excludes)) add(file);
        }
    }

    static bool is_excluded(const std::string& path, const Globbed& excludes) {
        return std::any_of(excludes.begin(), excludes.end(), [&](const auto& each) {
            return path == each.first || path.starts_with(each.first + "/");
        });
    }

    void add(const TreeFile& file) {
        auto path = file.path;
        if (!package_dir_.empty() && path.starts_with(package_dir_ + "/"))
            path = path.substr(package_dir_.size() + 1);
        files_.push_back({std::move(path), file.executable, file.content});
    }

    /// `write_to`: the version of the repository, in a file of the package.
    void add_version_file() {
        const auto file = normalize_path(version_setting(project_, "write_to")).value_or("");
        if (file.empty() || version_setting(project_, "source") != "scm") return;
        auto text = version_setting(project_, "write_template");
        if (text.empty()) text = "{}\n";
        files_.push_back({file, false, replace_all(text, "{}", metadata_.version)});
    }

    Result<void> add_data() {
        const auto* data = build_setting(project_, "wheel-data");
        if (!data || !data->is_object()) return {};
        for (const auto& [scheme, entries] : data->items())
            for (const auto& entry : entries) {
                const auto pattern = entry.is_string() ? entry.get<std::string>()
                                                       : string_member(entry, "path").value_or("");
                const auto base = string_member(entry, "relative-to");
                for (const auto* file : glob_files(tree_, pattern, Hidden::Yes)) {
                    auto path = std::string(project::file_name(file->path));
                    if (base)
                        path = std::filesystem::path(file->path)
                                   .lexically_relative(without_slash(*base))
                                   .string();
                    path = fmt::format("{}.data/{}/{}", metadata_.file_stem(), scheme, path);
                    if (scheme == "scripts") {
                        PYC_TRY_ASSIGN(auto script, script_entry(*file, std::move(path)));
                        files_.push_back(std::move(script));
                    } else {
                        files_.push_back({std::move(path), file->executable, file->content});
                    }
                }
            }
        return {};
    }

    const Project& project_;
    const Tree& tree_;
    const CoreMetadata& metadata_;
    std::string package_dir_;
    std::vector<TreeFile> files_;
};

Result<void> check_hooks(const Project& project) {
    const auto* hook = build_setting(project, "custom-hook");
    const auto script = hook && hook->is_string() ? hook->get<std::string>() : "pdm_build.py";
    if (project.tree.has_file(script))
        return needs_build(fmt::format("the build hook `{}` has to be run", printable(script, 80)));
    const auto* setuptools = build_setting(project, "run-setuptools");
    if (setuptools && setuptools->is_boolean() && setuptools->get<bool>())
        return needs_build("setuptools builds its extension modules");
    for (const auto& requirement : texts_at(project.pyproject, "/build-system/requires")) {
        const auto name = packaging::normalize_name(requirement);
        if (name.starts_with("pdm-build-"))
            return needs_build(
                fmt::format("the build hook `{}` has to be run", printable(requirement, 80)));
    }
    return {};
}

Result<CoreMetadata> metadata_of(const Project& project) {
    PYC_TRY(check_hooks(project));
    PYC_TRY_ASSIGN(auto metadata, read_project_table(project.tree, project.pyproject));
    const auto source = version_setting(project, "source");
    const auto path = version_setting(project, "path");
    if (metadata.version.empty() && project.hints.known.empty()) {
        if (source == "call" && !project.tree.has_file("PKG-INFO"))
            return needs_build("the version is computed by a function");
        if ((source.empty() || source == "file") && !path.empty())
            if (const auto found = version_line_in(project.tree, path)) {
                PYC_TRY_ASSIGN(metadata.version, normalize_version(*found));
            }
    }
    if (!value_at(project.pyproject, "/project/license-files")) {
        metadata.license_files =
            find_license_files(project.tree, {"LICEN[CS]E*", "COPYING*", "NOTICE*"});
        if (const auto file = text_at(project.pyproject, "/project/license/file"))
            metadata.license_files = {*file};
    }
    return metadata;
}

Result<std::vector<TreeFile>> files_of(const Project& project, const CoreMetadata& metadata) {
    return Wheel(project, metadata).files();
}

}  // namespace

const Backend kPdm{"pdm-backend", metadata_of, files_of};

}  // namespace pycontainer::sources
