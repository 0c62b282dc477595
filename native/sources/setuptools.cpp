#include "base/strings.hpp"
#include "packaging/names.hpp"
#include "project/layout.hpp"
#include "project/source_view.hpp"
#include "sources/backend.hpp"
#include "sources/license_files.hpp"
#include "sources/manifest_in.hpp"
#include "sources/path_patterns.hpp"
#include "sources/project_table.hpp"
#include "sources/script_file.hpp"
#include "sources/setuptools_packages.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

// setuptools, as far as it is told by declarations: `[project]` and `[tool.setuptools]`, or
// setup.cfg. A `setup.py` that says anything is code.

namespace pycontainer::sources {
namespace {

SetupCfg read_cfg(const Tree& tree) {
    return SetupCfg(tree.read("setup.cfg").value_or(""));
}

/// `package.module.attribute` below the directories of packages.
std::optional<std::string> attribute_in(const Tree& tree,
                                        const std::map<std::string, std::string>& package_dir,
                                        std::string_view dotted) {
    const auto dot = dotted.rfind('.');
    const auto module = dot == std::string_view::npos ? std::string_view() : dotted.substr(0, dot);
    const auto attribute = dotted.substr(dot + 1);
    const auto file = replace_all(std::string(module), ".", "/");
    std::vector<std::string> roots{"", "src"};
    for (const auto& [package, directory] : package_dir)
        roots.insert(roots.begin(),
                     package.empty() ? directory : std::string(project::parent_path(directory)));
    for (const auto& root : roots)
        for (const std::string_view end : {".py", "/__init__.py"})
            if (auto found =
                    literal_in(tree, project::join_path(root, file) + std::string(end), attribute))
                return found;
    return std::nullopt;
}

/// The texts of files, one after another, as `file:` gives them.
std::string texts_of_files(const Tree& tree, const std::vector<std::string>& paths) {
    std::string text;
    for (const auto& path : paths) {
        const auto part = tree.read(normalize_path(path).value_or(""));
        if (part) text += (text.empty() ? "" : "\n") + *part;
    }
    return text;
}

std::vector<std::string> requirement_lines(std::string_view text) {
    std::vector<std::string> lines;
    for (auto line : split_lines(text)) {
        line = trim(line.substr(0, line.find(" #")));
        if (!line.empty() && line.front() != '#') lines.emplace_back(line);
    }
    return lines;
}

/// Entry points as INI text or as a table of lists `name = reference`.
void add_entry_points(const SetupCfg::Section& lines, const std::string& group,
                      CoreMetadata& metadata) {
    for (const auto& [name, reference] : lines) metadata.entry_points[group][name] = reference;
}

// ---- pyproject.toml ----

/// `[tool.setuptools.dynamic]`.
class DynamicFields {
public:
    DynamicFields(const Project& project, const SetuptoolsSettings& settings,
                  CoreMetadata& metadata)
        : project_(project), settings_(settings), metadata_(metadata) {}

    Result<void> read() {
        PYC_TRY(read_version());
        read_dependencies();
        if (const auto text = file_text("description"))
            metadata_.summary = std::string(trim(*text));
        if (const auto text = file_text("classifiers"))
            metadata_.classifiers = requirement_lines(*text);
        if (const auto files = texts_at(project_.pyproject, pointer("readme", "/file"));
            !files.empty()) {
            set_readme(
                metadata_, project_.tree, files.front(),
                text_at(project_.pyproject, pointer("readme", "/content-type")).value_or(""));
            metadata_.readme = texts_of_files(project_.tree, files);
        }
        if (const auto text = file_text("entry-points")) {
            const SetupCfg ini(*text);
            for (const auto& group : ini.sections())
                add_entry_points(*ini.section(group), group, metadata_);
            for (const auto* field : {"entry-points", "scripts", "gui-scripts"})
                metadata_.settle(field);
        }
        return {};
    }

private:
    static std::string pointer(std::string_view field, std::string_view rest) {
        return fmt::format("/tool/setuptools/dynamic/{}{}", field, rest);
    }
    std::optional<std::string> file_text(std::string_view field) const {
        const auto files = texts_at(project_.pyproject, pointer(field, "/file"));
        if (files.empty() || !metadata_.is_dynamic(field)) return std::nullopt;
        return texts_of_files(project_.tree, files);
    }

