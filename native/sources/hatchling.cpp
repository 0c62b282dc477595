#include "base/file.hpp"
#include "base/strings.hpp"
#include "packaging/requirement.hpp"
#include "project/source_view.hpp"
#include "project/vcs.hpp"
#include "sources/backend.hpp"
#include "sources/license_files.hpp"
#include "sources/path_patterns.hpp"
#include "sources/project_table.hpp"
#include "sources/script_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

// Hatchling: `[tool.hatch.build]`, and `[tool.hatch.build.targets.wheel]` over it (Hatch's
// documentation, "Build configuration" and "Wheel builder").

namespace pycontainer::sources {
namespace {

constexpr std::array<std::string_view, 11> kExcludedDirectories = {
    "__pycache__", ".venv", ".git",        ".hg",           ".hatch",     ".tox",
    ".nox",        ".pixi", ".ruff_cache", ".pytest_cache", ".mypy_cache"};

bool is_in_excluded_directory(std::string_view path) {
    const auto parts = split(path, '/');
    return std::any_of(parts.begin(), parts.end() - 1, [](std::string_view part) {
        return std::find(kExcludedDirectories.begin(), kExcludedDirectories.end(), part) !=
               kExcludedDirectories.end();
    });
}

bool is_excluded_file(std::string_view path) {
    const auto name = project::file_name(path);
    return name == ".DS_Store" || name == ".git" || is_in_excluded_directory(path);
}

/// As in file names: everything but letters, digits, `_` and `.` becomes `_`.
std::string file_name_component(std::string_view name) {
    std::string result;
    for (const char c : name) {
        const bool is_word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                             (c >= '0' && c <= '9') || c == '_' || c == '.';
        if (is_word)
            result += c;
        else if (result.empty() || result.back() != '_')
            result += '_';
    }
    return result;
}

/// Sources and where they go, `sources` and `force-include`.
using Mapping = std::vector<std::pair<std::string, std::string>>;

class Wheel {
public:
    Wheel(const Project& project, const CoreMetadata& metadata)
        : project_(project), tree_(project.tree), metadata_(metadata) {}

    Result<std::vector<TreeFile>> files() {
        PYC_TRY(check_hooks());
        PYC_TRY(select());
        read_excludes();
        PYC_TRY_ASSIGN(forced_, mapping("force-include"));
        read_sources();
        for (const auto& [source, target] : forced_)
            reserved_.insert(distributed(normalize_path(source).value_or("")));
        if (only_include_.empty())
            add_project_files();
        else
            for (const auto& path : only_include_) PYC_TRY(add_explicit(path, path, ""));
        for (const auto& [source, target] : forced_) PYC_TRY(add_forced(source, target));
        PYC_TRY(add_shared());
        return std::move(files_);
    }

private:
    /// The target's own setting, else the one of all targets.
    const Json* setting(std::string_view name) const {
        const auto* own =
            value_at(project_.pyproject, fmt::format("/tool/hatch/build/targets/wheel/{}", name));
        return own ? own : value_at(project_.pyproject, fmt::format("/tool/hatch/build/{}", name));
    }
    std::vector<std::string> list(std::string_view name) const {
        const auto* value = setting(name);
        return value ? texts_of(*value) : std::vector<std::string>();
    }
    bool flag(std::string_view name) const {
        const auto* value = setting(name);
        return value && value->is_boolean() && value->get<bool>();
    }

    /// Hooks run code. Those that only write the version's file have done so in an sdist.
    Result<void> check_hooks() {
        for (const auto* pointer :
             {"/tool/hatch/build/hooks", "/tool/hatch/build/targets/wheel/hooks"}) {
            const auto* hooks = value_at(project_.pyproject, pointer);
            if (!hooks || !hooks->is_object()) continue;
            for (const auto& [name, hook] : hooks->items()) {
                if (!bool_member(hook, "enable-by-default").value_or(true)) continue;
                const auto file = string_member(hook, name == "vcs" ? "version-file" : "path");
                if ((name != "vcs" && name != "version") || !file)
                    return needs_build(
                        fmt::format("the build hook `{}` has to be run", printable(name, 60)));
                if (!tree_.has_file(*file))
                    return needs_build(fmt::format("the build hook `{}` writes `{}`", name,
                                                   printable(*file, 120)));
                artifacts_.add({"/" + *file});
            }
        }
        return {};
    }

