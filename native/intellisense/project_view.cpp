#include "intellisense/project_view.hpp"

#include "base/strings.hpp"
#include "project/layout.hpp"
#include "project/python_source.hpp"
#include "project/source_view.hpp"

#include <algorithm>

namespace pycontainer::intellisense {
namespace {

constexpr std::size_t kMaxModulesRead = 400;
constexpr std::size_t kMaxCallables = 500;

std::vector<std::string> names_in(const Json* table) {
    std::vector<std::string> names;
    if (table && table->is_object())
        for (const auto& [name, value] : table->items()) names.push_back(name);
    return names;
}

std::vector<std::string> import_roots(const ProjectView& view) {
    if (view.facts) return view.facts->layout.import_roots;
    const project::SourceView sources(view.directory, view.sources);
    return project::find_layout(sources, project::Pyproject(view.loaded.pyproject)).import_roots;
}

void find_callables(ProjectView& view) {
    const project::SourceView sources(view.directory, view.sources);
    const auto roots = import_roots(view);
    std::size_t read = 0;
    for (const auto& file : view.sources.files) {
        if (!file.path.ends_with(".py") || project::is_aside(file.path)) continue;
        const auto module = module_of(file.path, roots);
        if (!module || ++read > kMaxModulesRead) continue;
        const auto text = sources.read(file.path);
        if (!text) continue;
        const auto source = project::read_python(*text);
        for (const auto& assignment : source.assignments)
            if (!assignment.callee.empty() && !assignment.name.starts_with('_'))
                view.callables.push_back({*module, assignment.name, file.path, assignment.line});
        for (const auto& function : source.functions)
            if (!function.name.starts_with('_'))
                view.callables.push_back({*module, function.name, file.path, function.line});
        if (view.callables.size() > kMaxCallables) break;
    }
}

}  // namespace

std::optional<std::string> module_of(const std::string& path,
                                     const std::vector<std::string>& roots) {
    std::string_view best;
    bool found = false;
    for (const auto& root : roots) {
        const bool below = root.empty() || path.starts_with(root + "/");
        if (below && (!found || root.size() > best.size())) {
            best = root;
            found = true;
        }
    }
    if (!found || !path.ends_with(".py")) return std::nullopt;
    auto module = path.substr(best.empty() ? 0 : best.size() + 1);
    module.resize(module.size() - 3);
    if (module == "__init__") return std::nullopt;
    if (module.ends_with("/__init__")) module.resize(module.size() - 9);
    for (const auto part : split(module, '/'))
        if (!project::is_identifier(part)) return std::nullopt;
    return replace_all(std::move(module), "/", ".");
}

std::optional<std::string> file_of_module(const ProjectView& view, const std::string& module) {
    const auto path = replace_all(module, ".", "/");
    for (const auto& root : import_roots(view))
        for (const auto* end : {".py", "/__init__.py"})
            if (const auto file = project::join_path(root, path + end); view.sources.find(file))
                return file;
    return std::nullopt;
}

Result<std::shared_ptr<const ProjectView>> look_at_project(const exec::Context& ctx,
                                                           const ProjectQuestion& question) {
    auto view = std::make_shared<ProjectView>();
    view->directory = question.directory;
    PYC_TRY_ASSIGN(view->loaded,
                   config::load(ctx.environment(), {.project_directory = question.directory,
                                                    .config_file = question.config_file,
                                                    .overrides = {},
                                                    .texts = question.texts}));
    const auto& config = view->loaded.config;
    const auto& pyproject = view->loaded.pyproject;
    std::filesystem::path output = question.directory / config.output.value_or("dist/image");
    PYC_TRY_ASSIGN(view->sources, project::scan_sources(ctx, {.directory = question.directory,
                                                              .include = config.include,
                                                              .exclude = config.exclude,
                                                              .output_directory = output}));
    constexpr std::string_view kVariable = "environment ";
    for (const auto& [key, origin] : config.origins)
        if (origin.starts_with(kVariable) && std::count(key.begin(), key.end(), '.') == 1)
            view->environment[key] =
                ctx.environment().find(origin.substr(kVariable.size())).value_or("");
    if (config.lock) {
        auto named = resolve::take_lock(question.directory,
                                        {(question.directory / *config.lock).lexically_normal(),
                                         config.origins.at("build.lock")});
        if (named)
            view->lock = std::move(*named);
        else
            view->lock_fault = std::move(named).error();
    } else {
        view->lock = resolve::choose_lock(question.directory, pyproject);
    }
    view->dependencies = resolve::dependency_names(pyproject, view->lock);
    if (auto python = project::detect_python(
            question.directory, project::Pyproject(pyproject, &view->loaded.pyproject_document),
            config.python))
        view->python = std::move(*python);
    view->groups = names_in(member(pyproject, "dependency-groups"));
    if (const auto* table = member(pyproject, "project"))
        view->extras = names_in(member(*table, "optional-dependencies"));
    view->facts = project::detect({.directory = question.directory,
                                   .pyproject = pyproject,
                                   .pyproject_document = &view->loaded.pyproject_document,
                                   .sources = view->sources,
                                   .dependency_names = view->dependencies.direct,
                                   .installed_names = view->dependencies.locked,
                                   .vcs = nullptr,
                                   .entrypoint = config.entrypoint,
                                   .python = config.python,
                                   .framework = config.framework});
    find_callables(*view);
    return view;
}

}  // namespace pycontainer::intellisense