    Result<void> read_version() {
        if (!metadata_.version.empty() || !project_.hints.known.empty()) return {};
        std::optional<std::string> found;
        if (const auto attribute = text_at(project_.pyproject, pointer("version", "/attr"))) {
            found = attribute_in(project_.tree, settings_.package_dir, *attribute);
            if (!found && !project_.tree.has_file("PKG-INFO"))
                return needs_build(fmt::format("the version is computed (`attr = \"{}\"`)",
                                               printable(*attribute, 80)));
        } else {
            found = file_text("version");
        }
        if (found) {
            PYC_TRY_ASSIGN(metadata_.version, normalize_version(*found));
        }
        return {};
    }

    void read_dependencies() {
        if (const auto text = file_text("dependencies")) {
            metadata_.dependencies = requirement_lines(*text);
            metadata_.settle("dependencies");
        }
        const auto* extras = value_at(project_.pyproject, pointer("optional-dependencies", ""));
        if (!extras || !extras->is_object()) return;
        for (const auto& [extra, source] : extras->items())
            metadata_.extras[packaging::normalize_name(extra)] =
                requirement_lines(texts_of_files(project_.tree, texts_at(source, "/file")));
        metadata_.settle("optional-dependencies");
    }

    const Project& project_;
    const SetuptoolsSettings& settings_;
    CoreMetadata& metadata_;
};

// ---- setup.cfg ----

class CfgMetadata {
public:
    CfgMetadata(const Project& project, const SetupCfg& cfg, const SetuptoolsSettings& settings)
        : project_(project), cfg_(cfg), settings_(settings) {}

    Result<CoreMetadata> read() {
        metadata_.name = text("name");
        if (!packaging::is_valid_name(metadata_.name))
            return fail("sources/invalid-metadata",
                        "neither pyproject.toml nor setup.cfg has a name")
                .hint("write `name` into `[project]` of its pyproject.toml");
        PYC_TRY(read_version());
        metadata_.summary = text("description");
        metadata_.requires_python = cfg_.find("options", "python_requires").value_or("");
        metadata_.license = text("license");
        metadata_.authors = people("author");
        metadata_.maintainers = people("maintainer");
        metadata_.keywords = cfg_.list("metadata", "keywords");
        metadata_.classifiers = split_list(with_files(text("classifiers")));
        if (const auto url = text("url"); !url.empty())
            metadata_.urls.emplace_back("Homepage", url);
        for (const auto& [label, url] : cfg_.table("metadata", "project_urls"))
            metadata_.urls.emplace_back(label, url);
        read_readme();
        read_dependencies();
        read_entry_points();
        return std::move(metadata_);
    }

private:
    std::string text(std::string_view key) const { return cfg_.find("metadata", key).value_or(""); }
    /// `file: a, b` is what is in the files.
    std::string with_files(const std::string& value) const {
        if (!value.starts_with("file:")) return value;
        return texts_of_files(project_.tree, split_list(value.substr(5)));
    }
    std::vector<Person> people(const std::string& role) const {
        Person person{text(role), text(role + "_email")};
        if (person.name.empty() && person.email.empty()) return {};
        return {std::move(person)};
    }

    Result<void> read_version() {
        auto value = text("version");
        if (value.starts_with("attr:")) {
            const auto attribute = std::string(trim(std::string_view(value).substr(5)));
            const auto found = attribute_in(project_.tree, settings_.package_dir, attribute);
            if (!found && !project_.tree.has_file("PKG-INFO") && project_.hints.known.empty())
                return needs_build(
                    fmt::format("the version is computed (`attr: {}`)", printable(attribute, 80)));
            value = found.value_or("");
        }
        value = with_files(value);
        if (!value.empty()) {
            PYC_TRY_ASSIGN(metadata_.version, normalize_version(value));
        }
        return {};
    }

    void read_readme() {
        const auto value = text("long_description");
        const auto type = text("long_description_content_type");
        if (value.starts_with("file:")) {
            const auto files = split_list(value.substr(5));
            if (!files.empty()) set_readme(metadata_, project_.tree, files.front(), type);
        }
        metadata_.readme = with_files(value);
        metadata_.readme_type = type;
    }

    void read_dependencies() {
        metadata_.dependencies = requirement_lines(
            join(split_list(with_files(cfg_.find("options", "install_requires").value_or("")), ';'),
                 "\n"));
        if (const auto* extras = cfg_.section("options.extras_require"))
            for (const auto& [extra, value] : *extras)
                metadata_.extras[packaging::normalize_name(extra)] =
                    requirement_lines(join(split_list(with_files(value), ';'), "\n"));
    }

