#include "config/load.hpp"

#include "base/file.hpp"
#include "base/strings.hpp"
#include "config/check.hpp"
#include "config/environment_settings.hpp"
#include "config/settings.hpp"

#include <fmt/format.h>

#include <functional>
#include <system_error>

namespace pycontainer::config {
namespace {

constexpr const char* kPyproject = "pyproject.toml";
constexpr const char* kOwnFile = "pycontainer.toml";
constexpr std::size_t kMaxEntriesLookedAt = 10'000;

/// Who says a key, for `BuildConfig::origins`.
using Origin = std::function<std::string(const std::string& key)>;

/// Lays one source over the settings so far.
class Overlay {
public:
    Overlay(BuildConfig& config, const Origin& origin) : config_(config), origin_(origin) {}

    void apply(const Settings& source) {
        take(config_.base_image, source.base_image, "build.base_image");
        take(config_.python, source.python, "build.python");
        take(config_.package, source.package, "build.package");
        take(config_.lock, source.lock, "build.lock");
        take(config_.bytecode, source.bytecode, "build.bytecode");
        take(config_.tags, source.tags, "build.tags");
        take(config_.platforms, source.platforms, "build.platforms");
        take(config_.include_deps, source.include_deps, "build.include_deps");
        take(config_.build_sdists, source.build_sdists, "build.build_sdists");
        take(config_.groups, source.groups, "build.groups");
        take(config_.extras, source.extras, "build.extras");
        take(config_.framework, source.framework, "build.framework");
        take(config_.entrypoint, source.entrypoint, "build.entrypoint");
        take(config_.cmd, source.cmd, "build.cmd");
        take(config_.workdir, source.workdir, "build.workdir");
        take(config_.user, source.user, "build.user");
        take(config_.writable, source.writable, "build.writable");
        take(config_.ports, source.ports, "build.ports");
        take(config_.include, source.include, "build.include");
        take(config_.exclude, source.exclude, "build.exclude");
        take(config_.compression, source.compression, "build.compression");
        take(config_.conflicting_files, source.conflicting_files, "build.conflicting_files");
        take(config_.reproducible, source.reproducible, "build.reproducible");
        take(config_.output, source.output, "build.output");
        take(config_.base_max_age_seconds, source.base_max_age_seconds, "build.base_max_age");
        take(config_.registry_url, source.registry_url, "registry.url");
        take(config_.registry_mirrors, source.registry_mirrors, "registry.mirrors");
        take(config_.registry_insecure, source.registry_insecure, "registry.insecure");
        merge(config_.labels, source.labels, "build.labels");
        merge(config_.env, source.env, "build.env");
    }

    static std::vector<std::string> keys() {
        return {"build.base_image",   "build.python",
                "build.package",      "build.lock",
                "build.bytecode",     "build.tags",
                "build.platforms",    "build.include_deps",
                "build.build_sdists", "build.groups",
                "build.extras",       "build.framework",
                "build.entrypoint",   "build.cmd",
                "build.workdir",      "build.user",
                "build.writable",     "build.ports",
                "build.include",      "build.exclude",
                "build.compression",  "build.conflicting_files",
                "build.reproducible", "build.output",
                "build.base_max_age", "registry.url",
                "registry.mirrors",   "registry.insecure"};
    }

private:
    template <typename Target, typename Value>
    void take(Target& target, const std::optional<Value>& value, const char* key) {
        if (!value) return;
        target = *value;
        config_.origins[key] = origin_(key);
    }

    void merge(std::map<std::string, std::string>& target,
               const std::map<std::string, std::string>& source, const std::string& key) {
        for (const auto& [name, value] : source) {
            target.insert_or_assign(name, value);
            config_.origins[key + "." + name] = origin_(key + "." + name);
        }
    }