    /// "Default file selection", if nothing is selected.
    Result<void> select() {
        include_ = list("include");
        packages_ = normalized(list("packages"));
        only_include_ = normalized(list("only-include"));
        artifacts_.add(list("artifacts"));
        if (include_.empty() && packages_.empty() && only_include_.empty()) PYC_TRY(guess());
        if (only_include_.empty()) only_include_ = packages_;
        return {};
    }

    static std::vector<std::string> normalized(const std::vector<std::string>& paths) {
        std::vector<std::string> result;
        for (auto path : paths) {
            while (path.starts_with('/')) path.erase(0, 1);
            if (const auto normal = normalize_path(path)) result.push_back(*normal);
        }
        return result;
    }

    Result<void> guess() {
        for (const auto& name : {file_name_component(metadata_.name),
                                 file_name_component(metadata_.normalized_name())}) {
            if (tree_.has_file(name + "/__init__.py")) return use_package(name);
            if (tree_.has_file("src/" + name + "/__init__.py")) return use_package("src/" + name);
            if (tree_.has_file(name + ".py")) {
                only_include_ = {name + ".py"};
                return {};
            }
            std::vector<std::string> namespaces;
            for (const auto& directory : tree_.directories_in(""))
                if (!directory.starts_with('.') &&
                    tree_.has_file(directory + "/" + name + "/__init__.py"))
                    namespaces.push_back(directory);
            if (namespaces.size() == 1) return use_package(namespaces.front());
        }
        const auto* forced = setting("force-include");
        if (flag("bypass-selection") || (forced && forced->is_object() && !forced->empty())) {
            exclude_all_ = true;
            return {};
        }
        return fail("sources/file-not-found",
                    "Hatchling finds no package that is named like the project `{}`",
                    metadata_.name)
            .hint("name it: `packages = [\"src/…\"]` in `[tool.hatch.build.targets.wheel]`");
    }
    Result<void> use_package(const std::string& path) {
        packages_ = {path};
        return {};
    }

    void read_excludes() {
        excludes_.add({"*.py[cdo]", "/dist"});
        if (!flag("ignore-vcs"))
            if (const auto text = vcs_excludes()) excludes_.add_file(*text);
        excludes_.add(list("exclude"));
        includes_.add(include_);
        for (const auto& package : packages_) includes_.add({"/" + package + "/"});
    }

    /// The first `.gitignore` from the project up to the repository's root; its patterns count from
    /// the project on.
    std::optional<std::string> vcs_excludes() const {
        if (auto own = tree_.read(".gitignore")) return own;
        if (tree_.directory().empty()) return std::nullopt;
        const auto repository = project::find_git(tree_.directory());
        if (!repository) return std::nullopt;
        std::error_code error;
        for (auto directory = std::filesystem::absolute(tree_.directory()).lexically_normal();
             directory != repository->worktree && directory.has_relative_path();) {
            directory = directory.parent_path();
            if (!std::filesystem::is_regular_file(directory / ".gitignore", error)) continue;
            auto text = read_file(directory / ".gitignore");
            return text ? std::optional(std::move(*text)) : std::nullopt;
        }
        return std::nullopt;
    }

    void read_sources() {
        const auto add = [&](const std::string& source, const std::string& target) {
            const auto normal = normalize_path(source).value_or("");
            sources_[normal.empty() ? "" : normal + "/"] = target;
        };
        if (const auto* sources = setting("sources"); sources && sources->is_object()) {
            for (const auto& [source, target] : sources->items()) {
                const auto to = normalize_path(target.is_string() ? target.get<std::string>() : "")
                                    .value_or("");
                add(source, to.empty() ? "" : to + "/");
            }
        } else {
            for (const auto& source : list("sources")) add(source, "");
        }
        for (const auto& package : packages_) {
            const auto parent = std::string(project::parent_path(package));
            if (!parent.empty() && !sources_.contains(package + "/")) sources_[parent + "/"] = "";
        }
    }

