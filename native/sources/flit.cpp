#include "base/strings.hpp"
#include "packaging/names.hpp"
#include "project/source_view.hpp"
#include "sources/backend.hpp"
#include "sources/license_files.hpp"
#include "sources/project_table.hpp"

#include <fmt/format.h>

#include <algorithm>

// Flit: one module or package, whose version and summary may be its own `__version__` and
// docstring; `[project]`, or the older `[tool.flit.metadata]` (Flit's documentation, "The
// pyproject.toml config file").

namespace pycontainer::sources {
namespace {

/// The module that is installed.
struct Module {
    std::string path;  ///< the package's directory, or the module's file
    bool is_package = false;
    std::size_t root = 0;  ///< how much of the path is `src/`
};

Result<Module> find_module(const Project& project, std::string_view project_name) {
    auto name = text_at(project.pyproject, "/tool/flit/module/name");
    if (!name) name = text_at(project.pyproject, "/tool/flit/metadata/module");
    const auto wanted = name.value_or(replace_all(std::string(project_name), "-", "_"));
    const auto path = replace_all(wanted, ".", "/");
    std::vector<Module> found;
    for (const std::string_view root : {"", "src/"}) {
        const auto place = std::string(root) + path;
        if (project.tree.has_directory(place)) found.push_back({place, true, root.size()});
        if (project.tree.has_file(place + ".py"))
            found.push_back({place + ".py", false, root.size()});
    }
    if (found.size() == 1) return found.front();
    return fail("sources/file-not-found", "Flit finds {} for the module `{}`",
                found.empty() ? "no file or directory" : "several files or directories",
                printable(wanted, 80))
        .hint("correct `name` in `[tool.flit.module]`");
}

/// The first line of the docstring that `text` begins with.
std::string summary_in(std::string_view text) {
    while (!text.empty()) {
        const auto start = text.find_first_not_of(" \t\r\n");
        if (start == std::string_view::npos) return {};
        text.remove_prefix(start);
        if (text.front() != '#') break;
        text.remove_prefix(std::min(text.find('\n'), text.size()));
    }
    while (!text.empty() && std::string_view("rRuU").find(text.front()) != std::string_view::npos)
        text.remove_prefix(1);
    for (const std::string_view quote : {"\"\"\"", "'''", "\"", "'"}) {
        if (!text.starts_with(quote)) continue;
        text.remove_prefix(quote.size());
        text = text.substr(0, text.find(quote));
        const auto start = text.find_first_not_of(" \t\r\n\\");
        if (start == std::string_view::npos) return {};
        text.remove_prefix(start);
        return std::string(trim(text.substr(0, text.find('\n'))));
    }
    return {};
}

Result<void> read_module(const Project& project, const Module& module, CoreMetadata& metadata) {
    const auto main = module.is_package ? module.path + "/__init__.py" : module.path;
    if (metadata.summary.empty())
        metadata.summary = summary_in(project.tree.read(main).value_or(""));
    if (!metadata.version.empty() || !project.hints.known.empty()) return {};
    std::vector<std::string> files{main};
    if (module.is_package)
        for (const auto* name : {"__version__.py", "_version.py", "version.py"})
            files.push_back(module.path + "/" + name);
    for (const auto& file : files) {
        const auto found = literal_in(project.tree, file, "__version__");
        if (!found) continue;
        PYC_TRY_ASSIGN(metadata.version, normalize_version(*found));
        return {};
    }
    if (project.tree.has_file("PKG-INFO")) return {};
    // Its version is the repository's.
    if (text_at(project.pyproject, "/build-system/build-backend") == "flit_scm:buildapi") return {};
    return needs_build(fmt::format("`{}` computes its `__version__`", printable(main, 120)));
}

/// `[tool.flit.metadata]`, `[tool.flit.scripts]`, `[tool.flit.entrypoints]`.
Result<CoreMetadata> read_own_table(const Project& project) {
    const auto at = [&](std::string_view key) {
        return fmt::format("/tool/flit/metadata/{}", key);
    };
    const auto text = [&](std::string_view key) {
        return text_at(project.pyproject, at(key)).value_or("");
    };
    CoreMetadata metadata;
    metadata.name = text("dist-name").empty() ? text("module") : text("dist-name");
    if (!packaging::is_valid_name(metadata.name))
        return fail("sources/invalid-metadata", "`[tool.flit.metadata]` has no `module`")
            .hint("write its metadata into `[project]`");
    metadata.requires_python = text("requires-python");
    metadata.license = text("license");
    metadata.authors.push_back({text("author"), text("author-email")});
    metadata.maintainers.push_back({text("maintainer"), text("maintainer-email")});
    metadata.classifiers = texts_at(project.pyproject, at("classifiers"));
    metadata.dependencies = texts_at(project.pyproject, at("requires"));
    if (const auto url = text("home-page"); !url.empty())
        metadata.urls.emplace_back("Homepage", url);
    if (const auto* extras = value_at(project.pyproject, at("requires-extra"));
        extras && extras->is_object())
        for (const auto& [extra, requirements] : extras->items())
            metadata.extras[packaging::normalize_name(extra)] = texts_of(requirements);
    const auto add = [&](const std::string& group, const Json* entries) {
        if (!entries || !entries->is_object()) return;
        for (const auto& [name, reference] : entries->items())
            if (reference.is_string())
                metadata.entry_points[group][name] = reference.get<std::string>();
    };
    add("console_scripts", value_at(project.pyproject, "/tool/flit/scripts"));
    if (const auto* groups = value_at(project.pyproject, "/tool/flit/entrypoints");
        groups && groups->is_object())
        for (const auto& [group, entries] : groups->items()) add(group, &entries);
    if (const auto readme = text("description-file"); !readme.empty())
        set_readme(metadata, project.tree, readme);
    return metadata;
}

Result<CoreMetadata> metadata_of(const Project& project) {
    CoreMetadata metadata;
    if (value_at(project.pyproject, "/project")) {
        PYC_TRY_ASSIGN(metadata, read_project_table(project.tree, project.pyproject));
    } else {
        PYC_TRY_ASSIGN(metadata, read_own_table(project));
    }
    PYC_TRY_ASSIGN(const auto module, find_module(project, metadata.name));
    PYC_TRY(read_module(project, module, metadata));
    if (!value_at(project.pyproject, "/project/license-files"))
        metadata.license_files = find_license_files(project.tree, {"COPYING*", "LICEN[CS]E*"});
    return metadata;
}

Result<std::vector<TreeFile>> files_of(const Project& project, const CoreMetadata& metadata) {
    PYC_TRY_ASSIGN(const auto module, find_module(project, metadata.name));
    std::vector<TreeFile> files;
    const auto add = [&](const TreeFile& file, std::string path) {
        if (path.find("__pycache__/") == std::string::npos)
            files.push_back({std::move(path), file.executable, file.content});
    };
    if (!module.is_package) {
        const auto& file = *project.tree.find(module.path);
        add(file, file.path.substr(module.root));
    } else {
        for (const auto& file : project.tree.below(module.path))
            add(file, file.path.substr(module.root));
    }
    const auto data = text_at(project.pyproject, "/tool/flit/external-data/directory");
    if (!data) return files;
    const auto directory = normalize_path(*data).value_or("");
    for (const auto& file : project.tree.below(directory))
        if (!directory.empty())
            add(file,
                metadata.file_stem() + ".data/data/" + file.path.substr(directory.size() + 1));
    return files;
}

}  // namespace

const Backend kFlit{"flit_core", metadata_of, files_of};

}  // namespace pycontainer::sources