    void read_entry_points() {
        if (const auto value = cfg_.find("options", "entry_points")) {
            const SetupCfg ini(with_files(*value));
            for (const auto& group : ini.sections())
                add_entry_points(*ini.section(group), group, metadata_);
        }
        if (const auto* groups = cfg_.section("options.entry_points"))
            for (const auto& [group, value] : *groups)
                add_entry_points(*SetupCfg("[group]\n" + value).section("group"), group, metadata_);
    }

    const Project& project_;
    const SetupCfg& cfg_;
    const SetuptoolsSettings& settings_;
    CoreMetadata metadata_;
};

std::vector<std::string> license_patterns(const Project& project, const SetupCfg& cfg) {
    for (const auto* pointer : {"/project/license-files", "/tool/setuptools/license-files"})
        if (value_at(project.pyproject, pointer)) return texts_at(project.pyproject, pointer);
    for (const auto* key : {"license_files", "license_file"})
        if (cfg.find("metadata", key)) return cfg.list("metadata", key);
    return {"LICEN[CS]E*", "COPYING*", "NOTICE*", "AUTHORS*"};
}

Result<CoreMetadata> metadata_of(const Project& project) {
    const auto cfg = read_cfg(project.tree);
    PYC_TRY_ASSIGN(const auto settings, read_setuptools_settings(project, cfg));
    CoreMetadata metadata;
    if (value_at(project.pyproject, "/project")) {
        PYC_TRY_ASSIGN(metadata, read_project_table(project.tree, project.pyproject));
        PYC_TRY(DynamicFields(project, settings, metadata).read());
    } else {
        PYC_TRY_ASSIGN(metadata, CfgMetadata(project, cfg, settings).read());
    }
    metadata.license_files = find_license_files(project.tree, license_patterns(project, cfg));
    return metadata;
}

// ---- files ----

/// What `build_py` copies.
class Files {
public:
    Files(const Project& project, const CoreMetadata& metadata, const SetuptoolsSettings& settings,
          SetuptoolsPackages packages)
        : project_(project),
          tree_(project.tree),
          metadata_(metadata),
          settings_(settings),
          packages_(std::move(packages)) {}

    Result<std::vector<TreeFile>> collect() {
        for (const auto& [module, path] : packages_.py_modules) {
            const auto* file = tree_.find(path);
            if (!file)
                return fail("sources/file-not-found", "the module `{}` is not in the project",
                            printable(module, 80))
                    .hint("correct `py-modules` in `[tool.setuptools]`");
            add(*file, replace_all(module, ".", "/") + ".py");
        }
        for (const auto& [package, directory] : packages_.packages) add_package(package, directory);
        if (settings_.include_package_data) add_manifest_files();
        PYC_TRY(add_data());
        add_top_level();
        return std::move(files_);
    }

private:
    void add(const TreeFile& file, std::string path) {
        files_.push_back({std::move(path), file.executable, file.content});
    }

    static std::vector<std::string> patterns_for(const SetuptoolsSettings::Patterns& patterns,
                                                 const std::string& package) {
        std::vector<std::string> result;
        for (const auto& key :
             package.empty() ? std::vector<std::string>{""} : std::vector<std::string>{"", package})
            if (const auto found = patterns.find(key); found != patterns.end())
                result.insert(result.end(), found->second.begin(), found->second.end());
        return result;
    }

    bool is_left_out(const std::string& package, const std::string& directory,
                     const std::string& path) const {
        for (const auto& pattern : patterns_for(settings_.exclude_package_data, package))
            if (fnmatches(project::join_path(directory, pattern), path)) return true;
        return false;
    }

    void add_data_file(const std::string& package, const std::string& directory,
                       const TreeFile& file) {
        if (is_left_out(package, directory, file.path)) return;
        const auto inner = directory.empty() ? file.path : file.path.substr(directory.size() + 1);
        add(file, replace_all(package, ".", "/") + "/" + inner);
    }

    void add_package(const std::string& package, const std::string& directory) {
        for (const auto* file : glob_files(tree_, project::join_path(directory, "*.py")))
            if (file->path != "setup.py")
                add(*file, replace_all(package, ".", "/") + "/" +
                               std::string(project::file_name(file->path)));
        auto patterns = patterns_for(settings_.package_data, package);
        patterns.insert(patterns.end(), {"*.pyi", "py.typed"});
        for (const auto& pattern : patterns)
            for (const auto* file : glob_files(tree_, project::join_path(directory, pattern)))
                add_data_file(package, directory, *file);
    }