    /// Where a path of the project goes in the wheel.
    std::string distributed(const std::string& path) const {
        for (const auto& [source, target] : sources_)
            if (path.starts_with(source)) return target + path.substr(source.size());
        return path;
    }

    Result<Mapping> mapping(std::string_view name) const {
        Mapping result;
        const auto* table = setting(name);
        if (!table || !table->is_object()) return result;
        for (const auto& [source, target] : table->items()) {
            const auto from = normalize_path(source);
            auto to = target.is_string() ? target.get<std::string>() : std::string();
            while (to.starts_with('/')) to.erase(0, 1);
            const auto normal = normalize_path(to);
            if (!from || !normal)
                return needs_build(fmt::format("`{}` takes `{}` from outside the project", name,
                                               printable(source, 120)));
            result.emplace_back(*from, *normal);
        }
        return result;
    }

    bool is_artifact(const std::string& path) const { return artifacts_.matches(path); }
    bool is_excluded(const std::string& path) const {
        return exclude_all_ || excludes_.matches(path);
    }
    bool is_in_package(const std::string& path) const {
        if (!flag("only-packages")) return true;
        const auto parent = std::string(project::parent_path(path));
        return tree_.has_file(project::join_path(parent, "__init__.py"));
    }
    bool takes(const std::string& path, bool is_explicit) const {
        return is_artifact(path) || (is_in_package(path) && !is_excluded(path) &&
                                     (is_explicit || includes_.empty() || includes_.matches(path)));
    }

    void add(const TreeFile& file, std::string path) {
        files_.push_back({std::move(path), file.executable, file.content});
    }

    void add_project_files() {
        for (const auto& file : tree_.files()) {
            if (is_excluded_file(file.path)) continue;
            const auto path = distributed(file.path);
            if (!reserved_.contains(path) && !is_below_reserved(file.path) &&
                takes(file.path, false))
                add(file, path);
        }
    }
    bool is_below_reserved(const std::string& path) const {
        return std::any_of(reserved_.begin(), reserved_.end(),
                           [&](const auto& each) { return path.starts_with(each + "/"); });
    }

    /// A file, or the files of a directory, that a setting names; `prefix` goes before their paths.
    Result<void> add_explicit(const std::string& source, const std::string& target,
                              const std::string& prefix) {
        if (const auto* file = tree_.find(source)) {
            const auto path = distributed(target);
            if (!reserved_.contains(path)) add(*file, prefix + path);
            return {};
        }
        for (const auto& file : tree_.below(source)) {
            const auto inner = source.empty() ? file.path : file.path.substr(source.size() + 1);
            const auto relative = project::join_path(target, inner);
            const auto path = distributed(relative);
            if (!is_excluded_file(inner) && !reserved_.contains(path) && takes(relative, true))
                add(file, prefix + path);
        }
        return {};
    }

    Result<void> add_forced(const std::string& source, const std::string& target) {
        if (const auto* file = tree_.find(source)) {
            add(*file, distributed(target));
            return {};
        }
        const auto below = tree_.below(source);
        if (below.empty())
            return fail("sources/file-not-found",
                        "`{}`, which `force-include` names, is not in the project",
                        printable(source, 120))
                .hint("correct `[tool.hatch.build.targets.wheel.force-include]`");
        for (const auto& file : below) {
            const auto inner = source.empty() ? file.path : file.path.substr(source.size() + 1);
            const auto path = distributed(project::join_path(target, inner));
            if (!is_excluded_file(inner) && !reserved_.contains(path)) add(file, path);
        }
        return {};
    }

    /// `shared-data`, `shared-scripts` and `extra-metadata` are settings of the target alone.
    Result<void> add_shared() {
        const auto data = metadata_.file_stem() + ".data/";
        const auto info = metadata_.file_stem() + ".dist-info/";
        for (const auto& [name, prefix] :
             {std::pair<std::string_view, std::string>{"shared-data", data + "data/"},
              {"shared-scripts", data + "scripts/"},
              {"extra-metadata", info + "extra_metadata/"}}) {
            PYC_TRY_ASSIGN(const auto wanted, mapping(name));
            const auto first = files_.size();
            for (const auto& [source, target] : wanted)
                PYC_TRY(add_explicit(source, target, prefix));
            if (name != "shared-scripts") continue;
            for (auto i = first; i < files_.size(); ++i) {
                PYC_TRY_ASSIGN(files_[i], script_entry(files_[i], files_[i].path));
            }
        }
        for (const auto& path : list("sbom-files"))
            if (const auto* file = tree_.find(path))
                add(*file, info + "sboms/" + std::string(project::file_name(path)));
        return {};
    }

