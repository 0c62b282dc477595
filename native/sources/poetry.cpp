#include "base/strings.hpp"
#include "packaging/names.hpp"
#include "packaging/specifier.hpp"
#include "project/source_view.hpp"
#include "project/vcs.hpp"
#include "sources/backend.hpp"
#include "sources/license_files.hpp"
#include "sources/path_patterns.hpp"
#include "sources/poetry_requirement.hpp"
#include "sources/project_table.hpp"
#include "sources/script_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

// poetry-core: `[tool.poetry]`, beside `[project]` or without it (Poetry's documentation, "The
// pyproject.toml file").

namespace pycontainer::sources {
namespace {

const Json* poetry_setting(const Project& project, std::string_view key) {
    return value_at(project.pyproject, fmt::format("/tool/poetry/{}", key));
}
std::string poetry_text(const Project& project, std::string_view key) {
    return text_at(project.pyproject, fmt::format("/tool/poetry/{}", key)).value_or("");
}

/// "Ada <ada@example.com>".
std::vector<Person> people_of(const std::vector<std::string>& texts) {
    std::vector<Person> people;
    for (const auto& text : texts) {
        const auto open = text.find('<');
        const auto close = text.find('>', open == std::string::npos ? 0 : open);
        const std::string name(trim(std::string_view(text).substr(0, open)));
        people.push_back({name, open == std::string::npos || close == std::string::npos
                                    ? std::string()
                                    : text.substr(open + 1, close - open - 1)});
    }
    return people;
}

/// Scripts and plugins of `[tool.poetry]`.
void add_entry_points(const Project& project, CoreMetadata& metadata) {
    if (const auto* scripts = poetry_setting(project, "scripts"); scripts && scripts->is_object())
        for (const auto& [name, script] : scripts->items()) {
            auto reference = script.is_string() ? std::optional(script.get<std::string>())
                                                : string_member(script, "callable");
            if (!reference && string_member(script, "type").value_or("") == "console")
                reference = string_member(script, "reference");
            if (reference) metadata.entry_points["console_scripts"][name] = *reference;
        }
    if (const auto* groups = poetry_setting(project, "plugins"); groups && groups->is_object())
        for (const auto& [group, entries] : groups->items())
            if (entries.is_object())
                for (const auto& [name, reference] : entries.items())
                    if (reference.is_string())
                        metadata.entry_points[group][name] = reference.get<std::string>();
}

/// Names of optional dependencies and the extras that have them.
std::map<std::string, std::vector<std::string>> extras_by_dependency(const Project& project,
                                                                     CoreMetadata& metadata) {
    std::map<std::string, std::vector<std::string>> result;
    const auto* extras = poetry_setting(project, "extras");
    if (!extras || !extras->is_object()) return result;
    for (const auto& [extra, names] : extras->items()) {
        const auto normalized = packaging::normalize_name(extra);
        metadata.extras[normalized];
        for (const auto& name : texts_of(names))
            result[packaging::normalize_name(name)].push_back(normalized);
    }
    return result;
}

Result<void> add_dependencies(const Project& project, CoreMetadata& metadata) {
    const auto* table = poetry_setting(project, "dependencies");
    if (!table || !table->is_object()) return {};
    const auto extras = extras_by_dependency(project, metadata);
    for (const auto& [name, value] : table->items()) {
        if (packaging::normalize_name(name) == "python") {
            if (!value.is_string()) continue;
            PYC_TRY_ASSIGN(metadata.requires_python, to_specifiers(value.get<std::string>()));
            continue;
        }
        PYC_TRY_ASSIGN(const auto requirements, to_requirements(name, value));
        const auto in = extras.find(packaging::normalize_name(name));
        for (const auto& requirement : requirements) {
            if (in != extras.end())
                for (const auto& extra : in->second) metadata.extras[extra].push_back(requirement);
            else if (!bool_member(value, "optional").value_or(false))
                metadata.dependencies.push_back(requirement);
        }
    }
    return {};
}

Result<CoreMetadata> read_own_table(const Project& project) {
    CoreMetadata metadata;
    metadata.name = poetry_text(project, "name");
    if (!packaging::is_valid_name(metadata.name))
        return fail("sources/invalid-metadata", "`[tool.poetry]` has no `name`")
            .hint("write `name` into `[project]` or `[tool.poetry]`");
    metadata.summary = poetry_text(project, "description");
    metadata.license = poetry_text(project, "license");
    metadata.authors = people_of(texts_at(project.pyproject, "/tool/poetry/authors"));
    metadata.maintainers = people_of(texts_at(project.pyproject, "/tool/poetry/maintainers"));
    metadata.keywords = texts_at(project.pyproject, "/tool/poetry/keywords");
    metadata.classifiers = texts_at(project.pyproject, "/tool/poetry/classifiers");
    for (const auto& [key, label] : {std::pair<const char*, const char*>{"homepage", "Homepage"},
                                     {"repository", "Repository"},
                                     {"documentation", "Documentation"}})
        if (const auto url = poetry_text(project, key); !url.empty())
            metadata.urls.emplace_back(label, url);
    if (const auto* urls = poetry_setting(project, "urls"); urls && urls->is_object())
        for (const auto& [label, url] : urls->items())
            if (url.is_string()) metadata.urls.emplace_back(label, url.get<std::string>());
    PYC_TRY(add_dependencies(project, metadata));
    return metadata;
}

void add_readme(const Project& project, CoreMetadata& metadata) {
    const auto files = texts_at(project.pyproject, "/tool/poetry/readme");
    if (files.empty() || !metadata.readme.empty()) return;
    std::string text;
    for (const auto& file : files) {
        set_readme(metadata, project.tree, file);
        text += (text.empty() ? "" : "\n") + metadata.readme;
    }
    metadata.readme = text;
}

/// `[project]` that leaves fields to `[tool.poetry]`.
Result<CoreMetadata> read_both_tables(const Project& project) {
    PYC_TRY_ASSIGN(auto metadata, read_project_table(project.tree, project.pyproject));
    const bool wants_dependencies =
        metadata.is_dynamic("dependencies") || metadata.is_dynamic("optional-dependencies");
    if (wants_dependencies || !value_at(project.pyproject, "/project/dependencies")) {
        const auto requires_python = metadata.requires_python;
        PYC_TRY(add_dependencies(project, metadata));
        if (!requires_python.empty()) metadata.requires_python = requires_python;
    }
    if (metadata.summary.empty()) metadata.summary = poetry_text(project, "description");
    for (const auto* field : {"dependencies", "optional-dependencies", "requires-python", "scripts",
                              "entry-points", "gui-scripts"})
        metadata.settle(field);
    return metadata;
}

std::vector<std::string> license_files_of(const Project& project, const CoreMetadata& metadata) {
    if (value_at(project.pyproject, "/project/license-files")) return metadata.license_files;
    if (const auto file = text_at(project.pyproject, "/project/license/file")) return {*file};
    auto files =
        find_license_files(project.tree, {"COPYING*", "LICEN[SC]E*", "AUTHORS*", "NOTICE*"});
    for (const auto& file : project.tree.below("LICENSES")) files.push_back(file.path);
    return files;
}

Result<CoreMetadata> metadata_of(const Project& project) {
    CoreMetadata metadata;
    if (value_at(project.pyproject, "/project")) {
        PYC_TRY_ASSIGN(metadata, read_both_tables(project));
    } else {
        PYC_TRY_ASSIGN(metadata, read_own_table(project));
    }
    add_entry_points(project, metadata);
    add_readme(project, metadata);
    const auto version = poetry_text(project, "version");
    // With the plugin for versions of tags, what is written is only a place for them.
    const bool is_placed = value_at(project.pyproject, "/tool/poetry-dynamic-versioning/enable");
    if (metadata.version.empty() && !version.empty() && !is_placed) {
        PYC_TRY_ASSIGN(metadata.version, normalize_version(version));
    }
    metadata.license_files = license_files_of(project, metadata);
    return metadata;
}

// ---- files ----

class Wheel {
public:
    Wheel(const Project& project, const CoreMetadata& metadata)
        : project_(project), tree_(project.tree), metadata_(metadata) {}

