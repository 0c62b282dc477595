#include "project/frameworks.hpp"

#include "base/strings.hpp"
#include "packaging/names.hpp"
#include "project/python_source.hpp"

#include <algorithm>
#include <array>
#include <set>

namespace pycontainer::project {
namespace {

constexpr std::size_t kMaxSources = 5000;

/// How one server is started. In the command lines `{app}` is `module:name`, `{port}` the port,
/// `{file}` and `{name}` the parts of an application in a file; words are separated by single
/// spaces. Without a command for factories the server cannot start one.
struct Server {
    std::string_view title;
    std::string_view package;
    std::string_view and_package;  ///< needed too; may be empty
    std::string_view command;
    std::string_view factory_command;
    bool is_development = false;
};

struct Framework {
    std::string_view title;
    std::string_view package;  ///< normalised name of the distribution
    std::string_view marker;   ///< a text without which a source cannot matter
    std::array<std::string_view, 2> constructors;
    unsigned port;
    std::span<const Server> servers;
};

constexpr std::array<Server, 5> kAsgiServers{{
    {"uvicorn", "uvicorn", "", "uvicorn {app} --host 0.0.0.0 --port {port}",
     "uvicorn --factory {app} --host 0.0.0.0 --port {port}"},
    {"hypercorn", "hypercorn", "", "hypercorn {app} --bind 0.0.0.0:{port}",
     "hypercorn {app}() --bind 0.0.0.0:{port}"},
    {"granian", "granian", "", "granian --interface asgi --host 0.0.0.0 --port {port} {app}",
     "granian --interface asgi --factory --host 0.0.0.0 --port {port} {app}"},
    {"gunicorn", "gunicorn", "uvicorn-worker",
     "gunicorn --worker-class uvicorn_worker.UvicornWorker --bind 0.0.0.0:{port} {app}",
     "gunicorn --worker-class uvicorn_worker.UvicornWorker --bind 0.0.0.0:{port} {app}()"},
    {"fastapi run", "fastapi-cli", "",
     "fastapi run --host 0.0.0.0 --port {port} --app {name} {file}", ""},
}};

constexpr std::array<Server, 3> kWsgiServers{{
    {"gunicorn", "gunicorn", "", "gunicorn --bind 0.0.0.0:{port} {app}",
     "gunicorn --bind 0.0.0.0:{port} {app}()"},
    {"waitress", "waitress", "", "waitress-serve --host 0.0.0.0 --port {port} {app}",
     "waitress-serve --host 0.0.0.0 --port {port} --call {app}"},
    {"flask run", "flask", "", "flask --app {app} run --host 0.0.0.0 --port {port}",
     "flask --app {app} run --host 0.0.0.0 --port {port}", true},
}};

constexpr std::array<Framework, 5> kFrameworks{{
    {"FastAPI",
     "fastapi",
     "FastAPI",
     {"fastapi.FastAPI", "fastapi.applications.FastAPI"},
     8000,
     kAsgiServers},
    {"Litestar",
     "litestar",
     "Litestar",
     {"litestar.Litestar", "litestar.app.Litestar"},
     8000,
     kAsgiServers},
    {"Quart", "quart", "Quart", {"quart.Quart", "quart.app.Quart"}, 8000, kAsgiServers},
    {"Starlette",
     "starlette",
     "Starlette",
     {"starlette.applications.Starlette", "starlette.Starlette"},
     8000,
     kAsgiServers},
    {"Flask", "flask", "Flask", {"flask.Flask", "flask.app.Flask"}, 5000, kWsgiServers},
}};

/// A framework whose application is a script.
struct ScriptFramework {
    std::string_view title;
    std::string_view package;  ///< distribution, program and imported module are named alike
    unsigned port;
    std::string_view command;  ///< as of a server
    std::array<std::pair<std::string_view, std::string_view>, 2> environment;
    std::array<std::string_view, 2> script_names;  ///< conventional ones, before the common ones
};

constexpr std::array<ScriptFramework, 2> kScriptFrameworks{{
    {"Streamlit",
     "streamlit",
     8501,
     "streamlit run {file}",
     {{{"STREAMLIT_SERVER_ADDRESS", "0.0.0.0"}, {"STREAMLIT_SERVER_HEADLESS", "true"}}},
     {"streamlit_app.py", "Home.py"}},
    {"Gradio",
     "gradio",
     7860,
     "python {file}",
     {{{"GRADIO_SERVER_NAME", "0.0.0.0"}, {"GRADIO_ANALYTICS_ENABLED", "False"}}},
     {"gradio_app.py", "demo.py"}},
}};
constexpr std::array<std::string_view, 3> kScriptNames{"app.py", "main.py", "__main__.py"};

// Django's two interfaces, each with its servers; first WSGI's, then ASGI's, then the development
// server.
constexpr std::string_view kDjango = "Django";
constexpr std::array<Server, 1> kDjangoWsgi{
    {{"gunicorn", "gunicorn", "", "gunicorn --bind 0.0.0.0:{port} {app}", ""}}};
constexpr std::array<Server, 2> kDjangoAsgi{{
    {"uvicorn", "uvicorn", "", "uvicorn {app} --host 0.0.0.0 --port {port}", ""},
    {"daphne", "daphne", "", "daphne --bind 0.0.0.0 --port {port} {app}", ""},
}};
constexpr std::array<Server, 1> kDjangoDevelopment{
    {{"manage.py runserver", "django", "", "python {file} runserver 0.0.0.0:{port}", "", true}}};

constexpr std::array<std::string_view, 5> kFactoryNames{"create_app", "make_app", "build_app",
                                                        "get_app", "create_application"};
constexpr std::array<std::string_view, 7> kModuleNames{"main", "app",    "api",        "asgi",
                                                       "wsgi", "server", "application"};

template <std::size_t N>
bool is_one_of(std::string_view text, const std::array<std::string_view, N>& texts) {
    return std::find(texts.begin(), texts.end(), text) != texts.end();
}

bool contains(std::span<const std::string> names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

std::string_view last_part(std::string_view dotted) {
    return dotted.substr(dotted.rfind('.') + 1);
}

/// Something a server could be pointed at.
struct Candidate {
    std::string path;
    std::string name;
    std::string root;    ///< import root
    std::string module;  ///< dotted, from the root
    bool is_factory = false;
    unsigned line = 0;
    std::string shown;  ///< "app = FastAPI(…)"

    std::string application() const { return module + ":" + name; }
    std::string evidence() const { return fmt::format("{}:{}: {}", path, line, shown); }
};

// ---- where a file is imported from ----

/// `a.b` of `root/a/b.py`, `a` of `root/a/__init__.py`; empty when that is no module name.
std::string module_name(std::string_view path, std::string_view root) {
    auto relative = root.empty() ? path : path.substr(root.size() + 1);
    relative.remove_suffix(3);  // ".py"
    std::string module;
    for (const auto part : split(relative, '/')) {
        if (!is_identifier(part)) return {};
        if (part == "__init__") break;
        if (!module.empty()) module += '.';
        module += part;
    }
    return module;
}

/// The directory from which the file's own imports work: of all above it, the one that has most of
/// the modules it imports. Without a sign, an import root of the layout. Never one inside a
/// package.
std::optional<std::string> import_root_of(const SourceView& sources, const Layout& layout,
                                          std::string_view path, const PythonSource& source) {
    std::set<std::string> imported;
    std::ptrdiff_t level = 0;  // how many packages relative imports need above the file
    for (const auto& module : source.imports) {
        const auto dots =
            static_cast<std::ptrdiff_t>(std::min(module.find_first_not_of('.'), module.size()));
        if (dots > 0)
            level = std::max(level, dots);
        else
            imported.insert(module.substr(0, module.find('.')));
    }
    const auto depth_of = [](std::string_view directory) {
        return directory.empty() ? 0 : std::count(directory.begin(), directory.end(), '/') + 1;
    };
    auto root = parent_path(path);
    const auto depth = depth_of(root);
    while (!root.empty() && sources.has_file(join_path(root, "__init__.py")))
        root = parent_path(root);

    std::optional<std::string> best;
    std::ptrdiff_t best_score = -1;
    for (;; root = parent_path(root)) {
        if (depth - depth_of(root) >= level && !module_name(path, root).empty()) {
            auto score = 2 * std::count_if(imported.begin(), imported.end(), [&](const auto& name) {
                             return sources.has_module(root, name);
                         });
            if (layout.has_root(root)) score += 1;
            // The innermost of equals: `src` before the project itself.
            if (score > best_score) {
                best_score = score;
                best = std::string(root);
            }
        }
        if (root.empty()) return best;
    }
}

// ---- applications of frameworks with an object ----

bool makes(const Framework& framework, std::string_view callee) {
    return is_one_of(callee, framework.constructors);
}

bool is_factory(const Framework& framework, const PythonFunction& function) {
    if (function.needs_arguments || function.name.find("app") == std::string::npos) return false;
    return makes(framework, function.returns) ||
           std::any_of(function.callees.begin(), function.callees.end(),
                       [&](const auto& callee) { return makes(framework, callee); });
}

/// A call of a factory: one of this file, or one imported under a name that says what it does.
bool calls_factory(const Framework& framework, const PythonSource& source,
                   std::string_view callee) {
    if (callee.empty()) return false;
    for (const auto& function : source.functions)
        if (function.name == callee)
            return is_factory(framework, function) ||
                   (is_one_of(callee, kFactoryNames) && makes(framework, function.returns));
    return callee.find('.') != std::string_view::npos &&
           is_one_of(last_part(callee), kFactoryNames);
}

void add_candidates(const Framework& framework, const FrameworkRequest& request,
                    const std::string& path, std::vector<Candidate>& found) {
    const auto text = request.sources.read(path);
    if (!text) return;
    const auto mentions = [&text](std::string_view word) {
        return text->find(word) != std::string::npos;
    };
    if (!mentions(framework.marker) &&
        std::none_of(kFactoryNames.begin(), kFactoryNames.end(), mentions))
        return;
    const auto source = read_python(*text);
    std::vector<Candidate> here;
    for (const auto& assignment : source.assignments) {
        if (!makes(framework, assignment.callee) && !makes(framework, assignment.annotation) &&
            !calls_factory(framework, source, assignment.callee))
            continue;
        if (std::any_of(here.begin(), here.end(), [&](const auto& other) {
                return other.name == assignment.name || other.line == assignment.line;
            }))
            continue;
        const auto callee = assignment.callee.empty()
                                ? std::string("…")
                                : std::string(last_part(assignment.callee)) + "(…)";
        here.push_back({path, assignment.name, "", "", false, assignment.line,
                        assignment.name + " = " + callee});
    }
    for (const auto& function : source.functions)
        if (is_factory(framework, function))
            here.push_back(
                {path, function.name, "", "", true, function.line, "def " + function.name + "(…)"});
    if (here.empty()) return;
    const auto root = import_root_of(request.sources, request.layout, path, source);
    if (!root) return;
    for (auto& candidate : here) {
        candidate.root = *root;
        candidate.module = module_name(path, *root);
        if (candidate.module.empty()) continue;
        found.push_back(std::move(candidate));
    }
}

std::vector<Candidate> find_candidates(const Framework& framework,
                                       const FrameworkRequest& request) {
    std::vector<Candidate> found;
    std::size_t read = 0;
    for (const auto& file : request.sources.tree().files) {
        if (!file.path.ends_with(".py") || file.is_symlink || is_aside(file.path)) continue;
        if (++read > kMaxSources) break;
        add_candidates(framework, request, file.path, found);
    }
    const bool has_object = std::any_of(
        found.begin(), found.end(), [](const auto& candidate) { return !candidate.is_factory; });
    if (has_object)
        std::erase_if(found, [](const auto& candidate) { return candidate.is_factory; });
    return found;
}

/// 0 is the most conventional place; see `find_framework`.
int convention_of(const Candidate& candidate, const std::string& project_package) {
    const bool named = candidate.is_factory
                           ? is_one_of(candidate.name, kFactoryNames)
                           : candidate.name == "app" || candidate.name == "application";
    if (!named) return 4;
    const auto parts = split(candidate.module, '.');
    const bool main_package = parts[0] == "app" || parts[0] == project_package;
    const bool main_module = is_one_of(parts.back(), kModuleNames);
    if (parts.size() == 1 && candidate.path.ends_with("/__init__.py")) return main_package ? 2 : 3;
    if (parts.size() == 1 && main_module) return 0;
    if (parts.size() == 2 && main_package && main_module &&
        !candidate.path.ends_with("/__init__.py"))
        return 1;
    return 3;
}

Result<std::optional<Candidate>> choose_candidate(const Framework& framework,
                                                  const FrameworkRequest& request) {
    const auto found = find_candidates(framework, request);
    if (found.empty()) return std::optional<Candidate>();
    const auto package = replace_all(request.project_name, "-", "_");
    std::array<std::vector<const Candidate*>, 5> by_convention;
    for (const auto& candidate : found)
        by_convention[static_cast<std::size_t>(convention_of(candidate, package))].push_back(
            &candidate);
    const auto& first = *std::find_if(by_convention.begin(), by_convention.end(),
                                      [](const auto& group) { return !group.empty(); });
    if (first.size() == 1) return std::optional<Candidate>(*first.front());
    std::string list;
    for (const auto* candidate : first)
        list += fmt::format("{}`{}` ({}:{})", list.empty() ? "" : ", ", candidate->application(),
                            candidate->path, candidate->line);
    return fail("project/ambiguous-application", "there are {} {} applications: {}", first.size(),
                framework.title, list)
        .hint(
            "say which one to start, such as `[build] entrypoint = \"uvicorn {} --host 0.0.0.0\"`",
            first.front()->application());
}

// ---- servers ----

bool is_installed(const FrameworkRequest& request, const Server& server) {
    const auto& names =
        request.installed_names.empty() ? request.dependency_names : request.installed_names;
    return contains(names, server.package) &&
           (server.and_package.empty() || contains(names, server.and_package));
}

std::vector<std::string> fill_in(std::string_view command, const FrameworkMatch& match,
                                 std::string_view file) {
    std::vector<std::string> argv;
    for (const auto word : split(command, ' ')) {
        auto text = replace_all(std::string(word), "{app}", match.application);
        text = replace_all(std::move(text), "{name}",
                           match.application.substr(match.application.find(':') + 1));
        text = replace_all(std::move(text), "{file}", file);
        argv.push_back(replace_all(std::move(text), "{port}", std::to_string(match.port)));
    }
    return argv;
}

/// The first of `servers` that is installed and can start the application; false when there is
/// none.
bool take_server(const FrameworkRequest& request, std::span<const Server> servers, bool is_factory,
                 std::string_view file, FrameworkMatch& match) {
    for (const auto& server : servers) {
        const auto command = is_factory ? server.factory_command : server.command;
        if (command.empty() || !is_installed(request, server)) continue;
        match.server = server.title;
        match.argv = fill_in(command, match, file);
        if (server.is_development)
            match.warnings.push_back(
                {"project/development-server",
                 fmt::format("`{}` is a server for development, and no other one is installed",
                             server.title),
                 fmt::format("add a server for production, such as `{}`, to the dependencies",
                             servers.size() > 1 ? servers[0].package : "gunicorn")});
        return true;
    }
    return false;
}

Failure no_server(const FrameworkMatch& match, std::span<const Server> servers) {
    std::vector<std::string> titles;
    for (const auto& server : servers)
        if (server.title.find(' ') == std::string_view::npos)
            titles.push_back(fmt::format("`{}`", server.title));
    return fail("project/no-server",
                "the {} application `{}` was found, but no server that could run it is installed",
                match.framework, match.application)
        .hint("add one of {} to the dependencies, or set `[build] entrypoint`", join(titles, ", "));
}

Result<std::optional<FrameworkMatch>> match_object(const Framework& framework,
                                                   const FrameworkRequest& request) {
    PYC_TRY_ASSIGN(const auto candidate, choose_candidate(framework, request));
    if (!candidate) return std::optional<FrameworkMatch>();
    FrameworkMatch match;
    match.framework = framework.title;
    match.application = candidate->application();
    match.import_root = candidate->root;
    match.evidence = candidate->evidence();
    match.port = framework.port;
    if (!take_server(request, framework.servers, candidate->is_factory, candidate->path, match))
        return no_server(match, framework.servers);
    return std::optional<FrameworkMatch>(std::move(match));
}

// ---- scripts ----

/// The scripts at an import root that import the framework; elsewhere they are pages of one.
std::vector<std::string> scripts_that_import(const FrameworkRequest& request,
                                             std::string_view module) {
    std::vector<std::string> found;
    std::size_t read = 0;
    for (const auto& file : request.sources.tree().files) {
        if (!file.path.ends_with(".py") || file.is_symlink || is_aside(file.path)) continue;
        if (!request.layout.has_root(parent_path(file.path))) continue;
        if (++read > kMaxSources) break;
        const auto text = request.sources.read(file.path);
        if (!text || text->find(module) == std::string::npos) continue;
        const auto imports = read_python(*text).imports;
        if (std::any_of(imports.begin(), imports.end(), [&](const std::string& name) {
                return name == module || name.starts_with(std::string(module) + ".");
            }))
            found.push_back(file.path);
    }
    return found;
}

Result<std::optional<FrameworkMatch>> match_script(const ScriptFramework& framework,
                                                   const FrameworkRequest& request) {
    auto found = scripts_that_import(request, framework.package);
    if (found.empty()) return std::optional<FrameworkMatch>();
    std::vector<std::string_view> names(framework.script_names.begin(),
                                        framework.script_names.end());
    names.insert(names.end(), kScriptNames.begin(), kScriptNames.end());
    for (const auto name : names) {
        const auto conventional = std::find_if(
            found.begin(), found.end(), [&](const auto& path) { return file_name(path) == name; });
        if (conventional == found.end()) continue;
        found = {*conventional};
        break;
    }
    if (found.size() > 1)
        return fail("project/ambiguous-application", "{} scripts import {}: `{}`", found.size(),
                    framework.title, join(found, "`, `"))
            .hint("say which one to start, such as `[build] entrypoint = \"{}\"`",
                  replace_all(std::string(framework.command), "{file}", found.front()));
    FrameworkMatch match;
    match.framework = framework.title;
    match.application = found.front();
    match.evidence = fmt::format("{} imports {}", found.front(), framework.package);
    match.server = framework.title;
    match.import_root = parent_path(found.front());
    match.port = framework.port;
    match.argv = fill_in(framework.command, match, found.front());
    for (const auto& [name, value] : framework.environment) match.environment.emplace(name, value);
    return std::optional<FrameworkMatch>(std::move(match));
}

// ---- Django ----

/// The `manage.py` nearest to the project's root.
Result<std::optional<std::string>> find_manage_py(const SourceView& sources) {
    std::vector<std::string> found;
    std::ptrdiff_t depth = 3;  // deeper ones are somebody else's
    for (const auto& file : sources.tree().files) {
        if (file_name(file.path) != "manage.py" || is_aside(file.path)) continue;
        const auto own = std::count(file.path.begin(), file.path.end(), '/');
        if (own > depth) continue;
        if (own < depth) found.clear();
        depth = own;
        found.push_back(file.path);
    }
    if (found.empty()) return std::optional<std::string>();
    if (found.size() > 1)
        return fail("project/ambiguous-application", "there are {} Django projects: `{}`",
                    found.size(), join(found, "`, `"))
            .hint("name the one to build with `--context`, or set `[build] entrypoint`");
    return std::optional<std::string>(found.front());
}

/// `shop.wsgi` for the settings `shop.settings` or `shop.settings.production` when `shop/wsgi.py`
/// exists; otherwise the only `*/wsgi.py`.
std::optional<std::string> interface_module(const SourceView& sources, std::string_view base,
                                            std::string_view settings, std::string_view interface) {
    for (auto package = settings; package.find('.') != std::string_view::npos;) {
        package = package.substr(0, package.rfind('.'));
        if (sources.has_file(join_path(base, replace_all(std::string(package), ".", "/")) + "/" +
                             std::string(interface) + ".py"))
            return fmt::format("{}.{}", package, interface);
    }
    std::vector<std::string> found;
    for (const auto& file : sources.tree().files) {
        const auto directory = parent_path(file.path);
        if (file_name(file.path) == std::string(interface) + ".py" && !directory.empty() &&
            parent_path(directory) == base && is_identifier(file_name(directory)))
            found.push_back(fmt::format("{}.{}", file_name(directory), interface));
    }
    return found.size() == 1 ? std::optional(found.front()) : std::nullopt;
}

Result<std::optional<FrameworkMatch>> match_django(const FrameworkRequest& request) {
    PYC_TRY_ASSIGN(const auto manage, find_manage_py(request.sources));
    if (!manage) return std::optional<FrameworkMatch>();
    const auto settings =
        string_after(request.sources.read(*manage).value_or(""), "DJANGO_SETTINGS_MODULE")
            .value_or("");
    const auto base = parent_path(*manage);
    FrameworkMatch match;
    match.framework = kDjango;
    match.import_root = base;
    match.port = 8000;
    match.evidence = settings.empty() ? *manage
                                      : fmt::format("{}: DJANGO_SETTINGS_MODULE = {}", *manage,
                                                    printable(settings, 80));
    if (const auto wsgi = interface_module(request.sources, base, settings, "wsgi")) {
        match.application = *wsgi + ":application";
        if (take_server(request, kDjangoWsgi, false, *manage, match))
            return std::optional<FrameworkMatch>(std::move(match));
    }
    if (const auto asgi = interface_module(request.sources, base, settings, "asgi")) {
        match.application = *asgi + ":application";
        if (take_server(request, kDjangoAsgi, false, *manage, match))
            return std::optional<FrameworkMatch>(std::move(match));
    }
    match.application.clear();
    if (!take_server(request, kDjangoDevelopment, false, *manage, match))
        return no_server(match, kDjangoWsgi);
    return std::optional<FrameworkMatch>(std::move(match));
}

Result<std::optional<FrameworkMatch>> find_configured(const FrameworkRequest& request) {
    const auto wanted = to_lower(*request.framework);
    if (wanted == "none") return std::optional<FrameworkMatch>();
    std::vector<std::string> titles{"none", to_lower(kDjango)};
    Result<std::optional<FrameworkMatch>> match = std::optional<FrameworkMatch>();
    bool is_known = wanted == to_lower(kDjango);
    if (is_known) match = match_django(request);
    for (const auto& framework : kFrameworks) {
        titles.push_back(to_lower(framework.title));
        if (wanted != titles.back()) continue;
        is_known = true;
        match = match_object(framework, request);
    }
    for (const auto& framework : kScriptFrameworks) {
        titles.push_back(to_lower(framework.title));
        if (wanted != titles.back()) continue;
        is_known = true;
        match = match_script(framework, request);
    }
    if (!is_known) {
        std::sort(titles.begin(), titles.end());
        const auto meant = closest_match(wanted, titles);
        return fail("project/unknown-framework",
                    "`{}` in `[build] framework` is no known framework",
                    printable(*request.framework, 40))
            .hint("{}known are `{}`", meant ? fmt::format("did you mean `{}`? ", *meant) : "",
                  join(titles, "`, `"));
    }
    if (match && !*match)
        return fail("project/no-application",
                    "no application of the framework `{}` was found in the sources", wanted)
            .hint("check that the ignore files do not hide it, or set `[build] entrypoint`");
    return match;
}

}  // namespace

std::vector<std::string> known_frameworks(std::span<const std::string> dependency_names) {
    std::vector<std::string> titles;
    for (const auto& framework : kFrameworks)
        if (contains(dependency_names, framework.package)) titles.emplace_back(framework.title);
    for (const auto& framework : kScriptFrameworks)
        if (contains(dependency_names, framework.package)) titles.emplace_back(framework.title);
    if (contains(dependency_names, "django")) titles.emplace_back(kDjango);
    return titles;
}

Result<std::optional<FrameworkMatch>> find_framework(const FrameworkRequest& request) {
    if (request.framework) return find_configured(request);
    // Django first: it has a file that nothing else has, and often a FastAPI or Flask beside it for
    // something small.
    if (contains(request.dependency_names, "django")) {
        PYC_TRY_ASSIGN(auto match, match_django(request));
        if (match) return match;
    }
    for (const auto& framework : kFrameworks) {
        if (!contains(request.dependency_names, framework.package)) continue;
        PYC_TRY_ASSIGN(auto match, match_object(framework, request));
        if (match) return match;
    }
    for (const auto& framework : kScriptFrameworks) {
        if (!contains(request.dependency_names, framework.package)) continue;
        PYC_TRY_ASSIGN(auto match, match_script(framework, request));
        if (match) return match;
    }
    return std::optional<FrameworkMatch>();
}

}  // namespace pycontainer::project