    /// What setuptools would take into an sdist, as far as it is told by files.
    std::set<std::string> manifest() const {
        std::set<std::string> files;
        if (const auto tracked = tracked_files(); !tracked.empty()) {
            files = tracked;
        } else {
            for (const auto& directory : {std::string(), root_directory()}) {
                const auto name = replace_all(metadata_.normalized_name(), "-", "_");
                const auto sources =
                    tree_.read(project::join_path(directory, name + ".egg-info/SOURCES.txt"));
                if (!sources) continue;
                for (const auto line : split_lines(*sources)) files.emplace(trim(line));
            }
        }
        if (const auto text = tree_.read("MANIFEST.in")) apply_manifest(*text, tree_, files);
        return files;
    }
    std::string root_directory() const {
        const auto found = settings_.package_dir.find("");
        return found != settings_.package_dir.end() ? found->second
               : tree_.has_directory("src")         ? "src"
                                                    : std::string();
    }
    /// setuptools-scm adds all files that the repository tracks.
    std::set<std::string> tracked_files() const {
        std::set<std::string> files;
        if (tree_.has_file("PKG-INFO")) return files;  // an sdist has no repository
        for (const auto& requirement : texts_at(project_.pyproject, "/build-system/requires")) {
            const auto name = packaging::normalize_name(requirement);
            if (!name.starts_with("setuptools-scm") && !name.starts_with("setuptools-git"))
                continue;
            const VcsIgnored ignored(tree_);
            for (const auto& file : tree_.files())
                if (!ignored.is_ignored(file.path)) files.insert(file.path);
            break;
        }
        return files;
    }

    void add_manifest_files() {
        std::map<std::string, std::string> by_directory;
        for (const auto& [package, directory] : packages_.packages)
            by_directory[directory] = package;
        for (const auto& path : manifest()) {
            const auto* file = tree_.find(path);
            if (!file) continue;
            auto parent = std::string(project::parent_path(path));
            const bool is_direct = by_directory.contains(parent);
            while (!parent.empty() && !by_directory.contains(parent))
                parent = std::string(project::parent_path(parent));
            const auto package = by_directory.find(parent);
            if (parent.empty() || package == by_directory.end()) continue;
            const auto name = project::file_name(path);
            if (is_direct && name.ends_with(".py") &&
                project::is_identifier(name.substr(0, name.size() - 3)))
                continue;  // a module of the package, which is there already
            add_data_file(package->second, parent, *file);
        }
    }

    /// `data_files` and `scripts`.
    Result<void> add_data() {
        const auto data = metadata_.file_stem() + ".data/";
        for (const auto& [directory, patterns] : settings_.data_files)
            for (const auto& pattern : patterns)
                for (const auto* file : glob_files(tree_, pattern))
                    add(*file, data + "data/" +
                                   project::join_path(directory, project::file_name(file->path)));
        for (const auto& path : settings_.scripts) {
            const auto* file = tree_.find(normalize_path(path).value_or(""));
            if (!file)
                return fail("sources/file-not-found", "the script `{}` is not in the project",
                            printable(path, 120))
                    .hint("correct the settings of its scripts");
            PYC_TRY_ASSIGN(auto entry,
                           script_entry(*file, data + "scripts/" +
                                                   std::string(project::file_name(file->path))));
            files_.push_back(std::move(entry));
        }
        return {};
    }

    void add_top_level() {
        std::set<std::string> names;
        for (const auto* all : {&packages_.packages, &packages_.py_modules})
            for (const auto& [name, place] : *all) names.insert(name.substr(0, name.find('.')));
        std::string text;
        for (const auto& name : names) text += name + "\n";
        files_.push_back({metadata_.file_stem() + ".dist-info/top_level.txt", false,
                          text.empty() ? "\n" : text});
    }

    const Project& project_;
    const Tree& tree_;
    const CoreMetadata& metadata_;
    const SetuptoolsSettings& settings_;
    SetuptoolsPackages packages_;
    std::vector<TreeFile> files_;
};

Result<std::vector<TreeFile>> files_of(const Project& project, const CoreMetadata& metadata) {
    PYC_TRY_ASSIGN(const auto settings, read_setuptools_settings(project, read_cfg(project.tree)));
    PYC_TRY_ASSIGN(auto packages, find_setuptools_packages(project.tree, settings));
    return Files(project, metadata, settings, std::move(packages)).collect();
}

}  // namespace

const Backend kSetuptools{"setuptools", metadata_of, files_of};

}  // namespace pycontainer::sources