    BuildConfig& config_;
    const Origin& origin_;
};

/// The text of a file that need not exist. Errors: `file/…` when it exists and cannot be read.
Result<std::optional<std::string>> read_if_there(const std::filesystem::path& path,
                                                 const LoadRequest& request) {
    if (const auto text = request.texts.find(path.string()); text != request.texts.end())
        return std::optional<std::string>(text->second);
    auto text = read_file(path, toml::kMaxBytes);
    if (text) return std::optional<std::string>(std::move(*text));
    if (text.error().code == "file/not-found") return std::optional<std::string>();
    return fail(std::move(text.error()));
}

bool has_python_file(const std::filesystem::path& directory) {
    std::error_code error;
    std::size_t looked_at = 0;
    for (auto entry = std::filesystem::directory_iterator(directory, error);
         !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
        if (entry->path().extension() == ".py") return true;
        if (++looked_at > kMaxEntriesLookedAt) return false;
    }
    return false;
}

/// A directory that says what it depends on, or with Python files in it or in a directory of it
/// such as `src` or a package.
bool looks_like_project(const std::filesystem::path& directory) {
    std::error_code error;
    for (const auto name :
         {"requirements.txt", "Pipfile", "Pipfile.lock", "pylock.toml", "setup.cfg"})
        if (std::filesystem::exists(directory / name, error)) return true;
    if (has_python_file(directory)) return true;
    std::size_t looked_at = 0;
    for (auto entry = std::filesystem::directory_iterator(directory, error);
         !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
        std::error_code ignored;
        const bool hidden = entry->path().filename().string().starts_with('.');
        if (!hidden && entry->is_directory(ignored) && has_python_file(entry->path())) return true;
        if (++looked_at > kMaxEntriesLookedAt) return false;
    }
    return false;
}

Result<void> check_directory(const std::filesystem::path& directory) {
    std::error_code error;
    const auto status = std::filesystem::status(directory, error);
    if (status.type() == std::filesystem::file_type::directory) return {};
    if (std::filesystem::exists(status))
        return fail("project/not-found", "`{}` is not a directory", printable(directory.string()))
            .hint("name the project's directory with `--context`");
    return fail("project/not-found", "there is no directory `{}`", printable(directory.string()))
        .hint("name the project's directory with `--context`");
}

/// A TOML file that may say something.
struct SettingsFile {
    std::filesystem::path path;  ///< what diagnostics call it, can be opened
    std::string short_name;      ///< what origins call it
    std::string_view table;      ///< the table that holds the settings; empty: all of it
    bool keeps_paths = true;     ///< paths stay as they are written; else they count from here
};

/// Reads one file into the settings.
void apply_document(const toml::Document& document, const SettingsFile& file, Loaded& loaded) {
    auto checked = check_document(document, file.table, file.path.string());
    std::map<std::string, std::uint32_t> lines;
    for (const auto& [key, range] : checked.places) lines.emplace(key, range.start.line + 1);
    const Origin origin = [&](const std::string& key) {
        const auto line = lines.find(key);
        return line == lines.end() ? file.short_name
                                   : fmt::format("{}:{}", file.short_name, line->second);
    };
    for (auto* path : {&checked.settings.output, &checked.settings.lock})
        if (*path && !file.keeps_paths) *path = (file.path.parent_path() / **path).string();
    // A name without a slash is looked for on PATH.
    if (auto& python = checked.settings.bytecode;
        python && !file.keeps_paths && python->find('/') != std::string::npos)
        python = (file.path.parent_path() / *python).string();
    Overlay(loaded.config, origin).apply(checked.settings);
    loaded.diagnostics.insert(loaded.diagnostics.end(),
                              std::make_move_iterator(checked.diagnostics.begin()),
                              std::make_move_iterator(checked.diagnostics.end()));
}

Result<void> apply_overrides(const Settings& overrides, BuildConfig& config) {
    if (const auto faults = check_settings(overrides); !faults.empty())
        return fail("request/invalid", "{}", faults.front().message)
            .hint("{}", faults.front().hint);
    const Origin origin = [](const std::string&) { return std::string("flag"); };
    Overlay(config, origin).apply(overrides);
    return {};
}

/// Paths in messages as the user would write them: no `./` in front.
std::filesystem::path tidy(const std::filesystem::path& path) {
    return path.lexically_normal();
}

/// What the files of the workspace say to all projects in it. `--config` stands for its
/// pycontainer.toml as well.
Result<void> apply_workspace(const LoadRequest& request, Loaded& loaded) {
    const auto& directory = *request.workspace_directory;
    const auto near = directory.lexically_relative(request.project_directory);
    std::vector<SettingsFile> files{
        {tidy(directory / kPyproject), (near / kPyproject).string(), kPyprojectTable, false}};
    if (!request.config_file)
        files.push_back({tidy(directory / kOwnFile), (near / kOwnFile).string(), "", false});
    for (const auto& file : files) {
        loaded.files_considered.push_back(file.path);
        PYC_TRY_ASSIGN(const auto text, read_if_there(file.path, request));
        if (text) apply_document(toml::parse(*text, file.path.string()), file, loaded);
    }
    return {};
}

}  // namespace

Result<Loaded> load(const Environment& environment, const LoadRequest& request) {
    PYC_TRY(check_directory(request.project_directory));
    Loaded loaded;
    for (const auto& key : Overlay::keys()) loaded.config.origins[key] = "default";
    if (request.workspace_directory) PYC_TRY(apply_workspace(request, loaded));

    const bool is_alone = !request.workspace_directory;
    const SettingsFile project{tidy(request.project_directory / kPyproject), kPyproject,
                               kPyprojectTable, is_alone};
    SettingsFile own{tidy(request.project_directory / kOwnFile), kOwnFile, "", is_alone};
    if (request.config_file)
        own = {tidy(*request.config_file), tidy(*request.config_file).string(), ""};
    loaded.files_considered.insert(loaded.files_considered.end(), {project.path, own.path});
    loaded.own_path = own.path;
    PYC_TRY_ASSIGN(const auto project_text, read_if_there(project.path, request));
    PYC_TRY_ASSIGN(const auto own_text, read_if_there(own.path, request));
    if (!own_text && request.config_file)
        return fail("file/not-found", "there is no configuration file `{}`",
                    printable(own.path.string()))
            .hint("`--config` names a file that exists; without it `{}` of the project is read",
                  kOwnFile);
    if (!project_text && !own_text && !looks_like_project(request.project_directory))
        return fail("project/not-found", "there is no Python project in `{}`",
                    printable(tidy(request.project_directory).string()))
            .hint(
                "a project has a `pyproject.toml`, a `requirements.txt` or a file such as "
                "`app.py`; name its directory with `--context`");

    if (project_text) {
        loaded.pyproject_document = toml::parse(*project_text, project.path.string());
        loaded.pyproject = loaded.pyproject_document.value;
        apply_document(loaded.pyproject_document, project, loaded);
    }
    if (own_text) {
        loaded.own_document = toml::parse(*own_text, own.path.string());
        apply_document(loaded.own_document, own, loaded);
    }
    auto variables = read_environment(environment);
    const Origin from_environment = [&](const std::string& key) {
        return "environment " + variables.variables[key];
    };
    Overlay(loaded.config, from_environment).apply(variables.settings);
    loaded.diagnostics.insert(loaded.diagnostics.end(), variables.diagnostics.begin(),
                              variables.diagnostics.end());
    PYC_TRY(apply_overrides(request.overrides, loaded.config));
    return loaded;
}

}  // namespace pycontainer::config