    Result<std::vector<TreeFile>> files() {
        if (poetry_setting(project_, "build"))
            return needs_build("Poetry's build script has to be run");
        read_excludes();
        PYC_TRY_ASSIGN(const auto packages, packages_to_include());
        for (const auto& package : packages) PYC_TRY(add_package(package));
        add_includes();
        PYC_TRY(add_scripts());
        return std::move(files_);
    }

private:
    struct Package {
        std::string include;
        std::string from;
        std::string to;
    };

    static bool is_for_wheel(const Json& item, bool by_default) {
        const auto* format = member(item, "format");
        if (!format) return by_default;
        const auto formats = texts_of(*format);
        return std::find(formats.begin(), formats.end(), "wheel") != formats.end();
    }

    /// Since 2.0, `include` is for sdists if it does not say otherwise.
    bool includes_by_default() const {
        const auto version = packaging::Version::from("2.0.0");
        for (const auto& requirement : texts_at(project_.pyproject, "/build-system/requires")) {
            const auto name = requirement.substr(0, requirement.find_first_of(" <>=!~("));
            if (packaging::normalize_name(name) != "poetry-core") continue;
            const auto specifiers = packaging::SpecifierSet::parse(
                trim(std::string_view(requirement).substr(name.size())));
            return specifiers && version && !specifiers->contains(*version) &&
                   requirement.find('<') != std::string::npos;
        }
        return false;
    }