    const Project& project_;
    const Tree& tree_;
    const CoreMetadata& metadata_;
    std::vector<std::string> include_;
    std::vector<std::string> packages_;
    std::vector<std::string> only_include_;
    PathPatterns includes_;
    PathPatterns excludes_;
    PathPatterns artifacts_;
    bool exclude_all_ = false;
    std::map<std::string, std::string> sources_;
    Mapping forced_;
    std::set<std::string> reserved_;
    std::vector<TreeFile> files_;
};

/// `[tool.hatch.version]`, where the version is written in a file.
Result<void> add_version(const Project& project, CoreMetadata& metadata) {
    if (!metadata.version.empty() || !project.hints.known.empty()) return {};
    const auto table = "/tool/hatch/version";
    const auto source = text_at(project.pyproject, std::string(table) + "/source");
    const auto path = text_at(project.pyproject, std::string(table) + "/path");
    if (!path || source.value_or("regex") == "vcs") return {};
    std::optional<std::string> found;
    if (source.value_or("regex") == "code") {
        const auto name = text_at(project.pyproject, std::string(table) + "/expression");
        found = literal_in(project.tree, *path, name.value_or("__version__"));
    } else if (!text_at(project.pyproject, std::string(table) + "/pattern")) {
        found = version_line_in(project.tree, *path);
    } else {
        for (const auto* name : {"__version__", "VERSION", "version", "_version"})
            if (!found) found = literal_in(project.tree, *path, name);
    }
    if (found) {
        PYC_TRY_ASSIGN(metadata.version, normalize_version(*found));
    }
    return {};
}

/// Extras that name others of the project (`all = ["app[cli,web]"]`) get what those have instead.
void inherit_extras(CoreMetadata& metadata) {
    std::map<std::string, std::set<std::string>> inherited;
    for (auto& [extra, requirements] : metadata.extras)
        std::erase_if(requirements, [&, &heir = extra](const std::string& text) {
            const auto requirement = packaging::Requirement::parse(text);
            if (!requirement || requirement->normalized_name() != metadata.normalized_name())
                return false;
            for (auto& each : requirement->normalized_extras())
                inherited[heir].insert(std::move(each));
            return true;
        });
    const auto own = metadata.extras;
    for (auto& [extra, others] : inherited) {
        std::set<std::string> seen{extra};
        std::vector<std::string> waiting(others.begin(), others.end());
        auto& requirements = metadata.extras[extra];
        while (!waiting.empty()) {
            const auto next = std::move(waiting.back());
            waiting.pop_back();
            if (!seen.insert(next).second) continue;
            if (const auto found = own.find(next); found != own.end())
                requirements.insert(requirements.end(), found->second.begin(), found->second.end());
            if (const auto more = inherited.find(next); more != inherited.end())
                waiting.insert(waiting.end(), more->second.begin(), more->second.end());
        }
        std::sort(requirements.begin(), requirements.end());
        requirements.erase(std::unique(requirements.begin(), requirements.end()),
                           requirements.end());
    }
}

Result<CoreMetadata> metadata_of(const Project& project) {
    PYC_TRY_ASSIGN(auto metadata, read_project_table(project.tree, project.pyproject));
    PYC_TRY(add_version(project, metadata));
    inherit_extras(metadata);
    if (!value_at(project.pyproject, "/project/license-files"))
        metadata.license_files =
            find_license_files(project.tree, {"LICEN[CS]E*", "COPYING*", "NOTICE*", "AUTHORS*"});
    return metadata;
}

Result<std::vector<TreeFile>> files_of(const Project& project, const CoreMetadata& metadata) {
    return Wheel(project, metadata).files();
}

}  // namespace

const Backend kHatchling{"hatchling", metadata_of, files_of};

}  // namespace pycontainer::sources
