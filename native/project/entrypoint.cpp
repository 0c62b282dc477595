#include "project/entrypoint.hpp"

#include "base/strings.hpp"
#include "packaging/names.hpp"
#include "project/ports.hpp"

#include <algorithm>

namespace pycontainer::project {
namespace {

using Found = Result<std::optional<Entrypoint>>;

void add_listening_ports(Entrypoint& entrypoint) {
    auto listening = listening_ports(entrypoint.argv);
    entrypoint.ports = std::move(listening.ports);
    for (auto& warning : listening.warnings) entrypoint.warnings.push_back(std::move(warning));
}

/// The script named like the project, else the only one.
Found from_scripts(const EntrypointRequest& request, const Scripts& scripts) {
    if (scripts.scripts.empty()) return std::optional<Entrypoint>();
    const auto named =
        std::find_if(scripts.scripts.begin(), scripts.scripts.end(), [&](const auto& script) {
            return packaging::normalize_name(script.name) == request.framework.project_name;
        });
    if (named == scripts.scripts.end() && scripts.scripts.size() > 1) {
        std::vector<std::string> names;
        for (const auto& script : scripts.scripts) names.push_back(printable(script.name, 60));
        return fail("project/ambiguous-entrypoint",
                    "the project has {} scripts and none is named like the project: `{}`",
                    names.size(), join(names, "`, `"))
            .hint("say which one to start, such as `[build] entrypoint = \"{}\"`", names.front());
    }
    const auto& script = named == scripts.scripts.end() ? scripts.scripts.front() : *named;
    Entrypoint entrypoint;
    entrypoint.argv = script.argv;
    entrypoint.evidence = script.evidence;
    if (!script.console) {
        add_listening_ports(entrypoint);
        if (std::any_of(script.argv.begin(), script.argv.end(),
                        [](const auto& word) { return word.find('$') != std::string::npos; }))
            entrypoint.warnings.push_back(
                {"project/script-variables",
                 fmt::format(
                     "the command of `{}` has a `$`, which is passed on as it is: no shell runs it",
                     script.name),
                 "use `[build] entrypoint = [\"sh\", \"-c\", \"…\"]` if a shell shall expand it"});
    }
    return std::optional<Entrypoint>(std::move(entrypoint));
}

Found from_framework(const EntrypointRequest& request) {
    PYC_TRY_ASSIGN(auto match, find_framework(request.framework));
    if (!match) return std::optional<Entrypoint>();
    Entrypoint entrypoint;
    entrypoint.argv = std::move(match->argv);
    entrypoint.evidence =
        fmt::format("{} ({}), started by {}", match->framework, match->evidence, match->server);
    entrypoint.framework = Fact<std::string>{match->framework, match->evidence};
    entrypoint.environment = std::move(match->environment);
    entrypoint.ports = {{match->port, fmt::format("the default of {}", match->framework)}};
    entrypoint.import_root = std::move(match->import_root);
    entrypoint.warnings = std::move(match->warnings);
    return std::optional<Entrypoint>(std::move(entrypoint));
}

/// A package with `__main__.py`: the one named like the project, else the only one.
Found from_package(const EntrypointRequest& request) {
    const auto& sources = request.framework.sources;
    auto packages = top_level_packages(sources, request.framework.layout);
    std::erase_if(packages, [&](const auto& package) {
        return !sources.has_file(package.path() + "/__main__.py");
    });
    if (packages.empty()) return std::optional<Entrypoint>();
    const auto named = std::find_if(packages.begin(), packages.end(), [&](const auto& package) {
        return packaging::normalize_name(package.name) == request.framework.project_name;
    });
    if (named == packages.end() && packages.size() > 1) {
        std::vector<std::string> names;
        for (const auto& package : packages) names.push_back(package.name);
        return fail("project/ambiguous-entrypoint",
                    "{} packages have a `__main__.py` and none is named like the project: `{}`",
                    names.size(), join(names, "`, `"))
            .hint("say which one to start, such as `[build] entrypoint = \"python -m {}\"`",
                  names.front());
    }
    const auto& package = named == packages.end() ? packages.front() : *named;
    Entrypoint entrypoint;
    entrypoint.argv = {"python", "-m", package.name};
    entrypoint.evidence = package.path() + "/__main__.py";
    return std::optional<Entrypoint>(std::move(entrypoint));
}

std::optional<Entrypoint> from_file(const EntrypointRequest& request) {
    for (const auto* name : {"app.py", "main.py", "__main__.py"}) {
        for (const auto& root : request.framework.layout.import_roots) {
            const auto path = join_path(root, name);
            if (!request.framework.sources.has_file(path)) continue;
            Entrypoint entrypoint;
            entrypoint.argv = {"python", path};
            entrypoint.evidence = path;
            return entrypoint;
        }
    }
    return std::nullopt;
}

Failure no_entrypoint(const EntrypointRequest& request) {
    const auto frameworks = known_frameworks(request.framework.dependency_names);
    const auto about =
        frameworks.empty() || request.framework.framework
            ? std::string()
            : fmt::format("; {} is among the dependencies, but no application was found",
                          join(frameworks, ", "));
    return fail("project/no-entrypoint", "nothing was found that the image could start{}", about)
        .hint(
            "set `[build] entrypoint = \"python -m yourpackage\"` or use --entrypoint; "
            "`[project.scripts]`, a package with `__main__.py`, `app.py` and `main.py` are found "
            "without");
}

}  // namespace

Result<Entrypoint> find_entrypoint(const EntrypointRequest& request) {
    PYC_TRY_ASSIGN(auto scripts, read_scripts(request.pyproject));
    std::optional<Entrypoint> found;
    if (request.configured) {
        found.emplace();
        found->argv = *request.configured;
        found->evidence = "[build] entrypoint";
        add_listening_ports(*found);
    }
    if (!found) {
        PYC_TRY_ASSIGN(found, from_scripts(request, scripts));
    }
    if (!found) {
        PYC_TRY_ASSIGN(found, from_framework(request));
    }
    if (!found) {
        PYC_TRY_ASSIGN(found, from_package(request));
    }
    if (!found) found = from_file(request);
    if (!found) return no_entrypoint(request);
    found->console_scripts = std::move(scripts.console_scripts);
    found->notes = std::move(scripts.notes);
    return std::move(*found);
}

}  // namespace pycontainer::project