    void read_excludes() {
        if (!tree_.directory().empty() && project::find_git(tree_.directory())) {
            const VcsIgnored ignored(tree_);
            for (const auto& file : tree_.files())
                if (ignored.is_ignored(file.path)) excluded_.insert(file.path);
        }
        if (const auto* list = poetry_setting(project_, "exclude"); list && list->is_array())
            for (const auto& item : *list) {
                const auto pattern = item.is_string() ? item.get<std::string>()
                                                      : string_member(item, "path").value_or("");
                if (pattern.empty() || !is_for_wheel(item, true)) continue;
                for (const auto* file : glob_deep(tree_, pattern, Hidden::Yes))
                    excluded_.insert(file->path);
            }
        for (const auto& pattern : include_patterns())
            for (const auto* file : glob_deep(tree_, pattern, Hidden::Yes))
                excluded_.erase(file->path);
    }

    std::vector<std::string> include_patterns() const {
        std::vector<std::string> patterns;
        const auto* list = poetry_setting(project_, "include");
        if (!list || !list->is_array()) return patterns;
        const bool by_default = includes_by_default();
        for (const auto& item : *list) {
            const auto pattern = item.is_string() ? item.get<std::string>()
                                                  : string_member(item, "path").value_or("");
            if (!pattern.empty() && is_for_wheel(item, by_default)) patterns.push_back(pattern);
        }
        return patterns;
    }

    Result<std::vector<Package>> packages_to_include() const {
        std::vector<Package> packages;
        if (const auto* list = poetry_setting(project_, "packages"); list && list->is_array()) {
            for (const auto& item : *list)
                if (const auto include = string_member(item, "include");
                    include && is_for_wheel(item, true))
                    packages.push_back({*include, string_member(item, "from").value_or(""),
                                        string_member(item, "to").value_or("")});
            if (!list->empty()) return packages;
        }
        const auto name = replace_all(metadata_.normalized_name(), "-", "_");
        for (const auto* root : {"", "src"}) {
            const auto path = project::join_path(root, name);
            if (tree_.has_directory(path)) packages.push_back({name, root, ""});
            if (tree_.has_file(path + ".py")) packages.push_back({name + ".py", root, ""});
            if (packages.size() == 1) return packages;
            if (packages.size() > 1) break;
        }
        return fail("sources/file-not-found", "Poetry finds {} for the package `{}`",
                    packages.empty() ? "no file or directory" : "several files or directories",
                    name)
            .hint("name it in `packages` of `[tool.poetry]`");
    }

    void add(const TreeFile& file, std::string path) {
        if (file.path.find("__pycache__/") == std::string::npos)
            files_.push_back({std::move(path), file.executable, file.content});
    }

    Result<void> add_package(const Package& package) {
        const auto from = normalize_path(package.from).value_or("");
        const auto to = normalize_path(package.to).value_or("");
        const auto found = glob_deep(tree_, project::join_path(from, package.include), Hidden::Yes);
        if (found.empty())
            return fail("sources/file-not-found", "the package `{}` is not in the project",
                        printable(package.include, 120))
                .hint("correct `packages` in `[tool.poetry]`");
        for (const auto* file : found) {
            if (excluded_.contains(file->path)) continue;
            const auto inner = from.empty() ? file->path : file->path.substr(from.size() + 1);
            add(*file, project::join_path(to, inner));
        }
        return {};
    }

    void add_includes() {
        for (const auto& pattern : include_patterns())
            for (const auto* file : glob_deep(tree_, pattern, Hidden::Yes)) add(*file, file->path);
    }

    Result<void> add_scripts() {
        const auto* scripts = poetry_setting(project_, "scripts");
        if (!scripts || !scripts->is_object()) return {};
        for (const auto& [name, script] : scripts->items()) {
            if (string_member(script, "type").value_or("") != "file") continue;
            const auto path =
                normalize_path(string_member(script, "reference").value_or("")).value_or("");
            const auto* file = tree_.find(path);
            if (!file)
                return fail("sources/file-not-found", "the script `{}` is not in the project",
                            printable(path, 120))
                    .hint("correct `[tool.poetry.scripts]`");
            PYC_TRY_ASSIGN(auto entry, script_entry(*file, fmt::format("{}.data/scripts/{}",
                                                                       metadata_.file_stem(),
                                                                       project::file_name(path))));
            files_.push_back(std::move(entry));
        }
        return {};
    }

    const Project& project_;
    const Tree& tree_;
    const CoreMetadata& metadata_;
    std::set<std::string> excluded_;
    std::vector<TreeFile> files_;
};

Result<std::vector<TreeFile>> files_of(const Project& project, const CoreMetadata& metadata) {
    return Wheel(project, metadata).files();
}

}  // namespace

const Backend kPoetry{"poetry-core", metadata_of, files_of};

}  // namespace pycontainer::sources
